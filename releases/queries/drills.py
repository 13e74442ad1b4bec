"""Drills: failovers, evacuations and failbacks of Clusters that are there for practice, and of their Prods."""

from dataclasses import dataclass
from datetime import datetime

from releases.core.states import RunState
from releases.engine.unmade import LEAVING
from releases.marks import RUN_MARKS, Mark
from releases.models import Run
from traffic.core.survival import CLUSTER, PROD

SHOWN = 6
DRILLS = Run.objects.filter(strategy__drill=True, started_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Drill:
    """A Run that was a drill, of a Cluster or of a Prod (`name`). `took_s`: from its start until all routers that answer showed it, and for a failback
    until the last users were back; None while it has not succeeded."""

    run: int
    kind: str
    name: str
    at: datetime
    took_s: float | None
    mark: Mark


def read_drills() -> tuple[Drill, ...]:
    """The last of them, the newest first. One query."""
    return tuple(_drill(run) for run in DRILLS.order_by("-pk")[:SHOWN])


def last_rehearsal() -> Run | None:
    """The last drill in which users left, and all routers that answer showed it. One query."""
    return DRILLS.filter(state=RunState.SUCCEEDED, kind__in=LEAVING).order_by("-pk").first()


def read_rehearsal() -> Drill | None:
    """That one. One query."""
    run = last_rehearsal()
    return None if run is None else _drill(run)


def took_s(run: Run) -> float | None:
    """What a Drill says of that."""
    if run.state != RunState.SUCCEEDED or run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()


def _drill(run: Run) -> Drill:
    mark = RUN_MARKS[RunState(run.state)]
    name = str(run.strategy.get(CLUSTER) or run.strategy.get(PROD, ""))
    return Drill(run.pk, run.kind, name, run.started_at or run.created_at, took_s(run), mark)
