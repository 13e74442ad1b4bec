"""What would become of a Cluster's users: the same values that are then carried out."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from clusters.facts import read_prods
from clusters.models import Cluster
from journal.core.reasons import Reason, Refused, because
from releases.core.blockers import blockers
from releases.core.facts import FleetFacts
from releases.core.moving import plan_coming_back, plan_leaving
from releases.core.plan import Plan
from releases.core.states import RunKind
from traffic.core.failback import plan_failback
from traffic.core.failover import plan_evacuation, plan_failover
from traffic.core.plan import Left, TrafficPlan
from traffic.queries.facts import read_facts

from .fleet import fleet_facts, taken_back


@dataclass(frozen=True, slots=True)
class MovePreview:
    """A move of users as it would run: who goes where, who stays, waits and is lost; why it cannot start."""

    cluster: str
    plan: Plan
    traffic: TrafficPlan
    reasons: tuple[Reason, ...]


def preview_leaving(cluster: str) -> MovePreview:
    """A failover of `cluster` if it does not answer, else its evacuation. Raises Refused for an unknown one."""
    row, prods = _known(cluster), read_prods()
    fleet, facts = fleet_facts(prods=prods), read_facts(urgent=True, prods=prods, back=taken_back())
    dead = row.health == Cluster.Health.UNREACHABLE
    traffic = (plan_failover if dead else plan_evacuation)(facts, clusters=[cluster])
    kind = RunKind.FAILOVER if dead else RunKind.EVACUATION
    plan = leaving_plan(kind, traffic, fleet, cluster)
    nobody = "nobody-can-move" if traffic.staying or traffic.lost or traffic.waiting else "nothing-to-move"
    nothing = () if plan.waves else (because(nobody, cluster=cluster),)
    return MovePreview(cluster, plan, traffic, nothing)


def leaving_plan(kind: RunKind, traffic: TrafficPlan, fleet: FleetFacts, cluster: str) -> Plan:
    """The Plan that takes the users of `cluster` where `traffic` says."""
    return _of_blueprint(plan_leaving(kind, traffic, fleet), fleet, cluster)


def preview_failback(cluster: str) -> MovePreview:
    """The way back of all Routes that have a Prod of `cluster`. Raises Refused for an unknown one."""
    row, fleet, now = _known(cluster), fleet_facts(), timezone.now()
    prods = [prod.name for prod in fleet.prods if prod.cluster == cluster]
    traffic = _without_writers(plan_failback(read_facts(), prods))
    plan = plan_coming_back(traffic, fleet, settings.RAMP_WATCH_S)
    plan = _of_blueprint(plan, fleet, cluster)
    nothing = () if plan.waves else (because("nothing-to-bring-back"),)
    stops = tuple(blocker.reason for blocker in blockers(plan, fleet)) if plan.waves else ()
    return MovePreview(cluster, plan, traffic, (*nothing, *unstable_reasons(row, now), *stops))


def _without_writers(traffic: TrafficPlan) -> TrafficPlan:
    """A ramp would have two Prods serve one writer: these Routes are for a person to move."""
    why = because("writer-comes-back-by-hand")
    writers = {
        move.route: Left(move.route, move.tenants, move.load, why) for move in traffic.moves if move.fence
    }
    moves = tuple(move for move in traffic.moves if not move.fence)
    return replace(traffic, moves=moves, staying=(*traffic.staying, *writers.values()))


def _known(cluster: str) -> Cluster:
    row = Cluster.objects.filter(name=cluster).first()
    if row is None:
        raise Refused(because("no-such-cluster", cluster=cluster))
    return row


def _of_blueprint(plan: Plan, fleet: FleetFacts, cluster: str) -> Plan:
    """A Run belongs to a Blueprint; a move of users may concern several, and goes by the first."""
    names = sorted(prod.blueprint for prod in fleet.prods if prod.cluster == cluster)
    return replace(plan, blueprint=names[0] if names else "")


def unstable_reasons(cluster: Cluster, now: datetime) -> tuple[Reason, ...]:
    """Why users must not come back to `cluster` yet: it has to have answered for a while."""
    if cluster.health != Cluster.Health.HEALTHY:
        return (because("cluster-unreachable", cluster=cluster.name),)
    for_s, needs_s = int((now - cluster.health_since).total_seconds()), settings.STABILISATION_S
    if for_s >= needs_s:
        return ()
    return (because("not-stable-yet", cluster=cluster.name, for_s=for_s, needs_s=needs_s),)
