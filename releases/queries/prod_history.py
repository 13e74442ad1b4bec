"""What ran on one Prod when: its Runs, the newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise

from clusters.core.yaml_text import dump_document
from clusters.models import Overrides, Prod
from releases.core.states import STEP_SEVERITY, RunKind, RunState, StepState
from releases.marks import RUN_MARKS, RUN_NAMES, STEP_MARKS, Mark
from releases.models import Run, Step

MOST_RUNS = 20
MOST_REVISIONS = 10


@dataclass(frozen=True, slots=True)
class Ran:
    """A Run as this Prod met it: what it was to have, how it ended here, and how long that took."""

    run: int
    kind: str | Promise
    version: str
    overrides: int | None
    mark: Mark
    run_mark: Mark
    author: str
    started_at: datetime | None
    took: timedelta | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of the Prod's overrides, as YAML (empty: nothing of its own)."""

    number: int
    created_at: datetime
    text: str
    asked: bool
    settled: bool


def read_history(prod: Prod) -> tuple[Ran, ...]:
    """The Runs that have or had `prod`. Two queries."""
    mine = Step.objects.filter(prod=prod).values("run")
    runs = list(Run.objects.filter(pk__in=mine).select_related("author").order_by("-pk")[:MOST_RUNS])
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.filter(prod=prod, run__in=runs).order_by("position"):
        steps[step.run_id].append(step)
    return tuple(_ran(run, steps[run.pk]) for run in runs)


def _ran(run: Run, steps: Sequence[Step]) -> Ran:
    asked: dict[str, Any] = next((step.params for step in steps if step.kind == "set_version"), {})
    starts = [step.started_at for step in steps if step.started_at]
    ends = [step.finished_at for step in steps if step.finished_at]
    over = len(ends) == len(steps)
    return Ran(
        run=run.pk,
        kind=RUN_NAMES[RunKind(run.kind)],
        version=str(asked.get("version", "")),
        overrides=asked.get("overrides_revision"),
        mark=STEP_MARKS[_worst({step.state for step in steps})],
        run_mark=RUN_MARKS[RunState(run.state)],
        author=run.author.get_username() if run.author else "Drover",
        started_at=min(starts, default=None),
        took=max(ends) - min(starts) if over and starts else None,
    )


def _worst(states: set[str]) -> StepState:
    return next((state for state in STEP_SEVERITY if state in states), StepState.SUCCEEDED)


def read_revisions(prod: Prod) -> tuple[Revision, ...]:
    """The newest revisions of its overrides. One query."""
    rows = Overrides.objects.filter(prod=prod).order_by("-number")[:MOST_REVISIONS]
    return tuple(
        Revision(
            number=row.number,
            created_at=row.created_at,
            text=overrides_text(row.content),
            asked=row.number == prod.overrides_revision,
            settled=row.number == prod.settled_overrides_revision,
        )
        for row in rows
    )


def overrides_text(content: dict[str, object]) -> str:
    """Overrides as YAML, only the parts that say something; empty for none."""
    told = {name: value for name, value in content.items() if value}
    return dump_document(told) if told else ""
