"""What the planners of `traffic.core` know, read from rows in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from clusters.core.promises import may_share_data
from clusters.facts import prod_health, prod_ready_percent, read_prods
from clusters.models import Cluster, Prod, Version
from traffic.core.facts import ClusterNow, Place, RouteNow, RouterNow, Seat, TrafficFacts
from traffic.models import Publication, Reservation, Route, RouteMember, RouteOut, Router, RouterInstance

from .loads import load_now

Promises = Mapping[int, Mapping[str, frozenset[str]]]
# Users may be there. One that is being emptied serves those whom it still has.
SERVES = frozenset({Prod.Lifecycle.IN_SERVICE, Prod.Lifecycle.DRAINING})


def read_facts(
    now: datetime | None = None,
    *,
    run_id: int | None = None,
    urgent: bool = False,
    prods: Sequence[Prod] | None = None,
    back: Mapping[str, str] | None = None,
    routes: Collection[int] | None = None,
) -> TrafficFacts:
    """All Prods that are not retired, Routes, Clusters that are not retired, and router instances.

    `run_id`: the Run that asks, whose own reservations do not count; `urgent`: nobody's do, since releases wait for
    whoever rescues users; `prods`: what `read_prods` has read already; `back`: Prod -> the Version that a rollback under
    way takes it back to; `routes`: ids of those that are wanted (None: all).
    """
    now = now or timezone.now()
    prods = read_prods() if prods is None else prods
    shares = _promises({prod.blueprint_id for prod in prods})
    clusters = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED).defer("nodes")
    instances = RouterInstance.objects.select_related("cluster", "router").order_by("name")
    wanted = read_routes_now({prod.name: prod.blueprint.name for prod in prods}, routes)
    warm = {prod for route in wanted for prod, weight, _ in route.members if weight}
    reserved = {} if urgent else read_reserved(wanted, run_id)
    out = read_out()
    return TrafficFacts(
        places=tuple(
            replace(
                _place(prod, shares, out, now),
                warm=prod.name in warm,
                reserved=reserved.get(prod.name, 0),
                back=(back or {}).get(prod.name, ""),
            )
            for prod in prods
        ),
        routes=wanted,
        clusters=tuple(ClusterNow(c.name, c.failure_domain, c.purpose) for c in clusters),
        routers=tuple(
            RouterNow(i.name, i.failure_domain, i.cluster.name if i.cluster else "", checks_health(i))
            for i in instances
        ),
    )


def read_reserved(routes: Iterable[RouteNow], run_id: int | None) -> dict[str, int]:
    """Prod -> load units that Runs other than `run_id` count on, without what they have put there already: that is
    committed. Two queries, one where nothing is reserved."""
    promised = {
        (run, prod): load
        for run, prod, load in Reservation.objects.exclude(run_id=run_id).values_list(
            "run_id", "prod__name", "load"
        )
    }
    if not promised:
        return {}
    out = dict(RouteOut.objects.values_list("route__name", "run_id"))
    for route in routes:
        for prod, weight, target in route.members:
            key = (out.get(route.name), prod)
            if weight and not target and key in promised:
                promised[key] -= route.load
    found: dict[str, int] = defaultdict(int)
    for (_, prod), load in promised.items():
        found[prod] += max(0, load)
    return found


def checks_health(instance: RouterInstance) -> bool:
    """Whether it takes a dead member out by itself, as its settings say. Needs `router`."""
    found = instance.settings
    match instance.router.kind:
        case Router.Kind.GATEWAY_API:
            return bool(found.get("health_checks", False))
        case Router.Kind.ROUTE53:
            return found.get("health") is not None or bool(found.get("checks"))
        case Router.Kind.EXTERNAL_DNS:
            return bool(found.get("checks"))
    return True  # HAProxy asks every server


def is_serving(prod: Prod, now: datetime) -> bool:
    """Whether we know that it serves well: in service, all of it seen ready, on a Cluster that answers. Needs what
    `prod_health` needs."""
    return prod.lifecycle in SERVES and prod_health(prod, now) == "ready"


def read_out() -> frozenset[int]:
    """Ids of the Prods that a Run has out of service, or is changing while nobody is sent there. One query."""
    settled = Q(version=F("settled_version"), overrides_revision=F("settled_overrides_revision"))
    idle = Prod.objects.exclude(settled).exclude(memberships__weight__gt=0)
    out = Q(pk__in=RouteOut.objects.values("prod")) | Q(pk__in=idle.values("pk"))
    return frozenset(Prod.objects.filter(out).values_list("pk", flat=True))


def takes_new(prod: Prod) -> bool:
    """Whether new users may be sent there: neither it nor its Cluster is being emptied, or closed."""
    return prod.cluster.intent == Cluster.Intent.ACTIVE and prod.lifecycle != Prod.Lifecycle.DRAINING


class Share(NamedTuple):
    """`percent` of a Prod's pods are ready, in service and by fresh facts; `serving`: users may be sent there."""

    percent: int
    serving: bool


