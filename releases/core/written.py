"""What a Run looks like once intents are written: the meaning of each intent, in one place."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from .progress import Explain, Intent, MoveRun, Redo, RunNow, Settle, Start, StepNow
from .states import StepState


def as_written(run: RunNow, intents: Iterable[Intent], now: datetime) -> RunNow:
    """The Run after `intents`, in order. Routes are taken by a Start; only the engine gives them back."""
    steps = {step.id: step for step in run.steps}
    outs = dict(run.outs)
    state, reason = run.state, run.reason
    for intent in intents:
        if isinstance(intent, MoveRun):
            state, reason = intent.state, intent.reason
            continue
        before = steps[intent.step]
        steps[intent.step] = step_as_written(before, intent, now)
        if isinstance(intent, Start):
            outs.update(dict.fromkeys(intent.outs, before.prod))
    return replace(run, state=state, reason=reason, steps=tuple(steps.values()), outs=outs)


def step_as_written(step: StepNow, intent: Start | Redo | Settle | Explain, now: datetime) -> StepNow:
    """The Step after `intent`. An old reason does not outlive a start."""
    match intent:
        case Start(due_at=due_at):
            begun = replace(step, state=StepState.RUNNING, attempt=step.attempt + 1, tries=1, since=now)
            return replace(begun, due_at=due_at, reason=None, answer=None)
        case Redo(due_at=due_at):
            return replace(step, attempt=step.attempt + 1, tries=step.tries + 1, due_at=due_at)
        case Settle(state=state, reason=reason):
            return replace(step, state=state, reason=reason, since=now, due_at=None, answer=None)
        case Explain(reason=reason):
            return replace(step, reason=reason)
