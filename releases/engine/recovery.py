"""A Cluster that is up again while its users are still being taken away: what was not done yet is not done."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from journal.core.reasons import Refused, because
from journal.retrying import retried
from releases.actions.failover import locked_cluster, reopen
from releases.core.states import RUN_LIVE, RunKind
from releases.models import Run
from releases.switches import read_stop, take_turn
from traffic.core.detect import UP
from traffic.queries.line import read_freeze
from traffic.queries.liveness import Alive, read_liveness

from .unmade import kept, lock_moved, take_back, unmade

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


@retried
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
    lock_moved(run)
    changes = unmade(run)
    if not changes:
        return False
    stay = kept(run, changes)
    why = because("source-is-back", cluster=cluster.name, cancelled=len(changes), kept=stay)
    take_back(run, changes, why, now)
    if not stay:
        reopen(None, cluster, run, why)
    return True
