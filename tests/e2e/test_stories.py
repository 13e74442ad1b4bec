"""Two stories, by clicking alone: a dead cluster, and a bad release. The users themselves tell what it did to them."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api
from tests.e2e.example import NORMAL, SHOP_R, SHOP_S
from tests.e2e.people import DESK, PHONE, People, people, picture
from tests.e2e.traffic_pages import LONG, RUN_PAGE, asked, asked_by, await_done, confirm, failing, row
from tests.e2e.users import Users, errors, prods_of
from tests.e2e.world import World

SOON_S = 30
SOON = 30_000  # milliseconds
# So that every tenant comes by every few seconds.
RATE = 150
# Whom the rollback sends to other Prods.
MOVED = (*SHOP_R, "shop-u")


@pytest.fixture(scope="module")
def crowd() -> Iterator[People]:
    env = {"DROVER_SOAK_S": "3", "DROVER_STABILISATION_S": "5", "DROVER_RAMP_WATCH_S": "1"}
    with Stack.started(pod_start="0.2-0.6", env=env) as stack, people(stack) as found:
        yield found


@pytest.fixture(scope="module")
def world(crowd: People) -> Iterator[World]:
    found = World(crowd.stack)
    yield found
    found.close()


@pytest.fixture(scope="module")
def users(crowd: People) -> Iterator[Users]:
    found = Users(crowd.stack)
    found.hurry(RATE)
    wait_until(lambda: found.served("group") == set(NORMAL), SOON_S, "users of every group are served")
    yield found
    found.close()


@pytest.fixture(autouse=True)
def nothing_to_complain(crowd: People) -> Iterator[None]:
    """No error in any console, nothing refused by the content security policy."""
    yield
    refused = crowd.stack.log("web").count("content security policy:")
    assert (crowd.complaints, refused) == ([], 0)


def shown(api: Api, route: str) -> bool:
    """Whether every router shows the Route as it is asked for."""
    return {one["state"] for one in api.get(f"routes/{route}/")["publications"]} == {"published"}


def outage(users: Users, since: float) -> dict[str, tuple[float, float]]:
    """Hostname -> when its first and its last failed request were sent."""
    found: dict[str, tuple[float, float]] = {}
    for entry in errors(users.log(since)):
        first, _ = found.get(entry["hostname"], (entry["t"], 0.0))
        found[entry["hostname"]] = (first, entry["t"])
    return found


PAGES = {
    "failover": "/failover/",
    "evacuate": "/failover/b/",
    "routes": "/routes/",
    "route": "/routes/shop-r-1/",
    "tenants": "/tenants/?q=shop-s-00",
    "tenant": "/tenants/shop-r-0001/",
    "routers": "/routers/",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_traffic_fits(
    crowd: People, users: Users, viewport: dict[str, int], scheme: str
) -> None:
    page = crowd.page("admin", viewport, color_scheme=scheme)
    suffix = ("-phone" if viewport is PHONE else "") + ("-dark" if scheme == "dark" else "")
    for name, path in PAGES.items():
        page.goto(crowd.stack.url + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        picture(page, name + suffix)
    page.context.close()


def test_a_dead_cluster_is_failed_over_by_one_click_and_comes_back(
    crowd: People, world: World, users: Users
) -> None:
    page, phone = crowd.page("on-call"), crowd.page("on-call", PHONE, color_scheme="dark")
    wall = crowd.tab(page.context)
    for one, path in ((page, "/failover/"), (phone, "/failover/"), (wall, "/")):
        one.goto(crowd.stack.url + path)
    alone = users.hostnames(*SHOP_S)
    _, before = users.total()
    died = time.time()
    with world.faulty("lost", cluster="a"):
        # What becomes of it is seen on both pages, and nothing happens by itself.
        for one in (page, phone):
            alarm = one.locator("[data-key='dying-a']")
            expect(alarm).to_contain_text("A failover moves 400 tenants in about", timeout=SOON)
            expect(alarm).to_contain_text("Nobody is lost.")
        expect(phone.locator(".emergency a", has_text="Fail over a")).to_be_in_viewport()
        picture(page, "failover-dead")
        picture(phone, "failover-dead-phone-dark")
        noticed = time.time()
        wait_until(lambda: set(outage(users, noticed)) == alone, SOON_S, "all without redundancy are hurt")
        wait_until(lambda: failing(wall) == {"a-1"}, SOON_S, "the wall shows whose users get errors")
        picture(wall, "fleet-dead")
        row(page, "a").get_by_role("link", name="Fail over a").click()
        expect(page.locator(".would")).to_contain_text("Send 400 tenants to other Prods, all at once.")
        expect(page.locator(".would")).to_contain_text("300 are served by others already.")
        picture(page, "failover-plan")
        confirm(page, "the data centre of A is dark")
        await_done(page)
        moved = time.time()
        picture(page, "failover-run")
        wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
        assert not users.served("prod", 1) & {"a-1", "a-2"}
        wait_until(lambda: failing(wall) == set(), SOON_S, "the wall shows no errors any more")
        picture(wall, "fleet-moved")
    hurt = outage(users, died)
    # Users of the redundant ones met the dead Prod only until the gateways had noticed, before anybody was told.
    others = {host: last for host, (_, last) in hurt.items() if host not in alone}
    assert all(host in users.hostnames(*SHOP_R) and last < noticed for host, last in others.items()), others
    # The others were without service from the death until the click, and not a moment longer.
    assert alone <= set(hurt)
    assert all(died <= first and last <= moved for first, last in hurt.values())
    lost = [one for one in users.log(died) if one["hostname"] in alone and noticed <= one["t"] <= moved]
    assert {one["prod"] for one in lost if not one["error"]} <= {"b-1", "c-1"}
    assert {one["prod"] for one in errors(lost)} == {"a-1"}

    back_from = time.time()
    page.goto(crowd.stack.url + "/failover/")
    row(page, "a").get_by_role("link", name="Fail back a").click(timeout=SOON)
    expect(page.locator("h1")).to_have_text("Bring the users of a back?")
    picture(page, "failback-plan")
    confirm(page, "A has power again")
    await_done(page)
    picture(page, "failback-run")
    wait_until(lambda: {"a-1", "a-2"} <= users.served("prod"), SOON_S, "its Prods serve again")
    assert errors(users.log(back_from)) == []
    _, after = users.total()
    assert after - before == len(errors(users.log(died)))
    wait_until(lambda: users.served("prod", 1) == set.union(*NORMAL.values()), SOON_S, "all is as it was")
    for one in (page, phone):
        one.context.close()


def start(page: Page, url: str, version: str) -> int:
    """From home to the page of a run that has just started."""
    page.goto(url)
    page.click("text=New release")
    page.check(f"input[value='shop/{version}']")
    page.click("text=Show the plan")
    page.click("text=Start the release")
    page.wait_for_url(RUN_PAGE)
    return int(page.url.rstrip("/").rpartition("/")[2])


def test_a_bad_release_in_wave_3_is_rolled_back_while_users_are_served(
    crowd: People, world: World, users: Users
) -> None:
    manager, phone = crowd.page("release-manager"), crowd.page("on-call", PHONE)
    url = crowd.stack.url
    requests, failed = users.total()
    began = time.time()
    run = start(manager, url, "v1.1.0")
    third = manager.locator("[data-key='wave-3'] article[data-prod]")
    expect(third.locator(".chip", has_text="soaking")).to_have_count(1, timeout=LONG)
    with world.faulty("image", pattern="shop/api:v1.1.0", behaviour="crash"):
        expect(manager.locator(".title .chip")).to_have_text("failed", timeout=LONG)
    # Before the click: who can go at once, and who has to wait and why.
    undo = manager.locator("[data-key='undo']")
    expect(undo).to_contain_text("320 tenants are sent to good Prods at once; 3 stay")
    expect(undo).to_contain_text("staff")
    picture(manager, "rollback-offer")
    phone.goto(manager.url)
    expect(phone.locator(".emergency .danger")).to_be_in_viewport()
    phone.click(".emergency .danger")
    expect(phone.locator(".undo")).to_contain_text("320 tenants are sent to good Prods at once; 3 stay")
    picture(phone, "rollback-offer-phone")
    back = confirm(phone, "crash loop in wave 3")
    with closing(Api(url, crowd.stack.demo["token"])) as api:
        wait_until(lambda: all(shown(api, route) for route in MOVED), SOON_S, "routers show the move")
    moved = time.time()
    manager.goto(url + "/routes/")
    picture(manager, "rollback-routes")
    for route in MOVED:
        assert asked_by(manager, url, route, back) and asked_by(manager, url, route, back) <= {"a-1", "b-2"}
    manager.goto(f"{url}/runs/{run}/")
    expect(manager.locator("[data-key='veto']")).to_contain_text("crash loop in wave 3")
    expect(manager.locator(".title .chip")).to_have_text("ended early")
    manager.goto(f"{url}/prods/a-2/")
    expect(manager.locator("[data-key='hold']")).to_contain_text("crash loop in wave 3")
    await_done(phone)
    assert phone.url == f"{url}/runs/{back}/"
    wait_until(lambda: users.served("version", 1) == {"v1.0.0"}, SOON_S, "everybody is on the good Version")
    wait_until(lambda: asked(manager, url) == NORMAL, SOON_S, "every Route is as in normal times")

    now, errors_now = users.total()
    assert now > requests and errors_now == failed
    entries = users.log(began)
    assert errors(entries) == []
    # Nobody was sent where his data is not expected: home, or to the good Prods that stood in.
    assert all(
        prods <= NORMAL[group] | {"a-1", "b-2"}
        for group, prods in prods_of(entries).items()
        if group != "staff"
    )
    assert prods_of(entries)["staff"] == {"c-2"}
    # From the moment on that routers showed it, the bad Version got nobody whom a good Prod could serve.
    after = [one for one in entries if one["group"] in MOVED and one["t"] >= moved]
    assert after and [one for one in after if one["version"] == "v1.1.0"] == []
    stood_in = [one for one in entries if one["group"] in SHOP_R and one["prod"] in {"a-1", "b-2"}]
    assert stood_in
    for one in (manager, phone):
        one.context.close()


def test_weights_are_moved_by_a_slider_and_brought_back_from_the_history(crowd: People, users: Users) -> None:
    page = crowd.page("on-call")
    page.goto(crowd.stack.url + "/routes/shop-r-1/")
    slider, number = page.locator("[data-slider='a-2']"), page.locator("[data-weight='a-2']")
    expect(slider).to_be_visible()
    slider.focus()
    page.keyboard.press("Home")
    expect(number).to_have_value("0")
    expect(page.locator(".preview")).to_contain_text("who are promised two")
    expect(page.locator(".preview tr", has_text="b-1")).to_contain_text("50 % → 100 %")
    number.fill("25")
    expect(slider).to_have_value("25")
    expect(page.locator(".preview tr", has_text="b-1")).to_contain_text("50 % → 67 %")
    picture(page, "route-slider")
    before = int(str(page.locator("input[name=epoch]").get_attribute("value")))
    page.fill("textarea[name=reason]", "a-2 is warm")
    page.click("text=Set these weights")
    history = page.locator("[data-key='epochs'] tbody tr")
    expect(history.first).to_contain_text("a-2 33 %, b-1 67 %")
    expect(page.locator(".publications .chip", has_text="as asked")).to_have_count(2, timeout=SOON)
    page.locator(f"[data-key='epochs'] tr[data-key='{before}']").get_by_text("Go back to this").click()
    expect(page.locator(".preview-table tr", has_text="a-2")).to_contain_text("33 % → 50 %")
    picture(page, "route-return")
    page.fill("textarea[name=reason]", "and cold again")
    page.click("form button.main")
    expect(history.first).to_contain_text("a-2 50 %, b-1 50 %")
    page.context.close()


def test_a_tenant_is_moved_by_hand_and_found_again(crowd: People, users: Users) -> None:
    page = crowd.page("release-manager")
    page.goto(crowd.stack.url + "/tenants/?q=shop-s-0007")
    page.locator("main").get_by_role("link", name="shop-s-0007", exact=True).click()
    page.click("text=Move it…")
    page.fill("input[name=route]", "shop-t-1")
    picture(page, "tenant-move")
    page.click("form button.main")
    expect(page.locator("main")).to_contain_text("shop-t-1")
    sent = time.time()

    def served() -> set[str]:
        return {
            one["prod"]
            for one in users.log(sent)
            if one["hostname"].startswith("shop-s-0007.") and not one["error"]
        }

    wait_until(lambda: "b-2" in served(), SOON_S, "it is served by the Prod of its new Route")
    page.context.close()
