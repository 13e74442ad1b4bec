"""Loading what the planners of traffic know, in a constant number of queries."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Count, Sum
from django.utils import timezone

from clusters.core.promises import may_share_data
from clusters.models import Cluster
from releases.core.facts import FleetFacts, ProdFacts, VersionFacts
from releases.core.partners import is_well
from traffic.core.facts import ClusterNow, Place, RouteNow, RouterNow, Seat, TrafficFacts
from traffic.models import Publication, Route, RouteMember, Router, RouterInstance

from .fleet import fleet_facts, version_facts

# Who takes a dead member out of service by itself.
HEALTH_CHECKING = frozenset({Router.Kind.GATEWAY_API, Router.Kind.HAPROXY, Router.Kind.ROUTE53})


def traffic_facts(now: datetime | None = None) -> TrafficFacts:
    """All Prods that are not retired, Routes, Clusters that are not retired, and router instances."""
    return facts_of(fleet_facts(now or timezone.now()))


def facts_of(fleet: FleetFacts) -> TrafficFacts:
    """The same of a fleet that is loaded already."""
    versions = {name: version_facts(name) for name in {prod.blueprint for prod in fleet.prods}}
    clusters = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    instances = RouterInstance.objects.select_related("cluster", "router")
    return TrafficFacts(
        places=tuple(_place(prod, versions[prod.blueprint]) for prod in fleet.prods),
        routes=_routes({prod.name: prod.blueprint for prod in fleet.prods}),
        clusters=tuple(ClusterNow(c.name, c.failure_domain, c.purpose) for c in clusters),
        routers=tuple(
            RouterNow(
                one.name,
                one.failure_domain,
                one.cluster.name if one.cluster else "",
                one.router.kind in HEALTH_CHECKING,
            )
            for one in instances
        ),
    )


def _place(prod: ProdFacts, versions: tuple[VersionFacts, ...]) -> Place:
    mine = next((version for version in versions if version.name == prod.version), None)
    well = is_well(prod)
    return Place(
        name=prod.name,
        cluster=prod.cluster,
        domain=prod.domain,
        role=prod.role,
        capacity=prod.capacity,
        version=prod.version,
        blueprint=prod.blueprint,
        in_service=prod.lifecycle == "in-service",
        serving=well,
        ready_percent=100 if well else 0,
        shares=_shares(mine, versions),
        vetoed=mine is None or mine.veto is not None,
    )


def _shares(mine: VersionFacts | None, versions: tuple[VersionFacts, ...]) -> frozenset[str]:
    if mine is None:
        return frozenset()
    return frozenset(
        other.name
        for other in versions
        if may_share_data(mine.name, mine.shares_data_with, other.name, other.shares_data_with)
    )


def _routes(blueprints: dict[str, str]) -> tuple[RouteNow, ...]:
    seats: dict[int, list[Seat]] = defaultdict(list)
    rows = RouteMember.objects.order_by("prod__name")
    for route, prod, weight, target in rows.values_list("route", "prod__name", "weight", "target"):
        seats[route].append(Seat(prod, weight, target))
    routers: dict[int, list[str]] = defaultdict(list)
    for route, instance in Publication.objects.order_by("instance__name").values_list(
        "route", "instance__name"
    ):
        routers[route].append(instance)
    found = Route.objects.annotate(load=Sum("tenants__load"), count=Count("tenants")).order_by("name")
    return tuple(
        RouteNow(
            name=route.name,
            load=route.load or 0,
            tenants=route.count,
            redundancy=route.redundancy,
            data_class=route.data_class,
            blueprint=_blueprint(seats[route.pk], blueprints),
            members=tuple(seats[route.pk]),
            routers=tuple(routers[route.pk]),
        )
        for route in found
    )


def _blueprint(seats: list[Seat], blueprints: dict[str, str]) -> str:
    """A Route's members are all of one Blueprint."""
    return next((blueprints[seat.prod] for seat in seats if seat.prod in blueprints), "")
