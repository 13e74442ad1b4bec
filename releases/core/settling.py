"""What becomes of the Steps that run: settled, attempted again, or explained."""

from datetime import datetime, timedelta
from typing import assert_never

from journal.core.reasons import Reason, because

from .answers import Failed, Running, Succeeded, TryAgain
from .kinds import BACKOFF_S, KINDS, MOST_HELP_S
from .progress import Explain, Intent, Redo, RunNow, Settle, StepNow
from .states import RunState, StepState


def settle_running(run: RunNow, now: datetime) -> tuple[Intent, ...]:
    """One intent at most for each running Step. Paused and failed Runs let what runs finish; a stopping
    Run gives up at once on Steps that only wait, and on those that cannot find out."""
    running = (step for step in run.steps if step.state == StepState.RUNNING)
    intents = (_look_at(step, run.state == RunState.STOPPING, now) for step in running)
    return tuple(intent for intent in intents if intent is not None)


def _look_at(step: StepNow, stopping: bool, now: datetime) -> Intent | None:
    if KINDS[step.kind].acts:
        return _look_at_act(step, stopping, now)
    return _look_at_answer(step, stopping)


def _look_at_act(step: StepNow, stopping: bool, now: datetime) -> Intent | None:
    if stopping and KINDS[step.kind].cut:
        return Settle(step.id, StepState.ABORTED, because("run-stopping"))
    if step.due_at is not None and step.due_at > now:
        return None
    beside = KINDS[step.kind].beside
    late = beside and now - step.since > timedelta(seconds=MOST_HELP_S)
    if late or step.tries > len(BACKOFF_S):
        reason = step.reason or because("act-unanswered", step=step.kind, tries=step.tries)
        return Settle(step.id, StepState.SKIPPED if beside else StepState.ERRORED, reason)
    return Redo(step.id, now + timedelta(seconds=KINDS[step.kind].lease_s))


def _look_at_answer(step: StepNow, stopping: bool) -> Intent | None:
    match step.answer:
        case Succeeded(reason):
            return Settle(step.id, StepState.SUCCEEDED, reason)
        case Failed(reason):
            return Settle(step.id, StepState.FAILED, reason)
        case Running(reason):
            return _go_on(step, stopping and KINDS[step.kind].cut, reason)
        case TryAgain(reason):
            return _go_on(step, stopping, reason)
        case None:
            return _go_on(step, stopping, step.reason)
        case _ as never:
            assert_never(never)


def _go_on(step: StepNow, cut: bool, reason: Reason | None) -> Intent | None:
    if cut:
        return Settle(step.id, StepState.ABORTED, because("run-stopping"))
    return Explain(step.id, reason) if reason is not None and reason != step.reason else None


def give_up_waiting(run: RunNow) -> tuple[Intent, ...]:
    """The end of a stopping Run: once nothing runs, every waiting Step is given up."""
    if any(step.state == StepState.RUNNING for step in run.steps):
        return ()
    waiting = (step for step in run.steps if step.state == StepState.WAITING)
    return tuple(Settle(step.id, StepState.ABORTED, because("run-stopping")) for step in waiting)
