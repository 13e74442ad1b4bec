"""What one pass may do: the order, the limits, and how a Run of any kind ends."""

from dataclasses import replace
from datetime import timedelta

from journal.core.reasons import because
from releases.core.decide import decide
from releases.core.plan import Plan
from releases.core.progress import Explain, MoveRun, Start
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.states import RunState, StepState
from releases.core.strategy import Amount, Strategy
from releases.core.waves import plan_release
from tests.core.releases.fleets import NOW, V1, V2, example_fleet, make_run, names_of
from tests.core.releases.world import (
    World,
    all_well,
    failing,
    hanging,
    release_world,
    set_versions,
    step_of,
)


def test_the_order_shown_is_the_order_run():
    world = release_world()
    assert world.finish() is RunState.SUCCEEDED
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "a-1", "b-2"]


def test_the_order_is_that_of_the_plan_even_where_rows_come_in_another():
    fleet = example_fleet()
    light = tuple(replace(r, load=60) if r.name.startswith("shop-t") else r for r in fleet.routes)
    world = release_world(replace(fleet, routes=light))
    world.set_run(steps=tuple(sorted(world.run.steps, key=lambda step: step.prod)))
    world.finish()
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "b-2", "a-1"]


def test_a_prods_steps_follow_each_other():
    world = release_world()
    world.finish()
    kinds = [kind for prod, kind in world.started if prod == "a-1"]
    assert kinds == ["set_version", "wait_ready", "soak"]


def test_two_members_of_one_route_are_never_out_together():
    world = release_world(parallel=Amount(10))
    world.say = hanging("a-2")
    world.settle()
    assert step_of(world.run, "a-2", "set_version").state is StepState.SUCCEEDED
    waiting = step_of(world.run, "b-1", "set_version")
    assert waiting.state is StepState.WAITING
    assert waiting.reason == because("waits-for-partner", partner="a-2", route="shop-r-1")


def test_a_start_takes_all_routes_of_its_prod_out_in_the_same_intent():
    world = release_world(parallel=Amount(10))
    while ("a-2", "set_version") not in world.started:
        decision = world.one_pass()
    (start,) = [intent for intent in decision.intents if isinstance(intent, Start)]
    assert start.outs == ("shop-r-1", "shop-r-2", "shop-r-3")
    assert start.due_at == NOW + timedelta(seconds=8)


def test_a_route_that_another_run_has_out_is_waited_for():
    world = release_world()
    world.set_run(outs={"shop-u-1": "z-9"})
    world.settle()
    waiting = step_of(world.run, "c-1", "set_version")
    assert waiting.reason == because("waits-for-partner", partner="z-9", route="shop-u-1")


def test_a_prod_that_cannot_start_lets_later_ones_of_its_wave_pass():
    world = release_world()
    world.set_run(blocked={"a-1": because("held", why="x", by="mio")})
    world.finish()
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "b-2"]
    assert world.run.state is RunState.RUNNING
    assert world.run.reason == because("held", why="x", by="mio", prod="a-1")


def test_parallel_limits_the_prods_under_way():
    world = release_world(parallel=Amount(1))
    world.say = hanging("a-1")
    world.settle()
    assert world.in_flight() == {"a-1"}
    assert step_of(world.run, "b-2", "set_version").reason == because("wave-limit", limit=1)


def test_with_parallel_two_the_last_wave_runs_side_by_side():
    world = release_world(parallel=Amount(2))
    world.say = hanging("a-1", "b-2")
    world.settle()
    assert world.in_flight() == {"a-1", "b-2"}


def test_a_wave_waits_for_every_prod_of_the_waves_before_it():
    world = release_world()
    world.say = hanging("c-1")
    world.settle()
    assert world.in_flight() == {"c-1"}
    assert step_of(world.run, "a-2", "set_version").reason == because("waits-for-wave", wave=2)
    assert step_of(world.run, "a-1", "set_version").reason == because("waits-for-wave", wave=3)


def test_an_unfinished_soak_closes_the_waves_behind_it():
    world = release_world()
    world.say = hanging("c-2", kind="soak")
    world.settle()
    assert world.run.reason == because("soaking-prod", prod="c-2", step="soak")
    assert world.in_flight() == {"c-2"}


def test_a_gate_waits_for_approval_before_its_wave_and_the_run_goes_on_afterwards():
    world = release_world(ask="each-wave")
    world.say = hanging("", kind="ask")
    world.settle()
    assert world.run.state is RunState.AWAITING_APPROVAL
    assert world.run.reason == because("awaits-approval", wave=2)
    assert step_of(world.run, "c-1", "set_version").reason == because("waits-for-gate", wave=2, gate="ask")
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def test_a_rollback_goes_on_past_a_prod_that_fails():
    fleet = example_fleet()
    plan: Plan = plan_release(fleet, "shop", V2, Strategy())
    planned = plan_rollback(1, plan, ("c-2", "c-1", "a-2", "b-1"), fleet, (V1, V2), "v1.1.0", {})
    assert isinstance(planned, RollbackPlan)
    world = World(make_run(planned.plan, fleet))
    world.say = failing("a-2")
    assert world.finish() is RunState.FAILED
    assert set(set_versions(world)) == {"c-2", "c-1", "a-2"}  # b-1 stays: its partner is out
    assert names_of(planned.plan) == [["c-2", "a-2", "b-1", "c-1"]]


def test_a_run_without_steps_is_done():
    world = release_world()
    world.set_run(steps=(), waves=())
    assert decide(world.run, NOW).intents == (MoveRun(RunState.SUCCEEDED, because("all-done", prods=0)),)


def test_nothing_is_explained_twice():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    said = step_of(world.run, "a-2", "set_version").reason
    world.set_step("a-2", "set_version", reason=because("stale"))
    explained = [i for i in world.one_pass().intents if isinstance(i, Explain)]
    assert explained == [Explain(step_of(world.run, "a-2", "set_version").id, said)]


def test_a_prod_whose_step_was_given_up_counts_as_broken():
    world = release_world()
    world.set_run(
        steps=tuple(
            replace(step, state=StepState.ABORTED) if step.prod == "c-2" else step for step in world.run.steps
        )
    )
    assert world.finish() is RunState.FAILED
