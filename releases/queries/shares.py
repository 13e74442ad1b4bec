"""Users by Prod, and bars that are made of them. A user is a load unit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum

from traffic.models import RouteMember
from traffic.queries.loads import load_now


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: class of its colour, label, percent of the whole (0-100) and users."""

    kind: str
    label: str
    percent: float
    users: float


@dataclass(frozen=True, slots=True)
class Served:
    """What one Prod serves now: tenants, its share of their load, the load it must be able to carry alone,
    and the Prods that serve the same tenants beside it."""

    tenants: int = 0
    users: float = 0.0
    committed: int = 0
    partners: tuple[str, ...] = ()


NOBODY = Served()


def read_served() -> dict[str, Served]:
    """Prod name -> what it serves. One query."""
    members: dict[int, dict[str, int]] = defaultdict(dict)
    totals: dict[int, tuple[int, int]] = {}
    serving = RouteMember.objects.filter(weight__gt=0)
    rows = serving.annotate(load=Sum(load_now("route__tenants__")), count=Count("route__tenants"))
    for route, prod, weight, load, count in rows.values_list(
        "route", "prod__name", "weight", "load", "count"
    ):
        members[route][prod] = weight
        totals[route] = (load or 0, count)
    gathered: dict[str, list[tuple[int, float, int, frozenset[str]]]] = defaultdict(list)
    for route, weights in members.items():
        load, count = totals[route]
        whole = sum(weights.values())
        for prod, weight in weights.items():
            others = frozenset(weights) - {prod}
            gathered[prod].append((count, load * weight / whole, load, others))
    return {prod: _served(parts) for prod, parts in gathered.items()}


def _served(parts: list[tuple[int, float, int, frozenset[str]]]) -> Served:
    return Served(
        tenants=sum(part[0] for part in parts),
        users=sum(part[1] for part in parts),
        committed=sum(part[2] for part in parts),
        partners=tuple(sorted(frozenset().union(*(part[3] for part in parts)))),
    )


def percents(users: Mapping[str, float], order: Iterable[str]) -> list[tuple[str, float]]:
    """(name, percent of all users) in `order`; with no users at all, equal parts."""
    names = list(order)
    whole = sum(users.get(name, 0) for name in names)
    if not whole:
        return [(name, 100 / len(names)) for name in names]
    return [(name, 100 * users.get(name, 0) / whole) for name in names]


def percent_words(percent: float) -> str:
    """`0.3 %`, `2 %`, `98 %`: never 0 or 100 for what is neither."""
    if 0 < percent < 1:
        return f"{max(0.1, percent):.1f} %"
    if 99 < percent < 100:
        return f"{min(99.9, percent):.1f} %"
    return f"{percent:.0f} %"