def share_of(prod: Prod, out: Collection[int], now: datetime) -> Share:
    """How much of it serves. A pod that is short takes nobody's service away; but all of one of `out` has to be ready,
    since some of its pods may be those of another Version. Needs what `prod_health` needs."""
    percent = prod_ready_percent(prod, now) if prod.lifecycle in SERVES else 0
    return Share(percent, percent > 0 and (prod.pk not in out or is_serving(prod, now)))


def _place(prod: Prod, shares: Promises, out: Collection[int], now: datetime) -> Place:
    share = share_of(prod, out, now)
    return Place(
        name=prod.name,
        cluster=prod.cluster.name,
        domain=prod.cluster.failure_domain,
        role=prod.role,
        capacity=prod.capacity,
        version=prod.version.name,
        blueprint=prod.blueprint.name,
        in_service=prod.lifecycle in SERVES,
        serving=share.serving,
        ready_percent=share.percent,
        shares=shares.get(prod.blueprint_id, {}).get(prod.version.name, frozenset()),
        vetoed=prod.version.vetoed_at is not None,
        open=takes_new(prod),
    )


def _promises(blueprints: set[int]) -> Promises:
    """Blueprint id -> Version -> the Versions whose data it may work on."""
    found: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    rows = Version.objects.filter(blueprint__in=blueprints).order_by("pk")
    for blueprint, name, shares in rows.values_list("blueprint", "name", "shares_data_with"):
        found[blueprint].append((name, shares))
    return {
        blueprint: {
            mine: frozenset(
                name for name, theirs in versions if may_share_data(mine, with_mine, name, theirs)
            )
            for mine, with_mine in versions
        }
        for blueprint, versions in found.items()
    }


def read_routes_now(
    blueprints: Mapping[str, str], wanted: Collection[int] | None = None
) -> tuple[RouteNow, ...]:
    """All Routes, or those with the ids `wanted`; `blueprints` is Prod -> its Blueprint. Three queries."""
    among = Q() if wanted is None else Q(route__in=wanted)
    seats: dict[int, list[Seat]] = defaultdict(list)
    rows = RouteMember.objects.filter(among).order_by("prod__name")
    for route, prod, weight, target in rows.values_list("route", "prod__name", "weight", "target"):
        seats[route].append(Seat(prod, weight, target))
    routers: dict[int, list[str]] = defaultdict(list)
    published = Publication.objects.filter(among).order_by("instance__name")
    for route, instance in published.values_list("route", "instance__name"):
        routers[route].append(instance)
    chosen = Route.objects.all() if wanted is None else Route.objects.filter(pk__in=wanted)
    found = chosen.annotate(load=Sum(load_now("tenants__")), count=Count("tenants")).order_by("name")
    return tuple(
        RouteNow(
            name=route.name,
            load=route.load or 0,
            tenants=route.count,
            redundancy=route.redundancy,
            data_class=route.data_class,
            blueprint=next((blueprints[s.prod] for s in seats[route.pk] if s.prod in blueprints), ""),
            members=tuple(seats[route.pk]),
            routers=tuple(routers[route.pk]),
            pins=tuple(route.pins),
        )
        for route in found
    )
