"""What a failure stops, what goes on, and what a retry or a skip brings back."""

import pytest

from journal.core.reasons import because
from releases.core.answers import Failed
from releases.core.states import RunState, StepState
from releases.core.strategy import Amount
from tests.core.releases.world import all_well, failing, hanging, release_world, set_versions, step_of


def test_a_failed_prod_stops_the_wave_and_names_itself():
    world = release_world()
    world.say = failing("c-1")
    assert world.finish() is RunState.FAILED
    assert set_versions(world) == ["c-2", "c-1"]
    assert world.run.reason == because(
        "step-failed", prod="c-1", step="wait_ready", why="image-missing", component="api", image="shop:2"
    )


def test_the_cause_inside_a_failures_own_reason_is_kept():
    late = because("not-ready-in-time", waited_s=60, why="image-missing")
    world = release_world()
    world.say = lambda step: Failed(late) if step.kind == "wait_ready" else all_well(step)
    world.finish()
    params = dict(world.run.reason.params)
    assert (params["why"], params["cause"], params["waited_s"]) == ("not-ready-in-time", "image-missing", 60)


def test_other_prods_in_flight_go_on_after_a_failure_and_then_the_run_fails():
    world = release_world(parallel=Amount(2))
    broken, slow = failing("a-1"), hanging("b-2")
    world.say = lambda step: broken(step) if step.prod == "a-1" else slow(step)
    world.settle()
    assert world.run.state is RunState.RUNNING
    assert world.run.reason.code == "step-failed"
    world.say = broken
    assert world.finish() is RunState.FAILED
    assert ("b-2", "soak") in world.started


def test_no_new_prod_starts_after_a_failure():
    world = release_world()
    world.say = failing("a-1")
    world.finish()
    assert "b-2" not in set_versions(world)
    assert step_of(world.run, "b-2", "set_version").reason == because(
        "wave-stopped", wave=4, prod="a-1", failed=1, allowed=0
    )


def test_within_the_failure_budget_the_wave_goes_on_but_the_next_one_stays_closed():
    world = release_world(failure_budget=1)
    world.say = failing("a-2")
    assert world.finish() is RunState.FAILED
    assert set_versions(world) == ["c-2", "c-1", "a-2"]  # b-1 stays: its partner has the Routes out
    world = release_world(failure_budget=1)
    world.say = failing("a-1")
    assert world.finish() is RunState.FAILED
    assert set_versions(world)[-1] == "b-2"


@pytest.mark.parametrize("state", [StepState.WAITING, StepState.RUNNING])
def test_a_retried_step_goes_on_whatever_the_budget_says(state):
    world = release_world(parallel=Amount(2))
    world.say = failing("a-1", "b-2")
    world.finish()
    world.set_step("a-1", "wait_ready", state=state, since=world.now)
    world.set_run(state=RunState.RUNNING)
    world.say = failing("b-2")
    assert world.finish() is RunState.FAILED
    assert step_of(world.run, "a-1", "soak").state is StepState.SUCCEEDED


def test_a_retried_first_step_is_no_new_prod():
    world = release_world(parallel=Amount(2))
    world.say = failing("a-1", "b-2", kind="set_version")
    world.finish()
    world.set_step("a-1", "set_version", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING)
    world.say = failing("b-2", kind="set_version")
    world.finish()
    assert step_of(world.run, "a-1", "soak").state is StepState.SUCCEEDED


def test_retried_prods_keep_to_the_limit_and_to_their_order():
    world = release_world(failure_budget=2)
    world.say = failing("a-1", "b-2")
    world.finish()
    for prod in ("a-1", "b-2"):
        world.set_step(prod, "wait_ready", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING)
    world.say = hanging("a-1")
    world.settle()
    assert step_of(world.run, "b-2", "wait_ready").reason == because("wave-limit", limit=1)
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def test_a_failed_run_whose_broken_prod_was_skipped_goes_on():
    world = release_world()
    world.say = failing("c-1")
    world.finish()
    for kind in ("wait_ready", "soak"):
        world.set_step("c-1", kind, state=StepState.SKIPPED)
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def test_a_failed_run_starts_nothing_new_even_within_the_budget():
    world = release_world(failure_budget=5)
    world.say = failing("c-1")
    world.set_run(blocked={})
    world.finish()
    assert step_of(world.run, "a-2", "set_version").reason == because("waits-for-wave", wave=2)


def test_a_gate_that_says_no_fails_the_run():
    world = release_world(ask="each-wave")
    world.say = failing("", kind="ask")
    assert world.finish() is RunState.FAILED
    assert dict(world.run.reason.params)["wave"] == 2
    assert world.run.reason.code == "gate-failed"
