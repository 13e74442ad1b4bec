"""Where a Cluster's Prods are asked for a user's page: at their own addresses, and through routers."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.db.models.functions import Abs

from clusters.models import Cluster, Prod
from clusters.observe.users import Door
from journal.core.reasons import Reason, because
from traffic.core.detect import DIRECT, ROUTED
from traffic.engine.asked import endpoints
from traffic.models import DataClass, Liveness, Publication, RouteMember, Tenant

# Of one Cluster, at most.
MOST_PRODS, MOST_ROUTERS = 4, 4
# Of one Prod that is asked before users come.
MOST_ROUTES = 50
JUDGED = (Prod.Lifecycle.IN_SERVICE, Prod.Lifecycle.DRAINING)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a user's page: `name` is the Prod's, or the router instance's."""

    signal: str
    name: str
    door: Door


@dataclass(frozen=True, slots=True)
class Ways:
    """How the users' side of a Cluster is asked. `absent`: why some of it cannot be. `judged`: whether the Cluster
    has Prods in service at all."""

    judged: bool
    ways: tuple[Way, ...] = ()
    absent: tuple[Reason, ...] = ()


def judged_prods(cluster_ids: Collection[int] | QuerySet[Cluster]) -> QuerySet[Prod]:
    """The Prods by which Clusters are judged: in service, or about to leave it."""
    return Prod.objects.filter(cluster__in=cluster_ids, lifecycle__in=JUDGED).order_by("name")


def read_ways(cluster_id: int) -> Ways:
    """A few ways, each as a tenant: not one for each tenant. Constant number of queries."""
    prods = list(judged_prods([cluster_id]).only("name", "endpoint"))
    if not prods:
        return Ways(judged=False)
    direct = _direct(prods, cluster_id)
    unknown = () if direct else (because("no-endpoint-known", prods=len(prods)),)
    routed, absent = _routed([prod.pk for prod in prods])
    return Ways(judged=True, ways=direct + routed, absent=unknown + absent)


def _direct(prods: list[Prod], cluster_id: int) -> tuple[Way, ...]:
    """At the Prods themselves. A Cluster that is dead no longer says where its Prods are: then where they were."""
    addresses = endpoints([prod.pk for prod in prods])
    known = [prod for prod in prods if prod.pk in addresses][:MOST_PRODS]
    if not known:
        names = {prod.name for prod in prods}
        return tuple(way for way in _remembered(cluster_id) if way.signal == DIRECT and way.name in names)
    hostnames = _hostnames([prod.pk for prod in known])
    return tuple(
        Way(
            DIRECT,
            prod.name,
            Door(*addresses[prod.pk], hostnames.get(prod.pk, ""), tls=prod.endpoint.startswith("https:")),
        )
        for prod in known
    )


def _remembered(cluster_id: int) -> list[Way]:
    """The ways that were asked last."""
    stored = Liveness.objects.filter(cluster=cluster_id).values_list("ways", flat=True).first() or []
    return [Way(signal, name, Door(*door)) for signal, name, _good, _said, door in stored]


def door_json(door: Door) -> list[str | int | bool]:
    """As it is stored with what it said."""
    return [door.host, door.port, door.hostname, door.tls]


def _hostnames(prod_ids: Collection[int]) -> dict[int, str]:
    """Prod id -> a hostname of a tenant of it: the same whether or not its users have left for a time."""
    members = RouteMember.objects.filter(prod__in=prod_ids).exclude(weight=0, target=0)
    rows = members.order_by("prod", "-target", "route").values_list("prod", "route")
    routes = dict(reversed(list(rows)))
    names = _names_of(set(routes.values()))
    return {prod: names[route] for prod, route in routes.items() if route in names}


def doors_of(whose: Mapping[str, str]) -> dict[str, tuple[Door, ...]]:
    """Prod -> where it is asked as a tenant of each Route of the Prod `whose[it]`, first those whose weight is furthest
    from that of normal times (their users are to come, or have just come), then those with most in normal times. Routes
    with a single writer are left out, since a page may write. A Prod whose address is not known is not in it; where
    none of the tenants has a hostname, there is nothing. Constant number of queries."""
    named = Prod.objects.filter(name__in={*whose, *whose.values()}).only("name", "endpoint")
    prods = {prod.name: prod for prod in named}
    addresses = endpoints([prods[name].pk for name in whose])
    hostnames = _all_hostnames({prods[name].pk for name in whose.values()})
    return {
        name: tuple(
            Door(*addresses[prods[name].pk], hostname, tls=prods[name].endpoint.startswith("https:"))
            for hostname in hostnames[prods[other].pk]
        )
        for name, other in whose.items()
        if prods[name].pk in addresses
    }


def _all_hostnames(prod_ids: Collection[int]) -> dict[int, list[str]]:
    """Prod id -> one hostname of each of its Routes without a single writer."""
    members = RouteMember.objects.filter(prod__in=prod_ids).exclude(weight=0, target=0)
    members = members.exclude(route__data_class=DataClass.SINGLE_WRITER)
    moved = Abs(F("weight") - F("target")).desc()
    rows = list(members.order_by("prod", moved, "-target", "route").values_list("prod", "route"))
    names = _names_of({route for _, route in rows})
    found: dict[int, list[str]] = defaultdict(list)
    for prod, route in rows:
        if route in names and len(found[prod]) < MOST_ROUTES:
            found[prod].append(names[route])
    return found


def _names_of(routes: Collection[int]) -> dict[int, str]:
    """Route id -> a hostname of its first tenant."""
    first = Tenant.objects.filter(route__in=routes).exclude(hostnames=[]).order_by("route", "name")
    rows = first.distinct("route").values_list("route", "hostnames")
    return {route: hostnames[0] for route, hostnames in rows}


def _routed(prod_ids: Collection[int]) -> tuple[tuple[Way, ...], tuple[Reason, ...]]:
    """Through each router instance that sends users to one of these Prods alone."""
    others = RouteMember.objects.filter(weight__gt=0).exclude(prod__in=prod_ids)
    serving = Publication.objects.filter(route__members__prod__in=prod_ids, route__members__weight__gt=0)
    rows = serving.exclude(route__in=others.values("route")).order_by("instance__name", "route").distinct()
    found = rows.values_list("instance__name", "route", "instance__settings__users")
    first = {name: (route, at) for name, route, at in reversed(list(found))}
    names = _names_of({route for route, _at in first.values()})
    ways = [
        Way(ROUTED, name, _door(at, names[route]))
        for name, (route, at) in sorted(first.items())
        if at and route in names
    ]
    silent = sorted(name for name, (_route, at) in first.items() if not at)
    absent = (because("no-user-address", routers=", ".join(silent[:5])),) if silent else ()
    return tuple(ways[:MOST_ROUTERS]), absent


def _door(at: str, hostname: str) -> Door:
    host, _, port = at.rpartition(":")
    return Door(host.strip("[]"), int(port), hostname)
