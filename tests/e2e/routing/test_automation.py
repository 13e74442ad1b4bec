"""A cluster that dies is failed over without a person where that is on, and nowhere else; judged from outside."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from orchestrator.embedded.stack import wait_until
from releases.core.healing import CONFIRMED_AFTER
from tests.e2e.api import Api
from tests.e2e.example import SHOP_R, SHOP_S, SHOP_T
from tests.e2e.routing.moves import SOON_S, WHY, weights
from tests.e2e.users import Users
from tests.e2e.world import World

TICKS_S = 4  # several ticks, each of which heals what is to be healed


def states(api: Api) -> dict[str, str]:
    return {one["cluster"]: one["state"] for one in api.get("automation/")["clusters"]}


def until(api: Api, cluster: str, state: str) -> None:
    wait_until(lambda: states(api).get(cluster) == state, SOON_S, f"{cluster} is {state}")


def failovers(api: Api) -> list[dict[str, Any]]:
    return [run for run in api.get("runs/")["results"] if run["kind"] == "failover"]


def heals(api: Api) -> list[dict[str, Any]]:
    return [run for run in api.get("runs/")["results"] if run["kind"] == "heal"]


def drift(api: Api) -> str:
    return str(api.get("prods/c-1/drift/")["state"])


def confirmed(api: Api) -> bool:
    """Whether the drift of c-1 was seen for so long that nothing but the kill switch keeps it from being healed."""
    found = api.get("prods/c-1/drift/")
    since, looked = (datetime.fromisoformat(found[key]) for key in ("since", "checked_at"))
    return found["state"] == "drifted" and looked - since >= CONFIRMED_AFTER


def replicas(world: World) -> int:
    path = "/apis/apps/v1/namespaces/prod-c-1/deployments/frontend"
    return int(world.kube("c", path)["spec"]["replicas"])


def switch(api: Api, path: str, **body: Any) -> None:
    answer = api.post(f"automation/{path}/", {**body, **WHY})
    assert answer.status_code == 200, answer.text


def serves(api: Api, prod: str, routes: Sequence[str]) -> bool:
    """Whether the Prod has a weight in any of these Routes."""
    return any(prod in weights(api, route) for route in routes)


def all_are_up(api: Api) -> Callable[[], bool]:
    return lambda: states(api) == {"a": "up", "b": "up", "c": "up"}


def test_a_cut_of_the_api_alone_makes_a_cluster_suspect_and_moves_nobody(
    api: Api, world: World, users: Users
) -> None:
    wait_until(all_are_up(api), SOON_S, "every cluster is heard")
    switch(api, "failover", redundancy="none", on=True)
    with world.faulty("refuse", cluster="a"):
        until(api, "a", "suspect")
        wait_until(lambda: api.get("clusters/a/")["health"] == "unreachable", SOON_S, "its API is away")
        assert states(api)["a"] == "suspect"
    wait_until(all_are_up(api), SOON_S, "every cluster is heard again")
    assert failovers(api) == []
    assert users.hurt() == set()


def test_with_automation_off_a_dead_cluster_is_proposed_and_nothing_happens(
    api: Api, world: World, users: Users
) -> None:
    switch(api, "stop")
    with world.faulty("lost", cluster="a"):
        until(api, "a", "down")
        found = api.get("automation/")
        assert [one["cluster"] for one in found["proposals"]] == ["a"]
        assert [one["code"] for one in found["idle"]] == ["automation-stopped"]
        assert failovers(api) == []
        assert [weights(api, route) for route in SHOP_S] == [{"a-1": 100}] * 4
        # Switched on again, what is due happens.
        switch(api, "resume")
        wait_until(lambda: len(failovers(api)) == 1, SOON_S, "it is failed over by itself")
        (run,) = failovers(api)
        api.until_state(run["id"], "succeeded", timeout_s=SOON_S)
        assert run["author"] is None
        assert not serves(api, "a-1", SHOP_S)
        assert [weights(api, route) for route in SHOP_R] == [
            {"a-2": 50, "b-1": 50}
        ] * 3  # its redundancy is not switched on
        wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
    wait_until(all_are_up(api), SOON_S, "it is heard again")
    assert len(failovers(api)) == 1
    assert not serves(api, "a-1", SHOP_S)  # users come back by a failback


def test_a_cluster_that_dies_is_failed_over_for_the_redundancies_that_are_on(
    api: Api, world: World, users: Users
) -> None:
    switch(api, "failover", redundancy="two-domain", on=True)
    switch(api, "failover", redundancy="none", on=False)
    before = [weights(api, route) for route in SHOP_T]
    with world.faulty("lost", cluster="b", how="hang"):
        wait_until(lambda: len(failovers(api)) == 2, SOON_S, "it is failed over by itself")
        wait_until(lambda: not serves(api, "b-1", SHOP_R), SOON_S, "the redundant Routes have left it")
        assert [weights(api, route) for route in SHOP_T] == before == [{"b-2": 100}] * 4
        told = api.get(f"runs/{failovers(api)[0]['id']}/events/")["results"]
        codes = {event["reason"]["code"] for event in told if event["reason"]}
        assert {"failed-over-alone", "left-for-a-person"} <= codes
    wait_until(all_are_up(api), SOON_S, "it is heard again")


def test_with_automation_off_drift_stays_and_is_healed_once_it_is_on_again(api: Api, world: World) -> None:
    wait_until(lambda: drift(api) == "in-sync", SOON_S, "c-1 is as it was applied")
    switch(api, "stop")
    asked = api.post("prods/c-1/actions/self-heal/", {"on": True, **WHY})
    assert asked.status_code == 200, asked.text
    before = world.scale("c", "prod-c-1", "frontend", 1)
    wait_until(lambda: drift(api) == "drifted", SOON_S, "the drift is seen")
    wait_until(lambda: confirmed(api), SOON_S, "two looks have found it")
    time.sleep(TICKS_S)
    assert heals(api) == [] and replicas(world) == 1
    switch(api, "resume")
    wait_until(lambda: len(heals(api)) == 1, SOON_S, "it is healed by itself")
    (run,) = heals(api)
    api.until_state(run["id"], "succeeded", timeout_s=SOON_S)
    assert run["author"] is None
    assert replicas(world) == before
