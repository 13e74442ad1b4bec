"""The story in a real browser: see the fleet, release, watch, undo; and pages that say when they are old."""

import re
import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, Request, expect

from orchestrator.embedded.stack import Stack
from tests.e2e.people import DESK, PHONE, THUMB_PX, People, people, picture, under_the_thumb

LONG = 90_000  # milliseconds: pods start, machines are busy
STALE = 5_000

PATHS = (
    "/",
    "/releases/",
    "/releases/new/",
    "/releases/plan/?version=shop/v1.1.0",
    "/versions/",
    "/prods/a-1/",
)

# Page -> the buttons on it that are pressed at 03:00.
EMERGENCY = {
    "/": ("Failover…", "Stop the line"),
    "/failover/": ("Stop the line",),
    "/failover/a/": ("Evacuate a",),
}


@pytest.fixture(scope="module")
def crowd() -> Iterator[People]:
    with Stack.started(pod_start="0.5-1.5", env={"DROVER_SOAK_S": "1"}) as stack, people(stack) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_to_complain(crowd: People) -> Iterator[None]:
    """No error in any console, nothing refused by the content security policy."""
    yield
    refused = crowd.stack.log("web").count("content security policy:")
    assert (crowd.complaints, refused) == ([], 0)


def start(page: Page, url: str, version: str) -> None:
    """From home to the page of a Run that has just started."""
    page.goto(url)
    page.click("text=New release")
    page.check(f"input[value='shop/{version}']")
    page.click("text=Show the plan")
    page.click("text=Start the release")
    page.wait_for_url("**/runs/*/")


def chips(page: Page) -> dict[str, str]:
    """Prod -> its state in words, as the page shows it now, all at one moment."""
    tiles = "tiles => tiles.map(tile => [tile.dataset.prod, tile.querySelector('.chip').textContent])"
    return dict(page.eval_on_selector_all("article[data-prod]", tiles))


def test_every_page_fits_a_phone_and_a_desk(crowd: People) -> None:
    for viewport in (PHONE, DESK):
        page = crowd.page("release-manager", viewport)
        for path in PATHS:
            page.goto(crowd.stack.url + path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, viewport)
        page.context.close()


def test_on_a_phone_what_an_emergency_asks_for_is_under_the_thumb(crowd: People) -> None:
    """So is a run's rollback, in the story of a bad Version below, and the failover of what is dead, in test_one_prod."""
    phone = crowd.page("on-call", PHONE)
    for path, labels in EMERGENCY.items():
        phone.goto(crowd.stack.url + path)
        for label in labels:
            bars = phone.locator(".emergency, .move-form .buttons")
            under_the_thumb(phone, bars.locator(".button", has_text=label))
    phone.goto(crowd.stack.url + "/failover/")
    for act in phone.locator(".survival .acts .button").all():
        box = act.bounding_box()
        assert box and box["height"] >= THUMB_PX, act.text_content()
    phone.context.close()


