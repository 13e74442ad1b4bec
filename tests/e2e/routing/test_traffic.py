"""Users send requests through two gateways all the time: what a release, a rollback, a dead cluster and an evacuation
do to them, counted by the users themselves."""

from playwright.sync_api import Page, expect

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api
from tests.e2e.example import SHOP_S
from tests.e2e.people import people
from tests.e2e.routing.moves import RELEASED_WITHIN_S, SOON_S, finish, move, start
from tests.e2e.traffic_pages import row
from tests.e2e.users import Users
from tests.e2e.world import World


def test_users_are_served_by_the_members_of_their_route(users: Users) -> None:
    wait_until(
        lambda: users.served("prod", 5) == {"a-1", "a-2", "b-1", "b-2", "c-1", "c-2"}, SOON_S, "by all Prods"
    )


def test_a_release_loses_no_request(api: Api, users: Users) -> None:
    requests, errors = users.total()
    run = finish(api, start(api, "v1.1.0"))
    kinds = {step["kind"] for step in run["steps"] if step["prod"] == "a-2"}
    assert {"drain", "restore"} <= kinds
    wait_until(lambda: users.served("version") == {"v1.1.0"}, SOON_S, "everybody is on the new Version")
    now, failed = users.total()
    assert failed == errors and now > requests


def test_a_bad_release_is_rolled_back_while_users_are_served(api: Api, users: Users) -> None:
    requests, errors = users.total()
    run = start(api, "v1.2.0")  # its pods crash: the first Prod never gets ready
    api.until_state(run, "failed", timeout_s=RELEASED_WITHIN_S)
    finish(api, api.act(run, "rollback")["id"])
    now, failed = users.total()
    assert failed == errors and now > requests


def test_a_lost_cluster_hurts_only_its_own_users_until_they_are_moved(
    api: Api, world: World, users: Users
) -> None:
    with world.faulty("lost", cluster="a"):
        wait_until(lambda: api.get("clusters/a/")["health"] == "unreachable", SOON_S, "it is noticed")
        wait_until(lambda: users.hurt() == set(SHOP_S), SOON_S, "only users without redundancy are hurt")
        before = world.mark()
        finish(api, move(api, "a", "evacuation"))
        wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
        assert not users.served("prod", 1) & {"a-1", "a-2"}
        assert managers(world, before) == {"drover-weights"}, "who is bound where stays as it is"
    wait_until(lambda: api.get("clusters/a/")["health"] == "healthy", SOON_S, "it is back")


def managers(world: World, since: int) -> set[str]:
    """In whose name HTTPRoutes were applied since an entry of the audit log."""
    written = (
        one for one in world.entries(since) if one.get("resource") == "httproutes" and one["code"] == 200
    )
    return {one["field_manager"] for one in written if one["verb"] == "patch"}


def test_users_come_back_without_an_error(api: Api, users: Users) -> None:
    def shown() -> list[str]:
        return [why["code"] for why in api.post("clusters/a/failback/preview/", {}).json()["reasons"]]

    wait_until(lambda: shown() == [], SOON_S, "it has been stable for long enough")
    _, errors = users.total()
    finish(api, move(api, "a", "failback"))
    wait_until(lambda: {"a-1", "a-2"} <= users.served("prod"), SOON_S, "its Prods serve again")
    assert users.total()[1] == errors


def test_a_dead_edge_hurts_nobody_who_comes_by_the_other_and_every_page_says_so(
    stack: Stack, api: Api, world: World, users: Users
) -> None:
    def health() -> dict[str, str]:
        found = {one["name"]: one["health"] for one in api.get("routers/edge/")["instances"]}
        return found | {"cluster": api.get("clusters/edge-1/")["health"]}

    well = {"edge-1": "healthy", "edge-2": "healthy", "cluster": "healthy"}
    wait_until(lambda: health() == well, SOON_S, "both edges answer")
    instances = api.get("routers/edge/")["instances"]
    users.come_through(*(one["settings"]["users"] for one in instances if one["name"] == "edge-2"))
    wait_until(lambda: len(users.served("gateway", 2)) == 1, SOON_S, "users know one edge alone")
    requests, errors = users.total()
    with world.faulty("lost", cluster="edge-1"), people(stack) as found:
        down = well | {"edge-1": "unreachable", "cluster": "unreachable"}
        wait_until(lambda: health() == down, SOON_S, "it is noticed")
        _pages_say_so(found.page("viewer"), stack.url)
    wait_until(lambda: health() == well, SOON_S, "it is back")
    now, failed = users.total()
    assert failed == errors and now > requests
    users.come_through(*(one["settings"]["users"] for one in instances))


def _pages_say_so(page: Page, url: str) -> None:
    """Who looks at the wall, at Failover or at Routers learns that edge-1 is down."""
    page.goto(url)
    expect(page.locator("main")).to_contain_text("Cluster edge-1 does not answer.")
    page.goto(f"{url}/failover/")
    expect(row(page, "edge-1")).to_contain_text("unreachable")
    page.goto(f"{url}/routers/")
    expect(page.locator("tr[data-key='edge-1']")).to_contain_text("no answer")
    expect(page.locator("tr[data-key='edge-2']")).to_contain_text("answers")
