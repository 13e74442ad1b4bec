"""What one pass over a Run may do next: a pure, flat pass from facts to intents."""

from datetime import datetime, timedelta

from .answers import Running
from .kinds import BACKOFF_S, KINDS
from .outcome import move_run
from .progress import Decision, Intent, RunNow, Settle, Start, StepNow
from .settling import give_up_waiting, settle_running
from .starting import start_steps
from .states import RUN_ENDED, RunState, StepState
from .written import as_written

# Nothing is due, but the Run waits for the world: a wake that was lost costs this much at most.
REST_S = 30

_WAITS_FOR_THE_WORLD = frozenset({RunState.RUNNING, RunState.AWAITING_APPROVAL})


def decide(run: RunNow, now: datetime) -> Decision:
    """What to write now, in order, and when to look again.

    A Run that has not begun or has ended gets nothing, however often it is asked. With the same facts a
    second pass over what the first has written decides nothing new.
    """
    if run.state == RunState.PLANNED or run.state in RUN_ENDED:
        return Decision((), None)
    settled = settle_running(run, now)
    seen = as_written(run, settled, now)  # what ends lets others begin in the same pass
    begun = give_up_waiting(seen) if run.state == RunState.STOPPING else start_steps(seen, now)
    left = as_written(seen, begun, now)
    move = move_run(left)
    moved = () if move is None else (move,)
    intents: tuple[Intent, ...] = (*settled, *begun, *moved)
    return Decision(intents, _wake_at(as_written(left, moved, now), intents, run.state, now))


def after_answers(run: RunNow, now: datetime) -> RunNow:
    """The Run as `decide` sees it when it looks for what may begin: with the answers of what runs written down. Needs its
    state, waves and Steps only."""
    return as_written(run, settle_running(run, now), now)


def _wake_at(left: RunNow, intents: tuple[Intent, ...], before: RunState, now: datetime) -> datetime | None:
    if left.state in RUN_ENDED:
        return None
    if left.state != before or any(isinstance(intent, Settle) for intent in intents):
        return now
    running = [step for step in left.steps if step.state == StepState.RUNNING]
    if not running and left.state in _WAITS_FOR_THE_WORLD:
        return now + timedelta(seconds=REST_S)
    begun = {intent.step for intent in intents if isinstance(intent, Start)}
    return min((_due_at(step, step.id in begun, now) for step in running), default=None)


def _due_at(step: StepNow, begun: bool, now: datetime) -> datetime:
    """When to look at a running Step at the latest. One that could not be asked yet: at once."""
    if KINDS[step.kind].acts:
        return step.due_at or now
    match step.answer:
        case Running(retry_after_s=retry_after_s):
            return now + timedelta(seconds=min(retry_after_s, REST_S))
        case _:
            return now if begun else now + timedelta(seconds=BACKOFF_S[-1])
