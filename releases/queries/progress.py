"""Where Runs stand: their steps as rows, and a Run in one line."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from access.roles import allows
from journal.core.reasons import Reason, reason_from_json
from releases.core.kinds import DISTURBING
from releases.core.states import MOVES_USERS, STEP_ENDED, RunKind, RunState, StepState
from releases.marks import RUN_MARKS, Mark
from releases.models import Run, Step
from releases.telling import telling
from traffic.core.survival import PROD


@dataclass(frozen=True, slots=True)
class StepRow:
    """A Step as pages show it. No `prod_id`: a gate."""

    id: int
    run_id: int
    wave: int
    position: int
    prod_id: int | None
    kind: str
    state: str
    reason: Reason | None
    params: dict[str, str | int]
    since: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def took(self) -> timedelta | None:
        """From its last start to its end; None while it is not over."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


@dataclass(frozen=True, slots=True)
class Preempted:
    """A release that begins nothing more once another Run has started."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A Run in one line. `wave` counts from 1; `percent` is of its steps that are over."""

    id: int
    kind: str
    title: str
    mark: Mark
    reason: Reason | None
    since: datetime
    author: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    wave: int
    waves: int
    percent: int
    may_roll_back: bool


# Which kinds are about a few Prods that a person has named, and which can be taken back from a list.
OF_PRODS = frozenset({RunKind.CHANGE, RunKind.HEAL, RunKind.RETIRE})
UNDONE = frozenset({RunKind.RELEASE, RunKind.CHANGE, RunKind.RETIRE})

# What the words about a Run need beside the Run itself.
RUN_LINE = ("version", "author", "blueprint", "rollback_of__version")
_LEFT = Q(steps__state__in=sorted(set(StepState) - STEP_ENDED))
_BEGUN = Q(steps__started_at__isnull=False)

_FIELDS = (
    *("id", "run_id", "wave", "position", "prod_id", "kind", "state", "reason", "params"),
    *("since", "started_at", "finished_at"),
)


def read_steps(runs: Iterable[Run], *, all_of_them: bool = True) -> dict[int, list[StepRow]]:
    """Run number -> its steps in the order of the plan, or only those that tell where each Prod stands. One query."""
    rows: dict[int, list[StepRow]] = defaultdict(list)
    wanted = Step.objects.filter(run__in=[run.pk for run in runs])
    chosen = wanted if all_of_them else telling(wanted)
    for values in chosen.order_by("run", "wave", "prod__name", "position").values(*_FIELDS):
        row = StepRow(**{**values, "reason": reason_from_json(values["reason"])})
        rows[row.run_id].append(row)
    return rows


def with_progress(rows: QuerySet[Run]) -> QuerySet[Any]:
    """`rows` with what `run_line` reads: a Run has thousands of steps, and its line needs none of them."""
    deleting = Q(steps__kind="delete_objects")
    return rows.select_related(*RUN_LINE).annotate(
        steps_all=Count("steps"),
        steps_left=Count("steps", filter=_LEFT),
        wave_left=Min("steps__wave", filter=_LEFT),
        waves=Max("steps__wave"),
        disturbed=Count("steps", filter=_BEGUN & Q(steps__kind__in=DISTURBING)),
        deleted=Count("steps", filter=_BEGUN & deleting),
    )


def run_line(run: Any, role: str) -> RunLine:
    """`run`, as of `with_progress`, in one line, as `role` sees it."""
    waves, over = run.waves or 0, run.steps_all - run.steps_left
    undone = run.kind in UNDONE and run.disturbed and not run.deleted
    return RunLine(
        id=run.pk,
        kind=run.kind,
        title=run_title(run),
        mark=RUN_MARKS[RunState(run.state)],
        reason=reason_from_json(run.reason),
        since=run.since,
        author=run.author.get_username() if run.author else "Drover",
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        wave=waves if run.wave_left is None else run.wave_left,
        waves=waves,
        percent=round(100 * over / run.steps_all) if run.steps_all else 0,
        may_roll_back=bool(undone) and allows(role, "run.rollback"),
    )


def preempted(runs: Iterable[Run]) -> tuple[Preempted, ...]:
    """These releases by name. Each has its Version and Blueprint."""
    return tuple(Preempted(run.pk, run_title(run)) for run in runs)


def run_title(run: Run) -> str:
    """What it brings: `shop v1.1.0`; of a rollback what it takes back: `shop, back from v1.1.0`; of a run
    that is about some Prods, which; of one that moves users, of which Cluster or Prod."""
    if run.rollback_of and run.rollback_of.version:
        names = {"blueprint": run.blueprint.name, "version": run.rollback_of.version.name}
        return _("%(blueprint)s, back from %(version)s") % names
    prods = ", ".join(prod["name"] for wave in run.plan["waves"] for prod in wave["prods"])
    if run.kind in OF_PRODS:
        return prods
    if run.kind in MOVES_USERS and PROD in run.strategy:
        return _("Prod %s") % run.strategy[PROD]
    if run.kind in MOVES_USERS:
        return _("cluster %s") % run.strategy.get("cluster", prods)
    if run.rollback_of:
        return _("%(prods)s, as it was before") % {"prods": prods}
    version = run.version.name if run.version else ""
    return f"{run.blueprint.name} {version}".strip()
