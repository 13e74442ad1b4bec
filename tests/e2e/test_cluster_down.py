"""A cluster that does not answer holds back its own Prods and those who must stand in for them; no others."""

import pytest

from orchestrator.embedded.stack import wait_until
from tests.e2e.api import Api, Run, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import FleetSpec, story
from tests.e2e.oracle import judge
from tests.e2e.world import World

NOTICED_WITHIN_S = 15
FINISHED_WITHIN_S = 60


def why_unseen(api: Api, prod: str) -> str:
    """The code of why nothing is known of the Prod; empty: it is seen."""
    reason = api.get(f"prods/{prod}/")["health_reason"]
    return str(reason["code"]) if reason else ""


def states(run: Run, kind: str) -> dict[str, str]:
    """Prod -> the state of its step of this kind."""
    return {step["prod"]: step["state"] for step in run["steps"] if step["kind"] == kind}


def reason_of(run: Run, prod: str) -> str:
    """What the Prod's first unfinished step waits for."""
    left = [step for step in run["steps"] if step["prod"] == prod and step["state"] != "succeeded"]
    return str(left[0]["reason"]["code"]) if left and left[0]["reason"] else ""


def finish(api: Api, run: int) -> None:
    done = api.until_state(run, "succeeded", "failed", timeout_s=FINISHED_WITHIN_S)
    assert done["state"] == "succeeded", told(done)


@pytest.mark.parametrize("kind", ["refuse", "hang"])
def test_down_when_the_plan_is_made(api: Api, world: World, raise_fleets: Raise, kind: str) -> None:
    fleet = story(f"down-{kind}")
    one, other, test, single = (f"{fleet.name}-{letter}" for letter in "rqts")
    raise_fleets(fleet)
    with world.faulty(kind, cluster=fleet.prod(one).cluster):
        wait_until(lambda: why_unseen(api, one), NOTICED_WITHIN_S, "it is noticed")
        shown = api.preview(fleet)
        held = {prod: one["reason"]["code"] for one in shown["blockers"] for prod in one["prods"]}
        assert held == {one: "cluster-unreachable", other: "partner-not-healthy"}
        planned = {prod["name"]: prod["held"] for wave in shown["waves"] for prod in wave["prods"]}
        assert {prod for prod, why in planned.items() if why} == {one, other}
        run = api.start(fleet)
        ended = {test: "succeeded", single: "succeeded"}
        found = api.until(
            run, lambda now: ended.items() <= states(now, "wait_ready").items() or now["state"] != "running"
        )
        assert (found["state"], judge(fleet, world.audit(fleet)).order) == ("running", [test, single])
        assert states(found, "set_version") | ended == ended | {one: "waiting", other: "waiting"}
        assert (reason_of(found, one), reason_of(found, other)) == tuple(held.values())
    finish(api, run)
    verdict = judge(fleet, world.audit(fleet))
    # The single Prod came before the pair that was held back: that, and nothing else, is out of order.
    assert [said for said in verdict.complaints if single not in said] == []
    assert sorted(verdict.order[2:]) == [other, one]


def test_hanging_while_a_wave_waits_for_its_pods(api: Api, world: World, raise_fleets: Raise) -> None:
    fleet = story("hanging-pods")
    raise_fleets(fleet)
    first = fleet.prod(f"{fleet.name}-t")
    with world.settings(pod_start=[1.5, 2.0]):
        run = api.start(fleet)
        api.until_step(run, "wait_ready")
        with world.faulty("hang", cluster=first.cluster):
            api.until(run, lambda now: reason_of(now, first.name) == "cluster-unreachable", NOTICED_WITHIN_S)
            assert judge(fleet, world.audit(fleet)).order == [first.name]
    finish(api, run)
    assert judge(fleet, world.audit(fleet)).complaints == []


@pytest.mark.parametrize("kind", ["refuse", "hang"])
def test_silent_when_a_prod_is_to_be_changed(api: Api, world: World, raise_fleets: Raise, kind: str) -> None:
    fleet = story(f"silent-{kind}")
    raise_fleets(fleet)
    first = fleet.prod(f"{fleet.name}-t")
    digest = api.preview(fleet)["digest"]
    with world.faulty(kind, cluster=first.cluster):
        run = api.try_start(fleet, digest).json()["id"]
        found = api.until(
            run, lambda now: reason_of(now, first.name).startswith("cluster-"), NOTICED_WITHIN_S
        )
        assert found["state"] == "running"
    finish(api, run)
    assert judge(fleet, world.audit(fleet)).complaints == []


def test_a_request_that_took_effect_and_was_answered_too_late_is_not_doubled(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    """The fault most forgotten: it was done, and the answer never came."""
    fleet: FleetSpec = story("unanswered")
    raise_fleets(fleet)
    hold = world.hold(fleet.prod(f"{fleet.name}-t"), "patch", "api", "after")
    run = api.start(fleet)
    finish(api, run)
    world.clear(hold)
    assert judge(fleet, world.audit(fleet)).complaints == []
