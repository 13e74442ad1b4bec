"""Users send requests through two gateways all the time: what a release, a rollback, a dead cluster and an evacuation
do to them, counted by the users themselves."""

from collections.abc import Iterator

import pytest

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api, Run, told
from tests.e2e.users import Users
from tests.e2e.world import World

SOON_S = 30
RELEASED_WITHIN_S = 240
SHOP = {"blueprint": "shop", "strategy": {"soak_s": 0}, "exclude": []}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    env = {"DROVER_SOAK_S": "1", "DROVER_STABILISATION_S": "2", "DROVER_RAMP_WATCH_S": "1"}
    with Stack.started(pod_start="0.2-0.6", env=env) as started:
        yield started


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    client = Api(stack.url, stack.demo["token"])
    yield client
    client.close()


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    found = World(stack)
    yield found
    found.close()


@pytest.fixture(scope="module")
def users(stack: Stack) -> Iterator[Users]:
    found = Users(stack)
    wait_until(lambda: len(found.served("group")) == 5, SOON_S, "users of every group are served")
    yield found
    found.close()


def start(api: Api, version: str) -> int:
    asked = SHOP | {"version": version}
    shown = api.post("releases/preview/", asked).json()
    answer = api.post("releases/", asked | {"digest": shown["digest"]})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def finish(api: Api, run: int) -> Run:
    done = api.until_state(run, "succeeded", "failed", timeout_s=RELEASED_WITHIN_S)
    assert done["state"] == "succeeded", told(done)
    return done


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


def move(api: Api, cluster: str, what: str) -> int:
    """The number of the Run that moves users, exactly as its preview says."""
    shown = api.post(f"clusters/{cluster}/{what}/preview/", {}).json()
    answer = api.post(
        f"clusters/{cluster}/{what}/", {"digest": shown["digest"], "reason": "the test wants it"}
    )
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def test_a_lost_cluster_hurts_only_its_own_users_until_they_are_moved(
    api: Api, world: World, users: Users
) -> None:
    with world.faulty("lost", cluster="a"):
        wait_until(lambda: api.get("clusters/a/")["health"] == "unreachable", SOON_S, "it is noticed")
        wait_until(lambda: users.hurt() == {"shop-s"}, SOON_S, "only users without redundancy are hurt")
        finish(api, move(api, "a", "evacuation"))
        wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
        assert not users.served("prod", 1) & {"a-1", "a-2"}
    wait_until(lambda: api.get("clusters/a/")["health"] == "healthy", SOON_S, "it is back")


def test_users_come_back_without_an_error(api: Api, users: Users) -> None:
    def shown() -> list[str]:
        return [why["code"] for why in api.post("clusters/a/failback/preview/", {}).json()["reasons"]]

    wait_until(lambda: shown() == [], SOON_S, "it has been stable for long enough")
    _, errors = users.total()
    finish(api, move(api, "a", "failback"))
    wait_until(lambda: {"a-1", "a-2"} <= users.served("prod"), SOON_S, "its Prods serve again")
    assert users.total()[1] == errors
