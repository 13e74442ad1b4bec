"""What would become of the users of a Cluster, or of one Prod: the same values that are then carried out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from clusters.facts import EMPTYING, prod_health
from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, Refused, because
from releases.core.blockers import blockers
from releases.core.facts import FleetFacts
from releases.core.moving import plan_coming_back, plan_leaving, touched
from releases.core.plan import Plan
from releases.core.states import RunKind
from releases.engine.preempting import releases_over
from releases.models import Run
from traffic.core.failback import plan_failback
from traffic.core.failover import plan_evacuation, plan_failover
from traffic.core.plan import Left, TrafficPlan
from traffic.core.survival import CLUSTER, PROD
from traffic.queries.facts import read_facts

from .fleet import read_fleet, taken_back

BY_HAND = "writer-comes-back-by-hand"


@dataclass(frozen=True, slots=True)
class Source:
    """What users leave, and come back to: a Cluster with all its Prods, or one of them (`of` is CLUSTER or PROD).
    `dead`: nobody is served there, as far as is known."""

    of: str
    name: str
    cluster: Cluster
    prods: tuple[Prod, ...]
    dead: bool

    @property
    def names(self) -> list[str]:
        """Of its Prods."""
        return [prod.name for prod in self.prods]


@dataclass(frozen=True, slots=True)
class MovePreview:
    """A move of users as it would run: who goes where, who stays, waits and is lost; why it cannot start; the Prods
    that it touches, and the releases that it pre-empts since they are still to begin one of them."""

    source: Source
    plan: Plan
    traffic: TrafficPlan
    reasons: tuple[Reason, ...]
    touched: frozenset[str] = frozenset()
    preempts: tuple[Run, ...] = ()


def read_source(of: str, name: str, prods: Sequence[Prod]) -> Source:
    """The Cluster or the Prod of this name, of `prods` as of `read_prods`. Raises Refused for an unknown one."""
    if of == PROD:
        found = next((prod for prod in prods if prod.name == name), None)
        if found is None:
            raise Refused(because("no-such-prod", prod=name))
        return Source(PROD, name, found.cluster, (found,), is_dead(found, timezone.now()))
    cluster = Cluster.objects.filter(name=name).first()
    if cluster is None:
        raise Refused(because("no-such-cluster", cluster=name))
    mine = tuple(prod for prod in prods if prod.cluster_id == cluster.pk)
    return Source(CLUSTER, name, cluster, mine, cluster.health == Cluster.Health.UNREACHABLE)


def is_dead(prod: Prod, now: datetime) -> bool:
    """Whether the Prod serves nobody: a component of it has no pod that serves, or its Cluster does not answer. What is
    not known is not taken for dead. Needs what `prod_health` needs."""
    return prod.cluster.health == Cluster.Health.UNREACHABLE or prod_health(prod, now) == "down"


def preview_leaving(name: str, of: str = CLUSTER) -> MovePreview:
    """A failover of the Cluster or Prod if it is dead, else its evacuation. Raises Refused for an unknown one."""
    fleet, prods = read_fleet()
    source = read_source(of, name, prods)
    facts = read_facts(urgent=True, prods=prods, back=taken_back())
    gone = {"prods": [name]} if of == PROD else {"clusters": [name]}
    traffic = (plan_failover if source.dead else plan_evacuation)(facts, **gone)
    kind = RunKind.FAILOVER if source.dead else RunKind.EVACUATION
    plan = leaving_plan(kind, traffic, fleet, source.names)
    nobody = "nobody-can-move" if traffic.staying or traffic.lost or traffic.waiting else "nothing-to-move"
    nothing = () if plan.waves else (because(nobody, name=name),)
    prods_touched = touched(traffic, source.names, fleet)
    over = releases_over(prods_touched).select_related("version", "blueprint")
    return MovePreview(source, plan, traffic, nothing, prods_touched, tuple(over))


def leaving_plan(kind: RunKind, traffic: TrafficPlan, fleet: FleetFacts, prods: Collection[str]) -> Plan:
    """The Plan that takes the users of `prods` where `traffic` says."""
    return _of_blueprint(plan_leaving(kind, traffic, fleet), fleet, prods)


def preview_failback(name: str, of: str = CLUSTER) -> MovePreview:
    """The way back of all Routes that have a Prod of the Cluster, or this Prod. A Prod that was emptied by itself comes
    back by itself. Raises Refused for an unknown one."""
    (fleet, prods), now = read_fleet(), timezone.now()
    source = read_source(of, name, prods)
    emptied = {prod.name for prod in source.prods if prod.lifecycle == Prod.Lifecycle.DRAINING}
    back = source.names if of == PROD else [prod for prod in source.names if prod not in emptied]
    traffic = _without_writers(plan_failback(read_facts(prods=prods), back))
    plan = plan_coming_back(traffic, fleet, settings.RAMP_WATCH_S)
    plan = _of_blueprint(plan, fleet, source.names)
    nothing = () if plan.waves else _nobody(source, traffic, opens=of == PROD and bool(emptied))
    stops = tuple(blocker.reason for blocker in blockers(plan, fleet)) if plan.waves else ()
    return MovePreview(source, plan, traffic, (*nothing, *back_reasons(of, source.cluster, now), *stops))


def _nobody(source: Source, traffic: TrafficPlan, *, opens: bool) -> tuple[Reason, ...]:
    """Why there is nothing to start where nobody comes back. `opens`: the Prod takes users again by it all the same."""
    if any(one.why.code != BY_HAND for one in traffic.staying):
        return (because("nobody-can-come-back", name=source.name),)
    return () if opens else (because("nothing-to-bring-back"),)


def _without_writers(traffic: TrafficPlan) -> TrafficPlan:
    """A ramp would have two Prods serve one writer: these Routes are for a person to move."""
    why = because(BY_HAND)
    writers = {
        move.route: Left(move.route, move.tenants, move.load, why) for move in traffic.moves if move.fence
    }
    moves = tuple(move for move in traffic.moves if not move.fence)
    return replace(traffic, moves=moves, staying=(*traffic.staying, *writers.values()))


def _of_blueprint(plan: Plan, fleet: FleetFacts, prods: Collection[str]) -> Plan:
    """A Run belongs to a Blueprint; a move of users may concern several, and goes by the first."""
    names = sorted(prod.blueprint for prod in fleet.prods if prod.name in prods)
    return replace(plan, blueprint=names[0] if names else "")


def back_reasons(of: str, cluster: Cluster, now: datetime) -> tuple[Reason, ...]:
    """Why users must not come back yet to `cluster`, or to one Prod on it."""
    emptied = of == PROD and cluster.intent in EMPTYING
    too = (because("cluster-emptied-too", cluster=cluster.name),) if emptied else ()
    return (*too, *unstable_reasons(cluster, now))


def unstable_reasons(cluster: Cluster, now: datetime) -> tuple[Reason, ...]:
    """Why users must not come back to `cluster` yet: it has to have answered for a while."""
    if cluster.health != Cluster.Health.HEALTHY:
        return (because("cluster-unreachable", cluster=cluster.name),)
    for_s, needs_s = int((now - cluster.health_since).total_seconds()), settings.STABILISATION_S
    if for_s >= needs_s:
        return ()
    return (because("not-stable-yet", cluster=cluster.name, for_s=for_s, needs_s=needs_s),)
