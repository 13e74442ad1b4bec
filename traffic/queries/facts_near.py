"""What the planners have to know of one Route, read without the rest of the fleet."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from clusters.facts import with_facts
from clusters.models import Prod
from traffic.core.facts import TrafficFacts
from traffic.core.room import committed
from traffic.models import Route, RouteMember, RouteOut

from .facts import read_facts
from .loads import load_now
from .taken_back import read_taken_back


def read_facts_near(route: Route, now: datetime) -> TrafficFacts:
    """As `read_facts` for who is urgent, but with no other Routes than those that may want the same room first: those that Clusters serve
    which serve `route`. What all others have promised is no room of their Prods either, and stands in `reserved`.

    A failover of such a Cluster, or of one without Prods, says the same of `route`. A constant number of queries.
    """
    facts = read_facts(now, prods=_prods(route), routes=_near(route), urgent=True, back=read_taken_back())
    promised = _promised([place.name for place in facts.places])
    counted = committed(facts.routes)
    places = (
        replace(one, reserved=one.reserved + promised.get(one.name, 0) - counted.get(one.name, 0))
        for one in facts.places
    )
    return replace(facts, places=tuple(places))


def _near(route: Route) -> set[int]:
    """Ids of `route`, of those like it on its Clusters, and of those that a Run has out, whose room it has reserved."""
    serving = RouteMember.objects.filter(weight__gt=0)
    clusters = serving.filter(route=route).values("prod__cluster")
    beside = serving.filter(prod__cluster__in=clusters, prod__blueprint__in=_blueprints(route))
    out = RouteOut.objects.values_list("route", flat=True)
    return {route.pk, *beside.values_list("route", flat=True), *out}


def _prods(route: Route) -> list[Prod]:
    """Those that it may be on."""
    rows = Prod.objects.filter(blueprint__in=_blueprints(route)).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    return list(with_facts(rows).order_by("name"))


def _blueprints(route: Route) -> QuerySet[Any]:
    return Prod.objects.filter(memberships__route=route).values("blueprint")


def _promised(prods: Collection[str]) -> dict[str, int]:
    """Prod -> the load units that it has promised, by all its Routes, as `committed` counts them. One query."""
    rows = RouteMember.objects.filter(prod__name__in=prods).exclude(weight=0, target=0)
    found = rows.values_list("prod__name").annotate(load=Sum(load_now("route__tenants__")))
    return {prod: load or 0 for prod, load in found}
