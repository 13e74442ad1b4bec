"""More pods beside a rollback: who gets them, that nobody waits for them, and when they go again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journal.core.reasons import because
from releases.core.answers import Failed
from releases.core.inflight import prods_in_turn, waves_now
from releases.core.kinds import BACKOFF_S, MOST_HELP_S
from releases.core.partners import ill_partner_reason, read_partners
from releases.core.plan import Plan
from releases.core.progress import Redo, Settle
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.scaling import growing, with_floors, without_growing
from releases.core.settling import settle_running
from releases.core.states import RunState, StepState
from releases.core.strategy import Strategy
from releases.core.waves import plan_release
from tests.core.releases.fleets import NOW, V1, V2, example_fleet, make_run, names_of
from tests.core.releases.world import World
from traffic.core.growth import Growth

FLEET = example_fleet()
COMES = (Growth("b-1", 150, 150), Growth("b-2", 400, 20))


def rollback(*changed: str) -> Plan:
    planned = plan_rollback(
        5, plan_release(FLEET, "shop", V2, Strategy()), changed, FLEET, (V1, V2), "v1.1.0", {}
    )
    assert isinstance(planned, RollbackPlan)
    return planned.plan


def scaled(*takers: str, growths: tuple[Growth, ...] = COMES) -> Plan:
    return with_floors(rollback("c-1", "a-2"), FLEET, growths, takers)


def kinds(plan: Plan) -> list[list[str]]:
    return [[step.kind for prod in wave.prods for step in prod.steps] for wave in plan.waves]


def test_without_autoscalers_the_plan_is_the_same_to_its_digest() -> None:
    assert scaled() == rollback("c-1", "a-2")
    assert scaled("b-1", growths=()) == rollback("c-1", "a-2")


def test_those_who_take_over_get_pods_beside_the_rest_and_give_them_back_after_it() -> None:
    plan = scaled("b-1", "b-2")
    assert [wave.name for wave in plan.waves] == ["scale-up", "rollback", "scale-back"]
    assert names_of(plan) == [["b-1", "b-2"], ["a-2", "c-1"], ["b-1", "b-2"]]
    assert kinds(plan)[0] == ["scale_up"] * 2 and kinds(plan)[2] == ["scale_back"] * 2
    assert dict(plan.waves[0].prods[0].steps[0].params) == {"load": 150, "coming": 150, "capacity": 1000}
    assert plan.waves[1] == rollback("c-1", "a-2").waves[0]
    assert plan.digest != rollback("c-1", "a-2").digest
    assert {prod.version for wave in plan.waves for prod in wave.prods} == {"v1.0.0"}


def test_one_that_is_deployed_itself_gets_none() -> None:
    assert names_of(scaled("a-2", "b-1", growths=(Growth("a-2", 1, 1), *COMES)))[0] == ["b-1"]


def world(*takers: str) -> World:
    return World(make_run(scaled(*takers), FLEET))


def states(world: World, kind: str) -> list[StepState]:
    return [step.state for step in world.run.steps if step.kind == kind]


def test_the_redeploy_waits_for_no_pods_and_the_pods_for_no_partner() -> None:
    this = world("b-1", "b-2")
    this.say = lambda step: None  # no act answers
    this.one_pass()
    assert set(this.started) == {
        ("b-1", "scale_up"),
        ("b-2", "scale_up"),
        ("a-2", "set_version"),
        ("c-1", "set_version"),
    }
    assert this.run.outs["shop-r-1"] == "a-2", "b-1 is its partner"


def test_nothing_is_given_back_before_the_users_have_left() -> None:
    this = world("b-1")
    assert this.finish() is RunState.SUCCEEDED
    assert this.started[-1] == ("b-1", "scale_back") and this.started.count(("b-1", "scale_back")) == 1
    assert this.run.reason == because("all-done", prods=2), "who only helps is not counted"


def test_nothing_is_given_back_while_it_may_still_be_given() -> None:
    this = world("b-1")
    this.say = lambda step: None if step.kind == "scale_up" else World.say(step)
    this.settle()
    assert states(this, "scale_up") == [StepState.RUNNING]
    assert states(this, "wait_ready") == [StepState.SUCCEEDED] * 2
    (step,) = [step for step in this.run.steps if step.kind == "scale_back"]
    assert (step.state, step.reason) == (StepState.WAITING, because("waits-for-scale-up"))


def test_a_prod_that_cannot_be_brought_back_keeps_the_pods_of_those_who_have_its_users() -> None:
    this = world("b-1")
    this.say = lambda step: Failed(because("no")) if step.kind == "wait_ready" else World.say(step)
    assert this.finish() is RunState.FAILED
    assert states(this, "scale_up") == [StepState.SUCCEEDED]
    assert states(this, "scale_back") == [StepState.WAITING]


@pytest.mark.parametrize("kind", ["scale_up", "scale_back"])
def test_an_act_that_never_answers_is_skipped_and_the_run_goes_on(kind: str) -> None:
    this = world("b-1")
    this.say = lambda step: None if step.kind == kind else World.say(step)
    assert this.finish() is RunState.SUCCEEDED
    assert states(this, kind) == [StepState.SKIPPED]
    (step,) = [step for step in this.run.steps if step.kind == kind]
    assert step.tries == len(BACKOFF_S) + 1


@pytest.mark.parametrize(
    ("kind", "after_s", "intent"),
    [
        pytest.param("scale_up", MOST_HELP_S, Redo, id="it is sent again"),
        pytest.param("scale_up", MOST_HELP_S + 1, Settle, id="and not for ever"),
        pytest.param("scale_back", MOST_HELP_S + 1, Settle, id="nor is the other"),
        pytest.param("set_version", MOST_HELP_S + 1, Redo, id="but the redeploy is"),
    ],
)
def test_one_that_no_worker_takes_is_skipped_in_the_end(kind: str, after_s: int, intent: type) -> None:
    this = world("b-1")
    prod = "a-2" if kind == "set_version" else "b-1"
    this.set_step(prod, kind, state=StepState.RUNNING, attempt=1, tries=1, due_at=NOW)
    (found,) = settle_running(this.run, NOW + timedelta(seconds=after_s))
    assert type(found) is intent
    assert not isinstance(found, Settle) or found.state is StepState.SKIPPED


def test_what_is_looked_at_is_who_may_begin_and_not_who_is_helped() -> None:
    assert prods_in_turn(waves_now(world("b-1").run)) == {"a-2", "c-1"}


def test_a_hold_or_a_dead_cluster_of_who_takes_over_stops_nobody() -> None:
    this = world("b-1")
    this.set_run(blocked={"b-1": because("held", why="", by="")})
    assert this.finish() is RunState.SUCCEEDED


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.STOPPING])
def test_a_run_that_rests_or_stops_raises_nothing(state: RunState) -> None:
    this = world("b-1")
    this.set_run(state=state)
    this.settle()
    assert this.started == []


@pytest.mark.parametrize(
    ("health", "waits"),
    [
        pytest.param("ready", False, id="ready"),
        pytest.param("not-ready", False, id="its new pods are starting"),
        pytest.param("down", True, id="it serves nobody"),
        pytest.param("unknown", True, id="nobody knows"),
    ],
)
def test_nobody_waits_for_the_pods_that_the_run_has_asked_for(health: str, waits: bool) -> None:
    fleet = example_fleet(b_1={"health": health})
    partners = without_growing(read_partners(fleet), growing(scaled("b-1"), fleet))
    assert (ill_partner_reason("a-2", partners) is not None) == waits
    unscaled = without_growing(read_partners(fleet), growing(rollback("c-1", "a-2"), fleet))
    assert (ill_partner_reason("a-2", unscaled) is not None) == (health != "ready")


def test_one_that_takes_its_users_back_gets_its_pods_in_a_column_of_its_own() -> None:
    plan = rollback("c-1")
    (wave,) = plan.waves
    alone = replace(wave, prods=(replace(wave.prods[0], name="b-1", steps=wave.prods[0].steps[1:]),))
    found = with_floors(replace(plan, waves=(alone,)), FLEET, COMES, ("b-1",))
    assert names_of(found) == [["b-1"], ["b-1"], ["b-1"]]
