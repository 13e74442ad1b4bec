"""Steps that run: answers, leases, tries, and when to look again."""

from datetime import timedelta

import pytest

from journal.core.reasons import because
from releases.core.answers import Failed, Running, Succeeded, TryAgain
from releases.core.decide import REST_S, decide
from releases.core.kinds import BACKOFF_S
from releases.core.progress import MoveRun, Redo, Settle
from releases.core.states import RunState, StepState
from tests.core.releases.fleets import NOW
from tests.core.releases.world import BROKE, act_world, all_well, hanging, release_world, step_of


def test_an_act_that_is_not_due_is_left_alone_until_it_is():
    world = act_world()
    decision = decide(world.run, NOW)
    assert (decision.intents, decision.wake_at) == ((), NOW + timedelta(seconds=8))


@pytest.mark.parametrize("due_at", [NOW, NOW - timedelta(seconds=9), None])
def test_an_act_whose_lease_is_over_is_attempted_again(due_at):
    world = act_world(due_at=due_at)
    decision = decide(world.run, NOW)
    step = step_of(world.run, "c-2", "set_version")
    assert decision.intents == (Redo(step.id, NOW + timedelta(seconds=8)),)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        pytest.param(because("cluster-busy"), because("cluster-busy"), id="the last reason"),
        pytest.param(None, because("act-unanswered", step="set_version", tries=4), id="never answered"),
    ],
)
def test_an_act_out_of_tries_errors_with_what_it_said_last(reason, kept):
    world = act_world(due_at=NOW, tries=len(BACKOFF_S) + 1, reason=reason)
    decision = decide(world.run, NOW)
    step = step_of(world.run, "c-2", "set_version")
    assert decision.intents[0] == Settle(step.id, StepState.ERRORED, kept)
    assert isinstance(decision.intents[-1], MoveRun)
    assert decision.intents[-1].state is RunState.FAILED


def test_an_act_that_was_lost_is_redone_while_paused_and_while_stopping():
    for state in (RunState.PAUSED, RunState.STOPPING, RunState.FAILED):
        world = act_world(due_at=NOW)
        world.set_run(state=state)
        assert any(isinstance(intent, Redo) for intent in decide(world.run, NOW).intents)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(Succeeded(because("fine")), StepState.SUCCEEDED, id="succeeded"),
        pytest.param(Failed(BROKE), StepState.FAILED, id="failed"),
        pytest.param(Running(because("pods-starting"), 5), StepState.RUNNING, id="running"),
        pytest.param(TryAgain(because("facts-old")), StepState.RUNNING, id="could not find out"),
        pytest.param(None, StepState.RUNNING, id="nobody could ask"),
    ],
)
def test_a_step_that_is_judged_from_rows_becomes_what_it_answers(answer, state):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    world.settle()
    step = step_of(world.run, "c-2", "wait_ready")
    assert step.state is state
    assert step.reason == (answer.reason if answer else None)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(Running(because("pods-starting"), 5), 5, id="what the step says"),
        pytest.param(TryAgain(because("facts-old")), BACKOFF_S[-1], id="the longest back-off"),
    ],
)
def test_a_running_step_says_when_to_look_again(answer, seconds):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    assert world.settle().wake_at == NOW + timedelta(seconds=seconds)


def test_a_run_that_waits_for_the_world_is_looked_at_now_and_then():
    world = release_world()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    decision = world.settle()
    assert decision.wake_at == NOW + timedelta(seconds=REST_S)
    assert world.run.reason == because("line-stopped", why="fire", by="mio", prod="c-2")


def test_a_redelivered_wake_does_not_start_what_has_been_started():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    before = list(world.started)
    world.settle()
    assert world.started == before


@pytest.mark.parametrize("state", [RunState.PLANNED, RunState.SUCCEEDED, RunState.ABORTED])
def test_a_run_that_has_not_begun_or_has_ended_stays_so(state):
    world = release_world()
    world.set_run(state=state)
    decision = decide(world.run, NOW)
    assert (decision.intents, decision.wake_at) == ((), None)
