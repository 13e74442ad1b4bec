"""Failing over without a person: only dead Clusters, only what a person has switched on, only what is sure.

Called when the signals of a Cluster have changed its state, and by the tick. May run in many places at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.retrying import retried
from releases.actions.failover import locked_cluster, set_intent
from releases.actions.runs import create_run
from releases.core.automation import Switches, down, idle_reasons, sure_places, without_people
from releases.core.moving import touched
from releases.core.plan import Plan
from releases.core.states import RunKind
from releases.failover_preview import leaving_plan
from releases.fleet import fleet_facts, taken_back
from releases.models import AutoFailover, Run
from releases.switches import read_switches, take_turn
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.core.detect import API, DIRECT
from traffic.core.failover import plan_failover
from traffic.core.plan import Left, TrafficPlan
from traffic.engine.shifting import lock_routes
from traffic.models import RouteEpoch, RouteMember
from traffic.queries.facts import read_facts
from traffic.queries.liveness import Alive, read_liveness, states_of

from .preempting import preempt, releases_rest
from .traffic import carry_out

KIND = "auto-failover"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AutoPlan:
    """What would be done without a person for one Cluster, the Prods that it touches, and the Routes that are left for
    one."""

    plan: Plan
    traffic: TrafficPlan
    left: tuple[Left, ...]
    touched: frozenset[str]


def fail_over_dead() -> int:
    """Start a failover of every Cluster that is down, where nothing stands against it. Returns how many."""
    if not AutoFailover.objects.filter(on=True).exists():
        return 0
    alive, switches = read_liveness(timezone.now()), read_switches()
    if idle_reasons(switches, states_of(alive)):
        return 0
    dead = [name for name in down(states_of(alive)) if _anybody_left(name, switches)]
    # Who cannot be moved may stay for days: locks are for a failover that there is something to do for.
    able = [name for name in dead if plan_alone(alive[name], states_of(alive), switches).plan.waves]
    return sum(_fail_over(name) is not None for name in able)


def _anybody_left(cluster: str, switches: Switches) -> bool:
    """Whether the Cluster is still to serve somebody who may be moved: it may stay dead for days."""
    serving = RouteMember.objects.filter(prod__cluster__name=cluster, weight__gt=0)
    return serving.filter(route__redundancy__in=switches.classes).exists()


@retried
def _fail_over(cluster: str) -> Run | None:
    """The Run; None if something stands against it after all, or if nobody can be moved."""
    try:
        with transaction.atomic():
            take_turn()
            releases_rest()
            row, now = locked_cluster(cluster), timezone.now()
            one_at_a_time(ROOM)
            alive, switches = read_liveness(now), read_switches()
            if idle_reasons(switches, states_of(alive)) or cluster not in down(states_of(alive)):
                return None
            lock_routes(Prod.objects.filter(cluster=row).values_list("pk", flat=True))
            wanted = plan_alone(alive[cluster], states_of(alive), switches)
            return _start(row, wanted, alive[cluster], now) if wanted.plan.waves else None
    except Refused as refused:  # a Prod is gone meanwhile: the next tick plans anew
        log.warning("failover-refused", cluster=cluster, reasons=[one.code for one in refused.reasons])
        return None


def plan_alone(alive: Alive, states: Mapping[str, str], switches: Switches) -> AutoPlan:
    """What is done for a Cluster that is down if nothing stands against it."""
    fleet, facts = fleet_facts(), sure_places(read_facts(urgent=True, back=taken_back()), states)
    whole = plan_failover(facts, clusters=[alive.cluster])
    by_hand = _moved_by_hand(alive.since)
    traffic, left = without_people(whole, facts.routes, switches.classes, by_hand)
    prods = [prod.name for prod in fleet.prods if prod.cluster == alive.cluster]
    plan = leaving_plan(RunKind.FAILOVER, traffic, fleet, prods)
    plan = replace(plan, staying=(*plan.staying, *left))
    return AutoPlan(plan, traffic, left, touched(traffic, prods, fleet))


def _moved_by_hand(since: datetime | None) -> set[str]:
    """The Routes whose weights are a person's since then: people outrank automation. Whoever only changes who is on a
    Route, and so gives it an epoch, has said nothing about where it is served."""
    if since is None:
        return set()
    older = RouteEpoch.objects.filter(route=OuterRef("route"), epoch__lt=OuterRef("epoch")).order_by("-epoch")
    rows = RouteEpoch.objects.filter(at__gte=since).annotate(before=Subquery(older.values("weights")[:1]))
    moved = rows.exclude(before=F("weights")).order_by("epoch").values_list("route__name", "actor")
    return {route for route, actor in dict(moved).items() if actor is not None}


def _start(row: Cluster, wanted: AutoPlan, alive: Alive, now: datetime) -> Run:
    run = create_run(None, wanted.plan, now, strategy={"cluster": row.name, "automatic": True}, version=None)
    why = because("cluster-left-alone", cluster=row.name)
    carry_out(wanted.traffic.moves, why, now, run.pk)
    preempt(wanted.touched, run, now, None)
    set_intent(None, row, Cluster.Intent.DRAINING, run, why)
    record([_told(run, row.name, now, reason) for reason in _reasons(wanted, alive)])
    return run


def _reasons(wanted: AutoPlan, alive: Alive) -> tuple[Reason, ...]:
    """What it acted on, and whom it left for a person."""
    seconds = dict(alive.why.params).get("seconds", 0) if alive.why else 0
    acted = because("failed-over-alone", cluster=alive.cluster, signals=f"{API}, {DIRECT}", seconds=seconds)
    if not wanted.left:
        return (acted,)
    routes = sorted(one.route for one in wanted.left)
    tenants = sum(one.tenants for one in wanted.left)
    names = ", ".join(routes[:10])
    return (acted, because("left-for-a-person", count=len(routes), routes=names, tenants=tenants))


def _told(run: Run, cluster: str, now: datetime, reason: Reason):  # type: ignore[no-untyped-def]
    return event(now, KIND, run_id=run.pk, cluster=cluster, reason=reason)
