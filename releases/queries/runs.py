"""The list of Runs, and one Run with its waves, its log and what can be done to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from access.models import Person
from clusters.models import Prod
from journal.core.reasons import Reason, because
from releases.core.plan import Plan
from releases.core.plan_json import plan_from_json
from releases.core.states import MOVES_USERS, RUN_LIVE, RunKind, RunState
from releases.models import Hold, Run
from releases.outlook import looks_ahead, read_outlook
from releases.preview import RollbackPreview, preview_rollback
from releases.touched import Seen, read_seen
from traffic.core.survival import CLUSTER, PROD
from traffic.models import Route

from .ahead import Ahead
from .choices import Choice, read_choices
from .happened import Happening, read_happened
from .progress import Preempted, RunLine, preempted, read_steps, run_line, with_progress
from .publishing import RouterLine, read_routers
from .shares import NOBODY, Served, Share, percent_words, percents, read_served
from .waves import WaveColumn, wave_columns

MOST_LISTED = 50
LEAVES = MOVES_USERS - {RunKind.FAILBACK}


@dataclass(frozen=True, slots=True)
class RunsPage:
    """The newest Runs; `before` is where the next page begins, None at the end."""

    runs: tuple[RunLine, ...]
    before: int | None


def read_runs(role: str, before: int | None = None) -> RunsPage:
    """The newest Runs, those older than number `before`. Three queries."""
    rows = Run.objects.order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    newest = rows[: MOST_LISTED + 1].values("pk")  # so that the steps of older ones are not counted
    runs = list(with_progress(Run.objects.filter(pk__in=newest)).order_by("-pk"))
    lines = tuple(run_line(run, role) for run in runs[:MOST_LISTED])
    return RunsPage(lines, lines[-1].id if len(runs) > MOST_LISTED else None)


@dataclass(frozen=True, slots=True)
class Undo:
    """What a rollback would do now, with its users in words and what it goes back to. `of_version`: the Run
    brought a Version, which would be vetoed; `preempts` the releases that it takes Prods over from."""

    run: int
    preview: RollbackPreview
    users: str
    targets: tuple[str, ...]
    of_version: bool = True
    preempts: tuple[Preempted, ...] = ()

    @property
    def may(self) -> bool:
        """Whether it would be carried out."""
        return not self.preview.reasons

    @property
    def staying(self) -> int:
        """Tenants that cannot be sent away before their Prod is deployed again."""
        return sum(one.tenants for one in self.preview.staying)


@dataclass(frozen=True, slots=True)
class RunPage:
    """All of one Run. `took` is None while it is under way. `routers` publish the Routes that it has moved;
    `emptied` is the Cluster or Prod that its users left (empty: it is no failover and no evacuation); `ahead` what
    becomes of the way back with the waves to come; `preempted_by` the Run that has moved users since, so that what has not
    begun waits to be judged anew."""

    run: RunLine
    live: bool
    version_vetoed: str
    plan: Plan
    strategy: dict[str, object]
    bar: tuple[Share, ...]
    waves: tuple[WaveColumn, ...]
    took: timedelta | None
    happened: tuple[Happening, ...]
    choices: tuple[Choice, ...]
    undo: Undo
    undo_reasons: tuple[Reason, ...]
    rolled_back_by: int | None
    rollback_of: int | None
    routers: tuple[RouterLine, ...]
    emptied: str
    ahead: Ahead
    preempted_by: int | None

    @property
    def preempted(self) -> Reason | None:
        """That it was, while the Run is about something else that it has begun; None: it was not, or rests for that."""
        told = because("pre-empted", run=self.preempted_by) if self.preempted_by and self.live else None
        return None if told == self.run.reason else told


def read_run(run_id: int, person: Person) -> RunPage:
    """The Run as `person` sees it; 404 if there is none. A constant number of queries."""
    rows = with_progress(Run.objects.all())
    run = get_object_or_404(rows, pk=run_id)
    plan = plan_from_json(run.plan)
    steps = read_steps([run])[run.pk]
    names = dict(Prod.objects.filter(name__in=_planned(plan)).values_list("pk", "name"))
    held = set(Hold.objects.filter(lifted_at=None, prod__in=names).values_list("prod__name", flat=True))
    served = read_served()
    back_of = run.rollback_of
    leaving = back_of.version.name if back_of and back_of.version else ""
    seen = read_seen(run) if looks_ahead(run) else None
    ahead = Ahead(read_outlook(run, seen) if seen else ())
    waves = wave_columns(plan, steps, names, held, RunState(run.state), leaving, ahead.waves)
    choices = read_choices(run, steps, names, person)
    return RunPage(
        run=run_line(run, person.acting_role),
        live=run.state in RUN_LIVE,
        version_vetoed=run.version.veto_reason if run.version else "",
        plan=plan,
        strategy=run.strategy,
        bar=wave_bar(waves, served),
        waves=waves,
        took=run.finished_at - run.started_at if run.finished_at and run.started_at else None,
        happened=read_happened(run_id=run.pk),
        choices=choices,
        undo=read_undo(run, served, seen),
        undo_reasons=next(choice.reasons for choice in choices if choice.verb == "rollback"),
        rolled_back_by=run.rollbacks.order_by("-pk").values_list("pk", flat=True).first(),
        rollback_of=run.rollback_of_id,
        routers=read_routers(Route.objects.filter(epochs__run_id=run.pk).distinct()),
        emptied=str(run.strategy.get(CLUSTER) or run.strategy.get(PROD, "")) if run.kind in LEAVES else "",
        ahead=ahead,
        preempted_by=run.preempted_by_id,
    )


def _planned(plan: Plan) -> list[str]:
    return [prod.name for wave in plan.waves for prod in wave.prods]


def read_undo(run: Run, served: dict[str, Served], seen: Seen | None = None) -> Undo:
    """What the red button would do. `seen`: what it goes by, where that was read already."""
    preview = preview_rollback(run, seen)
    users = {name: one.users for name, one in served.items()}
    whole = sum(users.values())
    moved = sum(users.get(name, 0) for name, _ in preview.moves)
    targets = tuple(sorted({version for _, version in preview.moves}))
    if run.version_id is None:
        targets = (pgettext("back to", "what it was before"),)
    share = percent_words(100 * moved / whole if whole else 0)
    return Undo(run.pk, preview, share, targets, run.version_id is not None, preempted(preview.preempts))


def wave_bar(waves: Sequence[WaveColumn], served: dict[str, Served]) -> tuple[Share, ...]:
    """The waves by their share of the Run's users, coloured by their state."""
    users = {
        str(wave.number): sum(served.get(prod.name, NOBODY).users for prod in wave.prods)
        for wave in waves
        if not wave.beside
    }
    labels = {str(wave.number): wave for wave in waves}
    return tuple(
        Share(
            kind=f"part {labels[key].mark.tone}",
            label=_("wave %(number)s · %(share)s") % {"number": key, "share": percent_words(percent)},
            percent=percent,
            users=users[key],
        )
        for key, percent in (percents(users, users) if users else ())
    )
