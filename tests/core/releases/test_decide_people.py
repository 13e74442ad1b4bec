"""Stop-the-line, pause and abort."""

import pytest

from journal.core.reasons import because
from releases.core.answers import TryAgain
from releases.core.states import RunState, StepState
from tests.core.releases.world import (
    act_world,
    all_well,
    failing,
    hanging,
    release_world,
    set_versions,
    step_of,
)


def test_a_stopped_line_starts_no_prod_but_finishes_those_under_way():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    world.say = all_well
    world.finish()
    assert set_versions(world) == ["c-2"]
    assert ("c-2", "soak") in world.started


def test_a_stopped_line_does_not_let_a_retried_act_touch_the_prod():
    world = release_world()
    world.say = failing("c-2", kind="set_version")
    world.finish()
    world.set_step("c-2", "set_version", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING, stopped=because("line-stopped", why="fire", by="mio"))
    world.settle()
    assert step_of(world.run, "c-2", "set_version").state is StepState.WAITING


def test_a_pause_starts_nothing_and_lets_the_running_step_finish():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.PAUSED, reason=because("pause-by-person", by="mio", why="lunch"))
    world.say = all_well
    world.settle()
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.SUCCEEDED
    soak = step_of(world.run, "c-2", "soak")
    assert (soak.state, soak.reason) == (StepState.WAITING, because("run-paused"))
    assert world.run.reason == because("pause-by-person", by="mio", why="lunch")


def test_a_paused_run_goes_on_when_it_is_resumed():
    world = release_world()
    world.set_run(state=RunState.PAUSED)
    world.settle()
    assert world.started == []
    world.set_run(state=RunState.RUNNING)
    assert world.finish() is RunState.SUCCEEDED


def test_a_failure_while_paused_keeps_the_pause():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.PAUSED)
    world.say = failing("c-2")
    world.settle()
    assert world.run.state is RunState.PAUSED
    world.set_run(state=RunState.RUNNING)
    assert world.finish() is RunState.FAILED


PRE_EMPTED = because("pre-empted", run=12)


def test_a_pre_empted_run_ends_what_it_has_begun_and_is_paused_then():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(preempted=PRE_EMPTED)
    world.settle()
    assert world.run.state is RunState.RUNNING
    world.say = all_well
    world.finish()
    assert set_versions(world) == ["c-2"] and ("c-2", "soak") in world.started
    assert (world.run.state, world.run.reason) == (RunState.PAUSED, PRE_EMPTED)
    assert step_of(world.run, "c-1", "set_version").reason == PRE_EMPTED


def test_one_that_has_begun_nothing_is_paused_at_once():
    world = release_world()
    world.set_run(preempted=PRE_EMPTED)
    world.settle()
    assert (world.started, world.run.state) == ([], RunState.PAUSED)
    world.set_run(state=RunState.RUNNING, preempted=None)
    assert world.finish() is RunState.SUCCEEDED


def test_one_that_has_begun_all_ends():
    world = release_world()
    world.finish()
    world.set_run(state=RunState.RUNNING, preempted=PRE_EMPTED)
    assert world.finish() is RunState.SUCCEEDED


def test_a_gate_of_a_pre_empted_run_asks_nobody():
    world = release_world(ask="each-wave")
    world.say = hanging("c-2")
    world.settle()
    world.set_run(preempted=PRE_EMPTED)
    world.say = all_well
    world.finish()
    assert "ask" not in {kind for _, kind in world.started}


def test_a_failure_of_a_pre_empted_run_stays_one():
    world = release_world()
    world.say = failing("c-2")
    world.set_run(preempted=None)
    world.settle()
    world.set_run(preempted=PRE_EMPTED)
    assert world.finish() is RunState.FAILED


@pytest.mark.parametrize("kind", ["soak", "ask"])
def test_abort_cuts_what_only_waits_at_once(kind):
    world = release_world(ask="each-wave")
    world.say = lambda step: hanging(step.prod, kind=kind)(step)
    world.settle()
    world.set_run(state=RunState.STOPPING, reason=because("abort-by-person", by="mio", why="wrong one"))
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert world.run.reason == because("abort-by-person", by="mio", why="wrong one")
    assert all(step.state is not StepState.WAITING for step in world.run.steps)


def test_abort_lets_the_running_step_finish_but_starts_no_next_one():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.STOPPING
    world.say = all_well
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.SUCCEEDED
    assert step_of(world.run, "c-2", "soak").state is StepState.ABORTED


@pytest.mark.parametrize("answer", [TryAgain(because("facts-old")), None])
def test_abort_does_not_wait_for_what_cannot_be_found_out(answer):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    world.settle()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.ABORTED


def test_abort_of_a_run_that_only_waits_ends_at_once():
    world = release_world()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    world.settle()
    world.set_run(state=RunState.STOPPING)
    assert world.one_pass().wake_at is None
    assert world.run.state is RunState.ABORTED
    assert world.started == []


def test_abort_of_a_failed_run_keeps_what_broke():
    world = release_world()
    world.say = failing("c-2")
    world.finish()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.FAILED


def test_an_act_that_never_answers_cannot_keep_a_run_from_ending():
    world = act_world()
    world.set_run(state=RunState.STOPPING)
    assert world.finish() is RunState.ABORTED
    assert step_of(world.run, "c-2", "set_version").state is StepState.ERRORED
