"""Taking a Prod's Routes out, so that no other member may leave, and giving them back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from clusters.facts import is_emptied, prod_health
from clusters.models import Prod
from journal.core.reasons import Reason, within
from journal.log import record
from journal.retrying import retried
from releases.core.kinds import KINDS
from releases.core.states import RUN_ENDED, STEP_ENDED
from releases.models import Run, Step
from releases.switches import read_stop, take_turn
from traffic.engine.shifting import lock_routes
from traffic.models import Route, RouteMember, RouteOut
from traffic.queries.line import read_freeze

from . import traffic
from .wake import wake_for_prods

# A write that was on its way when its step ended has landed by then.
SETTLING = timedelta(seconds=max(kind.lease_s for kind in KINDS.values()))


def take_routes(run_id: int, prod_id: int, names: tuple[str, ...]) -> bool:
    """Whether every Route in `names` is now out for this Prod and Run. False: nothing was taken.

    What an earlier Run has left out for the same Prod is taken over. Inserts in name order, so that two
    Runs cannot wait for each other in a circle.
    """
    try:
        with transaction.atomic():
            ours = RouteOut.objects.filter(route__name__in=names, prod=prod_id)
            ours.update(run_id=run_id)
            have = set(ours.values_list("route", flat=True))
            for route in Route.objects.filter(name__in=names).exclude(pk__in=have).order_by("name"):
                RouteOut.objects.create(route=route, prod_id=prod_id, run_id=run_id)
    except IntegrityError:
        return False
    return True


def give_back(run_id: int, prod_id: int) -> None:
    """The Prod's Routes may lose another member again, and who waits for that looks. Already so is fine."""
    if RouteOut.objects.filter(run_id=run_id, prod=prod_id).delete()[0]:
        wake_for_prods([prod_id])


@retried
def release_idle_routes() -> int:
    """Give back what nobody works on any more, once its Prod is seen healthy. Returns how many.

    Seen after the last step ended, and a lease later: an Observation from before says nothing. Users who come back to
    such a Prod do so without a person, so while automation or the line is stopped it stays out.
    """
    now = timezone.now()
    idle, prods = _read_idle(now)
    if not idle:
        return 0
    back = _coming_back(prods[out.prod_id] for out in idle)
    with transaction.atomic():
        if back:
            take_turn()
            lock_routes(back)
            idle, prods = _read_idle(now)  # a Run may have begun one of them until we had its Routes
            coming = _coming_back(prods[out.prod_id] for out in idle)
            back = set() if read_stop() or read_freeze() else coming & back
            idle = [out for out in idle if out.prod_id in back or out.prod_id not in coming]
        for prod_id in sorted(back):
            record(traffic.take_back(prods[prod_id], None, now))
        return _free(idle)


def _free(idle: Iterable[RouteOut]) -> int:
    """How many are no longer out, of those that no other Run has taken over meanwhile; who waits for them looks."""
    outs: dict[int, list[RouteOut]] = defaultdict(list)
    for out in idle:
        outs[out.run_id].append(out)
    gone = 0
    for run, mine in sorted(outs.items()):
        gone += RouteOut.objects.filter(pk__in=[out.pk for out in mine], run_id=run).delete()[0]
    if gone:
        wake_for_prods(sorted({out.prod_id for mine in outs.values() for out in mine}))
    return gone


def read_kept_out(now: datetime) -> dict[int, Reason]:
    """Prod id -> why users whom a Run has left elsewhere do not come back to it by themselves, though nothing else stands
    against it: the line or automation is stopped. A constant number of queries."""
    why = next((one for one in (read_freeze(), *read_stop()) if one), None)
    if why is None:
        return {}
    idle, prods = _read_idle(now)
    back = _coming_back(prods[out.prod_id] for out in idle)
    return {out.prod_id: within("kept-out", why, run=out.run_id) for out in idle if out.prod_id in back}


def _read_idle(now: datetime) -> tuple[list[RouteOut], dict[int, Prod]]:
    """What nobody works on any more and whose Prod was seen healthy since, and these Prods by id."""
    outs = list(RouteOut.objects.order_by("pk"))
    if not outs:
        return [], {}
    prods = Prod.objects.select_related("cluster", "observation", "version__revision").in_bulk(
        {out.prod_id for out in outs}
    )
    ends = _ends({out.run_id for out in outs})
    idle = [out for out in outs if _is_idle(prods[out.prod_id], ends.get((out.run_id, out.prod_id)), now)]
    return idle, prods


def _coming_back(prods: Iterable[Prod]) -> set[int]:
    """Ids of those that users come back to: what a Run drained and left, if it is as before. One that has got something
    unproven stays out of the way until a person or another Run decides."""
    as_before = [
        prod.pk
        for prod in prods
        if (prod.version_id, prod.overrides_revision)
        == (prod.settled_version_id, prod.settled_overrides_revision)
        and not is_emptied(prod)
    ]
    away = RouteMember.objects.filter(prod__in=as_before, target__gt=0).exclude(weight=F("target"))
    return set(away.values_list("prod", flat=True))


def _ends(run_ids: set[int]) -> dict[tuple[int, int], datetime]:
    """(Run, Prod) -> when its last step ended, for those that nothing is left to do for."""
    ended = set(
        Run.objects.filter(pk__in=run_ids, state__in=[state.value for state in RUN_ENDED]).values_list(
            "pk", flat=True
        )
    )
    open_steps = Count("pk", filter=~Q(state__in=[state.value for state in STEP_ENDED]))
    rows = Step.objects.filter(run__in=run_ids, prod__isnull=False).values("run", "prod")
    told = rows.annotate(last=Max("finished_at"), open=open_steps, run_end=Max("run__finished_at"))
    return {
        (row["run"], row["prod"]): max(at for at in (row["last"], row["run_end"]) if at)
        for row in told
        if (row["run"] in ended or not row["open"]) and (row["last"] or row["run_end"])
    }


def _is_idle(prod: Prod, ended_at: datetime | None, now: datetime) -> bool:
    if ended_at is None or prod_health(prod, now) != "ready":
        return False
    return prod.observation.observed_at > ended_at + SETTLING
