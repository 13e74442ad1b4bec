"""Whom one Prod serves, Route by Route."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from clusters.models import Prod
from traffic.models import Route, RouteMember, RouteOut
from traffic.queries.loads import load_now


@dataclass(frozen=True, slots=True)
class RouteLine:
    """A Route of a Prod: its tenants and load, the Prod's weight, the other members with weight, and the
    Prod that is out of it now (empty: none)."""

    name: str
    redundancy: str
    tenants: int
    load: int
    weight: int
    partners: tuple[str, ...]
    out: str


def read_routes(prod: Prod) -> tuple[RouteLine, ...]:
    """The Routes of `prod`, by name. Three queries."""
    mine = Route.objects.filter(members__prod=prod)
    counted = Route.objects.filter(pk__in=mine.values("pk"))
    members: dict[int, list[tuple[int, str, int]]] = {}
    rows = RouteMember.objects.filter(route__in=mine.values("pk")).order_by("prod__name")
    for route, member, name, weight in rows.values_list("route", "prod", "prod__name", "weight"):
        members.setdefault(route, []).append((member, name, weight))
    outs = dict(RouteOut.objects.filter(route__in=mine.values("pk")).values_list("route", "prod__name"))
    return tuple(
        RouteLine(
            name=route.name,
            redundancy=route.redundancy,
            tenants=route.count,
            load=route.load or 0,
            weight=next(weight for member, _, weight in members[route.pk] if member == prod.pk),
            partners=tuple(
                name for member, name, weight in members[route.pk] if member != prod.pk and weight
            ),
            out=outs.get(route.pk, ""),
        )
        for route in counted.annotate(load=Sum(load_now("tenants__")), count=Count("tenants")).order_by(
            "name"
        )
    )
