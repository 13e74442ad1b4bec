"""Moves of a Run out of a Cluster that no router shows yet, and taking them back."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Subquery

from access.models import Person
from clusters.models import Cluster
from journal.core.reasons import Reason, because, reason_to_json
from journal.log import event, record
from journal.models import Event
from releases.core.states import RUN_LIVE, STEP_ENDED, RunKind, RunState, StepState
from releases.models import Run, Step, Wake
from traffic.engine.shifting import lock_these, shift
from traffic.models import RouteEpoch

LEAVING = (RunKind.FAILOVER, RunKind.EVACUATION)
Changes = dict[int, Mapping[str, int]]


def leaving_runs():  # type: ignore[no-untyped-def]
    """The Runs under way that take users out of Clusters, the newest last."""
    live = [state.value for state in RUN_LIVE]
    return Run.objects.filter(kind__in=LEAVING, state__in=live).order_by("pk")


def unanswered(cluster: Cluster) -> tuple[Reason, ...]:
    """Why nobody may be led back to the Cluster now."""
    if cluster.health == Cluster.Health.UNREACHABLE:
        return (because("cluster-unreachable", cluster=cluster.name),)
    return ()


def unmade(run: Run) -> Changes:
    """Route id -> the weights before this Run, of those that no router shows moved. A Route that none publishes
    has moved: its rows are all there is. One without a history stays moved."""
    shown = Q(route__publications__epoch__gte=F("epoch")) | Q(route__publications__isnull=True)
    pending = _mine(run).exclude(pk__in=_mine(run).filter(shown).values("pk"))
    older = RouteEpoch.objects.filter(route=OuterRef("route"), epoch__lt=OuterRef("epoch")).order_by("-epoch")
    rows = pending.annotate(before=Subquery(older.values("weights")[:1]))
    return {
        row.route_id: {**dict.fromkeys(row.weights, 0), **row.before}
        for row in rows
        if row.before is not None
    }


def lock_moved(run: Run) -> None:
    """Until the transaction ends nobody else moves the Routes that this Run has moved."""
    lock_these(RouteEpoch.objects.filter(run_id=run.pk).values("route"))


def kept(run: Run, changes: Changes) -> int:
    """How many Routes stay moved if `changes` are taken back."""
    return _mine(run).count() - len(changes)


def take_back(run: Run, changes: Changes, why: Reason, now: datetime, actor: Person | None = None) -> None:
    """The locked Run ends, and these Routes have the weights that they had. Raises Refused where a Prod that served
    then is gone."""
    shift(changes, why, now, run_id=run.pk, actor=actor)
    record(_ended(run, why, now, actor))


def _mine(run: Run):  # type: ignore[no-untyped-def]
    """The last epochs that this Run gave to Routes whose weights are still those: whoever changes only who is on a Route
    gives it a newer epoch with the same."""
    later = RouteEpoch.objects.filter(route=OuterRef("route"), epoch__gt=OuterRef("epoch"))
    another = later.exclude(weights=OuterRef("weights"))
    mine = RouteEpoch.objects.filter(~Exists(another), run_id=run.pk)
    return mine.filter(~Exists(later.filter(run_id=run.pk)))


def _ended(run: Run, why: Reason, now: datetime, actor: Person | None) -> list[Event]:
    """The Events of the Run's end, which this writes."""
    told, reason = [], reason_to_json(why)
    left = Step.objects.filter(run=run).exclude(state__in=[state.value for state in STEP_ENDED])
    for step in left.select_related("prod").select_for_update(of=("self",)):
        fields = {"run_id": run.pk, "step_id": step.pk, "prod": step.prod.name if step.prod else ""}
        moved = (step.state, "aborted")
        told.append(event(now, f"step.{step.kind}", actor=actor, **fields, moved=moved, reason=why))
    left.update(state=StepState.ABORTED, reason=reason, since=now, finished_at=now, due_at=None)
    state = RunState.ABORTED
    Run.objects.filter(pk=run.pk).update(state=state, reason=reason, since=now, finished_at=now)
    Wake.objects.filter(run=run).update(due_at=None)
    return [*told, event(now, "run", actor=actor, run_id=run.pk, moved=(run.state, state), reason=why)]
