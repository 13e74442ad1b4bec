"""Which action on a Run its state allows: one table, a Reason for every no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .states import RUN_ENDED, RunKind, RunState

ACTIONS = ("pause", "resume", "abort", "retry", "skip", "approve", "rollback")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the table asks of a Run. `changed`: Prods whose version was ever set by it; `broken`: its
    failed or errored steps; `skippable`: Prods with steps left; `asking`: gates that wait for people;
    `successor`: the number of the rollback that took it over; `lost`: Prods that other Runs have changed since,
    or have and keep; `deleted`: Prods whose objects it has begun to delete; `preempted`: a failover or a rollback came between, so
    that what is left is judged anew when somebody resumes it."""

    kind: RunKind
    state: RunState
    changed: int
    broken: int
    skippable: int
    asking: int
    successor: int | None = None
    lost: int = 0
    deleted: int = 0
    preempted: bool = False


def blockers_of(action: str, run: RunFacts) -> tuple[Reason, ...]:
    """Why `action` is not allowed in this state; empty means it is.

    >>> blockers_of("resume", RunFacts(RunKind.RELEASE, RunState.RUNNING, 0, 0, 6, 0))
    (Reason(code='run-not-paused', params=(('state', 'running'),)),)
    """
    return _TABLE[action](run)


def _no(code: str, run: RunFacts) -> tuple[Reason, ...]:
    return (because(code, state=run.state.value),)


def _pause(run: RunFacts) -> tuple[Reason, ...]:
    return () if run.state in {RunState.RUNNING, RunState.AWAITING_APPROVAL} else _no("run-not-running", run)


def _resume(run: RunFacts) -> tuple[Reason, ...]:
    waits = run.preempted and run.state not in (*RUN_ENDED, RunState.STOPPING)
    return () if waits or run.state is RunState.PAUSED else _no("run-not-paused", run)


def _abort(run: RunFacts) -> tuple[Reason, ...]:
    if run.state in RUN_ENDED:
        return _no("run-ended", run)
    return _no("run-already-stopping", run) if run.state is RunState.STOPPING else ()


def _retry(run: RunFacts) -> tuple[Reason, ...]:
    if run.state in RUN_ENDED or run.state is RunState.STOPPING:
        return _no("run-ended", run)
    return () if run.broken else _no("nothing-failed", run)


def _skip(run: RunFacts) -> tuple[Reason, ...]:
    if run.state in RUN_ENDED or run.state is RunState.STOPPING:
        return _no("run-ended", run)
    return () if run.skippable else _no("nothing-to-skip", run)


def _approve(run: RunFacts) -> tuple[Reason, ...]:
    if run.state in RUN_ENDED or run.state is RunState.STOPPING:
        return _no("run-ended", run)
    return () if run.asking else _no("nothing-to-approve", run)


def _rollback(run: RunFacts) -> tuple[Reason, ...]:
    if run.kind is RunKind.ROLLBACK:
        return (because("no-rollback-of-rollback"),)
    if run.kind is RunKind.HEAL:
        return (because("no-rollback-of-heal"),)
    if run.deleted:
        return (because("retire-not-rolled-back"),)
    if run.successor:
        return (because("already-rolled-back", run=run.successor),)
    if not run.changed:
        return (because("nothing-changed"),)
    return (because("all-changed-later"),) if run.lost >= run.changed else ()


_TABLE: Mapping[str, Callable[[RunFacts], tuple[Reason, ...]]] = {
    "pause": _pause,
    "resume": _resume,
    "abort": _abort,
    "retry": _retry,
    "skip": _skip,
    "approve": _approve,
    "rollback": _rollback,
}
