"""A Cluster that is up again while its users are still being taken away: what was not done yet is not done."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.log import event, record
from journal.models import Event
from releases.actions.failover import locked_cluster, reopen
from releases.core.states import RUN_LIVE, STEP_ENDED, RunKind, RunState, StepState
from releases.fleet import read_freeze
from releases.models import Run, Step, Wake
from releases.switches import read_stop, take_turn
from traffic.core.detect import UP
from traffic.engine.shifting import shift
from traffic.models import RouteEpoch
from traffic.queries.liveness import Alive, read_liveness

LIVE = [state.value for state in RUN_LIVE]


def cancel_unmade() -> int:
    """End every failover whose Cluster has come up since it began: Routes that no router shows moved get back the
    weights they had; the others stay moved until a failback. Returns how many were ended. May run in many places
    at once."""
    live = Run.objects.filter(kind=RunKind.FAILOVER, state__in=LIVE).order_by("pk")
    runs = list(live.only("started_at", "strategy"))
    if not runs:
        return 0
    alive = read_liveness(timezone.now())
    return sum(_cancel(run.pk) for run in runs if _is_back(run, alive))


def _is_back(run: Run, alive: Mapping[str, Alive]) -> bool:
    """Whether its Cluster has come up since: one that was up all the time was failed over for another reason."""
    one = alive.get(run.strategy.get("cluster", ""))
    if one is None or one.state != UP or one.since is None or run.started_at is None:
        return False
    return one.since > run.started_at


def _cancel(run_id: int) -> bool:
    try:
        with transaction.atomic():
            take_turn()
            run = Run.objects.select_for_update(of=("self",)).filter(pk=run_id, state__in=LIVE).first()
            now = timezone.now()
            if run is None or read_stop() or read_freeze() or not _is_back(run, read_liveness(now)):
                return False
            return _cancelled(run, now)
    except Refused:  # a Prod that served then is gone: the move stands, and the Run goes on
        return False


def _cancelled(run: Run, now: datetime) -> bool:
    cluster = locked_cluster(run.strategy["cluster"])
    changes = _unmade(run)
    if not changes:
        return False
    kept = _mine(run).count() - len(changes)
    why = because("source-is-back", cluster=cluster.name, cancelled=len(changes), kept=kept)
    shift(changes, why, now, run_id=run.pk)
    if not kept:
        reopen(None, cluster, run, why)
    record(_ended(run, why, now))
    return True


def _mine(run: Run):  # type: ignore[no-untyped-def]
    """The epochs that this Run gave to Routes and that are still the newest."""
    return RouteEpoch.objects.filter(run_id=run.pk, epoch=F("route__epoch"))


def _unmade(run: Run) -> dict[int, Mapping[str, int]]:
    """Route id -> the weights before this Run, of those that no router shows moved. A Route that none publishes
    has moved: its rows are all there is. One without a history stays moved."""
    shown = Q(route__publications__epoch__gte=F("epoch")) | Q(route__publications__isnull=True)
    pending = _mine(run).exclude(pk__in=_mine(run).filter(shown).values("pk"))
    found: dict[int, Mapping[str, int]] = {}
    for moved in pending:
        before = RouteEpoch.objects.filter(route=moved.route_id, epoch__lt=moved.epoch).order_by("-epoch")
        if (last := before.first()) is not None:
            found[moved.route_id] = {**dict.fromkeys(moved.weights, 0), **last.weights}
    return found


def _ended(run: Run, why: Reason, now: datetime) -> list[Event]:
    """The Events of the Run's end, which this writes."""
    told, reason = [], reason_to_json(why)
    left = Step.objects.filter(run=run).exclude(state__in=[state.value for state in STEP_ENDED])
    for step in left.select_related("prod").select_for_update(of=("self",)):
        fields = {"run_id": run.pk, "step_id": step.pk, "prod": step.prod.name if step.prod else ""}
        told.append(event(now, f"step.{step.kind}", **fields, moved=(step.state, "aborted"), reason=why))
    left.update(state=StepState.ABORTED, reason=reason, since=now, finished_at=now, due_at=None)
    state = RunState.ABORTED
    Run.objects.filter(pk=run.pk).update(state=state, reason=reason, since=now, finished_at=now)
    Wake.objects.filter(run=run).update(due_at=None)
    return [*told, event(now, "run", run_id=run.pk, moved=(run.state, state), reason=why)]