def test_the_first_key_leads_to_the_content_and_focus_is_seen(crowd: People) -> None:
    page = crowd.page("viewer")
    page.goto(crowd.stack.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.context.close()


def test_a_release_is_watched_by_two_people_in_the_planned_order(crowd: People) -> None:
    manager, phone = crowd.page("release-manager"), crowd.page("on-call", PHONE, color_scheme="dark")
    start(manager, crowd.stack.url, "v1.1.0")
    phone.goto(manager.url)
    order: list[str] = []
    together: list[set[str]] = []
    deadline = time.monotonic() + LONG / 1000
    while len(order) < 6 and time.monotonic() < deadline:
        now = chips(manager)
        order += [prod for prod, state in now.items() if state == "done" and prod not in order]
        under_way = {prod for prod, state in now.items() if state in {"updating", "starting pods", "soaking"}}
        together.append(under_way)
        if "b-1" in under_way and together[-2:-1] != [under_way]:
            picture(manager, "run")
            picture(phone, "run-phone")
            wall = crowd.tab(manager.context)
            wall.goto(crowd.stack.url)
            expect(wall.locator("body")).to_have_attribute("data-channel", "live")
            picture(wall, "fleet")
            wall.close()
        manager.wait_for_timeout(100)
    assert order[:2] == ["c-2", "c-1"]
    assert set(order[2:4]) == {"a-2", "b-1"}
    assert set(order[4:]) == {"a-1", "b-2"}
    assert not any({"a-2", "b-1"} <= under_way for under_way in together)
    expect(manager.locator(".title .chip")).to_have_text("done", timeout=LONG)
    expect(phone.locator(".title .chip")).to_have_text("done", timeout=2_000)
    manager.context.close()
    phone.context.close()


def test_a_bad_version_is_undone_from_a_phone(crowd: People) -> None:
    manager, phone = crowd.page("release-manager"), crowd.page("on-call", PHONE)
    start(manager, crowd.stack.url, "v1.2.0")
    expect(manager.locator(".title .chip")).to_have_text("failed", timeout=LONG)
    expect(manager.locator(".note.bad")).to_contain_text("CrashLoopBackOff")
    picture(manager, "failed")
    phone.goto(manager.url)
    under_the_thumb(phone, phone.locator(".emergency .danger"))
    phone.goto(crowd.stack.url)
    under_the_thumb(phone, phone.locator(".emergency .danger"))
    phone.click(".emergency .danger")
    expect(phone.locator(".undo")).to_contain_text("c-2 → v1.1.0")
    phone.fill("textarea", "crash loop on the test Prod")
    phone.click("button.danger")
    phone.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(manager.locator(".title .chip")).to_have_text("ended early", timeout=2_000)
    expect(phone.locator(".title .chip")).to_have_text("done", timeout=LONG)
    manager.goto(crowd.stack.url + "/versions/")
    expect(manager.locator("tr", has_text="v1.2.0")).to_contain_text("crash loop on the test Prod")
    picture(manager, "versions")
    manager.context.close()
    phone.context.close()


def test_everything_works_without_javascript(crowd: People) -> None:
    page = crowd.page("on-call", java_script_enabled=False)
    page.click("text=Stop the line")
    page.fill("textarea", "a drill without scripts")
    page.click("button.danger")
    expect(page.locator(".line-stopped")).to_contain_text("a drill without scripts")
    manager = crowd.page("release-manager", java_script_enabled=False)
    manager.click("text=Resume the line")
    manager.fill("textarea", "the drill is over")
    manager.click("button.main")
    expect(manager.locator(".line-stopped")).to_have_count(0)
    page.context.close()
    manager.context.close()


class Streams:
    """Which tabs hold an event stream open. A page that is left or opened again has asked before and is done
    with that: what counts is what is open, not what was ever asked for."""

    def __init__(self, *tabs: Page) -> None:
        self.tabs = list(tabs)
        self.open: dict[Request, int] = {}
        for number, tab in enumerate(tabs):
            tab.on("request", partial(self._begun, number))
            tab.on("requestfinished", lambda sent: self.open.pop(sent, None))
            tab.on("requestfailed", lambda sent: self.open.pop(sent, None))

    def _begun(self, number: int, sent: Request) -> None:
        if sent.resource_type == "eventsource":
            self.open[sent] = number

    def holder(self) -> int:
        """The number of the one tab that has the one stream, as soon as there is one."""
        deadline = time.monotonic() + LONG / 1000
        alive = next(tab for tab in self.tabs if not tab.is_closed())
        while len(self.open) != 1:
            assert time.monotonic() < deadline, list(self.open.values())
            alive.wait_for_timeout(50)
        return next(iter(self.open.values()))


def test_tabs_share_one_stream_and_see_a_change_within_a_second(crowd: People) -> None:
    first = crowd.page("on-call")
    tabs = [first, crowd.tab(first.context), crowd.tab(first.context)]
    streams = Streams(*tabs)
    for tab in tabs:
        tab.goto(crowd.stack.url)
        expect(tab.locator("body")).to_have_attribute("data-channel", "live")
        assert streams.holder() == 0
    other = crowd.page("on-call")
    other.goto(crowd.stack.url + "/line/stop/")
    other.fill("textarea", "seen everywhere?")
    other.click("button.danger")
    other.wait_for_selector(".line-stopped")
    for tab in tabs:
        expect(tab.locator(".line-stopped")).to_be_visible(timeout=1_000)
    manager = crowd.page("release-manager")
    manager.goto(crowd.stack.url + "/line/resume/")
    manager.fill("textarea", "yes")
    manager.click("button.main")
    for page in (first, other, manager):
        page.context.close()


def test_another_tab_takes_the_stream_over_and_is_the_only_one(crowd: People) -> None:
    first = crowd.page("on-call")
    tabs = [first, *(crowd.tab(first.context) for _ in range(3))]
    streams = Streams(*tabs)
    for tab in tabs:
        tab.goto(crowd.stack.url)
        expect(tab.locator("body")).to_have_attribute("data-channel", "live")
    left = {0, 1, 2, 3}
    while len(left) > 1:
        holder = streams.holder()
        tabs[holder].reload()
        expect(tabs[holder].locator("body")).to_have_attribute("data-channel", "live")
        gone = streams.holder()
        tabs[gone].close()
        streams.open = {sent: tab for sent, tab in streams.open.items() if tab != gone}
        left.discard(gone)
        assert streams.holder() in left
        for tab in left:
            expect(tabs[tab].locator("body")).to_have_attribute("data-channel", "live", timeout=LONG)
    first.context.close()


def test_what_somebody_types_and_opens_outlives_a_change(crowd: People) -> None:
    page = crowd.page("viewer")
    page.goto(crowd.stack.url)
    link = page.locator("a.name", has_text="a-1")
    link.focus()
    crowd.stack.manage(
        "shell", "-c", "from journal.hints import publish; publish('event', prod='a-1', cluster='a')"
    )
    page.wait_for_timeout(1_500)
    expect(link).to_be_focused()
    page.context.close()


def test_a_page_without_news_says_so_within_five_seconds_and_recovers(crowd: People) -> None:
    page = crowd.page("viewer")
    body = page.locator("body")
    expect(body).to_have_attribute("data-channel", "live")
    broker = crowd.stack.processes["valkey"].pid
    crowd.stack.kill("valkey", signal.SIGSTOP)
    try:
        expect(body).to_have_attribute("data-stale", "", timeout=STALE)
        expect(page.locator("[data-channel-chip]")).to_contain_text("Stale · no news for")
        expect(page.locator("[data-channel-note]")).to_be_visible()
        picture(page, "stale")
    finally:
        crowd.stack.kill("valkey", signal.SIGCONT)
    assert crowd.stack.processes["valkey"].pid == broker
    expect(body).to_have_attribute("data-channel", "live", timeout=LONG)
    page.context.close()


def test_a_page_of_someone_who_logged_out_says_so_and_asks_no_more(crowd: People) -> None:
    page = crowd.page("viewer")
    other = crowd.tab(page.context)
    other.goto(crowd.stack.url)
    expect(other.locator("body")).to_have_attribute("data-channel", "live")
    page.click("text=Log out")
    expect(other.locator("[data-channel-chip]")).to_have_text("Signed out", timeout=20_000)
    asked: list[str] = []
    other.on("request", lambda sent: asked.append(sent.url))
    other.wait_for_timeout(3_000)
    assert asked == []
    # The browser itself reports the 401 that told it.
    crowd.complaints[:] = [said for said in crowd.complaints if "401" not in said]
    page.context.close()
