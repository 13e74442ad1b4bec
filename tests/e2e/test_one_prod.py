"""A third story, on a phone: one Prod dies, its Cluster lives. By clicking alone; the users tell what it did to them."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.example import SHOP_S
from tests.e2e.people import PHONE, People, people, picture, under_the_thumb
from tests.e2e.traffic_pages import await_done, confirm
from tests.e2e.users import Users, errors
from tests.e2e.world import World

SOON_S = 30
SOON = 30_000  # milliseconds
RATE = 150


@pytest.fixture
def crowd() -> Iterator[People]:
    env = {"DROVER_STABILISATION_S": "1", "DROVER_RAMP_WATCH_S": "1"}
    with Stack.started(pod_start="0.2-0.6", env=env) as stack, people(stack) as found:
        yield found


def test_one_dead_prod_is_failed_over_by_one_click_and_comes_back(crowd: People) -> None:
    world, users = World(crowd.stack), Users(crowd.stack)
    users.hurry(RATE)
    wait_until(lambda: "a-1" in users.served("prod"), SOON_S, "a-1 serves users")
    phone = crowd.page("on-call", PHONE)
    phone.goto(crowd.stack.url + "/failover/")
    replicas = world.scale("a", "prod-a-1", "frontend", 0)

    # It is said, what would be done with it, and the button is in reach; nothing happens by itself.
    alarm = phone.locator("[data-key='dead-a-1']")
    expect(alarm).to_contain_text("a-1 serves nobody, its cluster a answers", timeout=SOON)
    expect(alarm).to_contain_text("A failover moves 400 tenants in about")
    expect(alarm).to_contain_text("Nobody is lost.")
    button = phone.locator(".emergency a", has_text="Fail over a-1")
    under_the_thumb(phone, button)
    phone.locator("tr[data-key='a'] details[data-key='prods'] summary").click()
    expect(phone.locator("[data-key='prods'] li[data-key='a-2']")).to_contain_text("safe 300")
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    picture(phone, "failover-prod-phone")
    wait_until(lambda: users.hurt() == set(SHOP_S), SOON_S, "those whom it serves alone are hurt")
    button.click()
    expect(phone.locator("h1")).to_have_text("Fail over Prod a-1?")
    expect(phone.locator(".would")).to_contain_text("Send 400 tenants to other Prods, all at once.")
    picture(phone, "failover-prod-plan-phone")
    confirm(phone, "its frontend is gone")
    await_done(phone)
    wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
    assert "a-1" not in users.served("prod", 1) and "a-2" in users.served("prod")

    # It is mended, and stays empty until somebody fails back.
    world.scale("a", "prod-a-1", "frontend", replicas)
    back_from = time.time()
    phone.goto(crowd.stack.url + "/prods/a-1/")
    expect(phone.locator("[data-key='sides'] tr", has_text="frontend")).to_contain_text(
        f"{replicas} / {replicas}", timeout=SOON
    )
    expect(phone.locator(".title .chip", has_text="draining")).to_be_visible()
    assert "a-1" not in users.served("prod", 1)
    picture(phone, "prod-emptied-phone")
    phone.locator(".emergency a", has_text="Fail back a-1").click()
    expect(phone.locator("h1")).to_have_text("Bring the users of a-1 back?")
    confirm(phone, "its frontend is there again")
    await_done(phone)
    wait_until(lambda: "a-1" in users.served("prod"), SOON_S, "it serves again")
    assert errors(users.log(back_from)) == []
    phone.goto(crowd.stack.url + "/prods/a-1/")
    expect(phone.locator(".title .chip", has_text="draining")).to_have_count(0)
    refused = crowd.stack.log("web").count("content security policy:")
    assert (crowd.complaints, refused) == ([], 0)
    world.close()
    users.close()
