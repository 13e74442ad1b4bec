"""Where a Run stands after a pass: its state and the one Reason that says what it waits for."""

from journal.core.reasons import Reason, because, within

from .inflight import ProdNow, WaveNow, broken_step, has_started, is_beside, is_done, next_step, waves_now
from .kinds import KINDS
from .progress import MoveRun, RunNow, StepNow
from .states import RUN_MOVES, RunState, StepState


def move_run(run: RunNow) -> MoveRun | None:
    """The Run's move, or None if it stays as it is. A paused Run stays paused, whatever happens in it, until a person
    resumes it; one that is pre-empted is paused once what it has begun is done. A Run goes to `failed` once nothing
    else in it can go on."""
    if run.state == RunState.PAUSED:
        return None
    if run.state == RunState.STOPPING:
        return _end_stopping(run)
    state, reason = _where(run)
    if state != run.state and state not in RUN_MOVES[run.state]:
        state = RunState.RUNNING
    return MoveRun(state, reason) if (state, reason) != (run.state, run.reason) else None


def _end_stopping(run: RunNow) -> MoveRun | None:
    if any(step.state in (StepState.RUNNING, StepState.WAITING) for step in run.steps):
        return None
    return MoveRun(RunState.ABORTED, run.reason or because("run-stopping"))


def _where(run: RunNow) -> tuple[RunState, Reason]:
    waves = waves_now(run)
    columns = [column for wave in waves for column in (wave.gates, *wave.prods)]
    running = [step for column in columns for step in column.steps if step.state == StepState.RUNNING]
    broken = [step for step in map(broken_step, columns) if step is not None]
    if all(is_done(column) for column in columns):
        return RunState.SUCCEEDED, because("all-done", prods=_count(waves))
    if broken:
        goes_on = any(step.prod for step in running)
        return (RunState.RUNNING if goes_on else RunState.FAILED), _failure(broken[0])
    if run.preempted is not None and not any(map(_is_under_way, columns)):
        return RunState.PAUSED, run.preempted
    asked = next((step for step in running if not step.prod and step.kind == "ask"), None)
    if asked is not None:
        return RunState.AWAITING_APPROVAL, because("awaits-approval", wave=asked.wave)
    return RunState.RUNNING, _under_way(running) if running else _waiting(waves)


def _is_under_way(column: ProdNow) -> bool:
    return bool(column.name) and has_started(column) and not is_done(column)


def _count(waves: tuple[WaveNow, ...]) -> int:
    """How many Prods the Run was about."""
    return sum(not is_beside(prod) for wave in waves for prod in wave.prods)


def _failure(step: StepNow) -> Reason:
    """The Step's own Reason inside ours."""
    why = step.reason or because("step-aborted")
    if not step.prod:
        return within("gate-failed", why, wave=step.wave, step=step.kind)
    return within("step-failed", why, prod=step.prod, step=step.kind)


def _under_way(running: list[StepNow]) -> Reason:
    """The first of what runs; what only helps is said where nothing else does."""
    step = min(running, key=lambda step: KINDS[step.kind].beside)
    code = KINDS[step.kind].doing
    if not step.prod:
        return because(code, wave=step.wave)
    return because(code, prod=step.prod, step=step.kind)


def _waiting(waves: tuple[WaveNow, ...]) -> Reason:
    """What the first waiting Step says; one that the plan held comes last, for the rest went past it."""
    pairs = [(wave, column) for wave in waves for column in (wave.gates, *wave.prods)]
    pairs.sort(key=lambda pair: pair[1].name in pair[0].limits.held)
    said = (_said(column) for _, column in pairs)
    return next((reason for reason in said if reason is not None), because("waits-for-next-pass"))


def _said(column: ProdNow) -> Reason | None:
    step = next_step(column)
    if step is None or step.reason is None:
        return None
    if not step.prod:
        return step.reason
    return because(step.reason.code, **{"prod": step.prod, **dict(step.reason.params)})
