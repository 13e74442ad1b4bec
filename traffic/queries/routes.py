"""Routes as pages and the API show them: the list, and one of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from clusters.marks import Mark
from clusters.models import Cluster, Prod
from journal.core.reasons import Reason
from traffic.core.weights import split
from traffic.marks import CLASS_NAMES, REDUNDANCY_NAMES, STATE_NAMES
from traffic.models import Publication, Route, RouteMember, Tenant

from .loads import load_now
from .publications import FRESH_FOR, PublicationLine, State, read_publications, whole_mark
from .troubles import read_troubles

PAGE = 50
LONGEST = 63


@dataclass(frozen=True, slots=True)
class MemberShare:
    """A member: its weight asked now and in normal times, and what part of the requests that is."""

    prod: str
    cluster: str
    domain: str
    weight: int
    target: int
    percent: int


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A Route in one line. `pins`: the only Prods that may ever serve it; none: any. `troubles`: what is wrong with it as
    it is."""

    name: str
    redundancy: str | Promise
    data_class: str | Promise
    tenants: int
    load: int
    epoch: int
    pins: tuple[str, ...]
    members: tuple[MemberShare, ...]
    publications: tuple[PublicationLine, ...]
    mark: Mark
    troubles: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its name in the address, (value, word) pairs, and which is chosen ("": all)."""

    name: str
    values: tuple[tuple[str, str | Promise], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class RoutesPage:
    """`after`: the name that the next page begins after; "" on the last one. `any`: there is some Route at all."""

    routes: tuple[RouteRow, ...]
    choices: tuple[Choice, ...]
    asked: str
    filtered: bool
    any: bool
    after: str
    begun: bool


# Route and its Tenants are two tables: sums by subquery, so that neither multiplies the other.
_SUMS = (
    Tenant.objects.filter(route=OuterRef("pk"))
    .order_by()
    .values("route")
    .annotate(all=Sum(load_now()), many=Sum(1, output_field=IntegerField()))
)
ROUTES = Route.objects.annotate(
    load=Coalesce(Subquery(_SUMS.values("all")), 0), count=Coalesce(Subquery(_SUMS.values("many")), 0)
)


def read_routes(asked: Mapping[str, str], now: datetime) -> RoutesPage:
    """One page of the Routes that `asked` (q, prod, cluster, state) selects, by name, after the name `after`. A value
    that is none counts as not given. A constant number of queries."""
    choices, text = _choices(asked), _plain(asked.get("q", ""))
    chosen = {choice.name: choice.chosen for choice in choices if choice.chosen}
    after = _plain(asked.get("after", ""))
    rows = select_routes(chosen, now)
    if text:
        rows = rows.filter(name__icontains=text)
    if after:
        rows = rows.filter(name__gt=after)
    listed = list(rows.order_by("name")[: PAGE + 1])
    shown = route_rows(listed[:PAGE], now)
    return RoutesPage(
        routes=shown,
        choices=choices,
        asked=text,
        filtered=bool(chosen or text),
        any=bool(listed) or Route.objects.exists(),
        after=listed[PAGE - 1].name if len(listed) > PAGE else "",
        begun=bool(after),
    )


def select_routes(chosen: Mapping[str, str], now: datetime) -> QuerySet[Route]:
    """The Routes with a member on the Prod or Cluster `chosen`, and in the state chosen (a key of STATE_NAMES)."""
    rows = ROUTES.all()
    members = RouteMember.objects.filter(route=OuterRef("pk")).filter(Q(weight__gt=0) | Q(target__gt=0))
    if "prod" in chosen:
        rows = rows.filter(Exists(members.filter(prod__name=chosen["prod"])))
    if "cluster" in chosen:
        rows = rows.filter(Exists(members.filter(prod__cluster__name=chosen["cluster"])))
    return in_state(rows, chosen["state"], now) if "state" in chosen else rows


def in_state(rows: QuerySet[Route], state: str, now: datetime) -> QuerySet[Route]:
    """Those of `rows` that are in the state: with a Publication like that, or for `published` with no other."""
    mine = Publication.objects.filter(route=OuterRef("pk"))
    old = mine.exclude(Publication.seen_since(now - FRESH_FOR))
    behind = Q(state=State.PUBLISHED) & ~Q(epoch=F("route__epoch"))
    match state:
        case "unpublished":
            return rows.filter(~Exists(mine))
        case "unread":
            return rows.filter(Exists(old))
        case "published":
            other = mine.exclude(state=State.PUBLISHED) | mine.filter(behind)
            return rows.filter(Exists(mine), ~Exists(other), ~Exists(old))
        case "pending":
            return rows.filter(Exists(mine.filter(Q(state=State.PENDING) | behind)))
    return rows.filter(Exists(mine.filter(state=state)))


def route_rows(rows: Collection[Route], now: datetime) -> tuple[RouteRow, ...]:
    """Lines of rows of `ROUTES`. Three queries."""
    members = read_members([row.pk for row in rows])
    asked = {pk: {one.prod: one.weight for one in mine} for pk, mine in members.items()}
    published = read_publications({row.pk: row.epoch for row in rows}, asked, now)
    troubles = read_troubles(rows, now)
    return tuple(
        _row(row, members.get(row.pk, ()), published.get(row.pk, ()), troubles[row.pk]) for row in rows
    )


def read_members(routes: Collection[int]) -> dict[int, tuple[MemberShare, ...]]:
    """Route id -> its members, by Prod; without those that have left. One query."""
    found: dict[int, list[RouteMember]] = defaultdict(list)
    rows = RouteMember.objects.filter(route__in=routes).select_related("prod__cluster")
    slim = rows.only(
        "route", "weight", "target", "prod__name", "prod__cluster__name", "prod__cluster__failure_domain"
    )
    for row in slim.exclude(weight=0, target=0).order_by("prod__name"):
        found[row.route_id].append(row)
    return {pk: _shares(mine) for pk, mine in found.items()}


def percents(weights: Mapping[str, int]) -> dict[str, int]:
    """What part of the requests each gets, 100 in all; 0 for all where there is none."""
    found = split(weights)
    return found if isinstance(found, dict) else dict.fromkeys(weights, 0)


def _shares(rows: list[RouteMember]) -> tuple[MemberShare, ...]:
    part = percents({row.prod.name: row.weight for row in rows})
    return tuple(
        MemberShare(
            prod=row.prod.name,
            cluster=row.prod.cluster.name,
            domain=row.prod.cluster.failure_domain,
            weight=row.weight,
            target=row.target,
            percent=part[row.prod.name],
        )
        for row in rows
    )


def _row(
    row: Route,
    members: tuple[MemberShare, ...],
    published: tuple[PublicationLine, ...],
    troubles: tuple[Reason, ...],
) -> RouteRow:
    return RouteRow(
        name=row.name,
        redundancy=REDUNDANCY_NAMES[row.redundancy],
        data_class=CLASS_NAMES[row.data_class],
        tenants=row.count,
        load=row.load,
        epoch=row.epoch,
        pins=tuple(row.pins),
        members=members,
        publications=published,
        mark=whole_mark(published),
        troubles=troubles,
    )


def _choices(asked: Mapping[str, str]) -> tuple[Choice, ...]:
    prods = Prod.objects.filter(memberships__isnull=False).distinct().order_by("name")
    clusters = Cluster.objects.filter(prods__memberships__isnull=False).distinct().order_by("name")
    known: dict[str, tuple[tuple[str, str | Promise], ...]] = {
        "prod": tuple((name, name) for name in prods.values_list("name", flat=True)),
        "cluster": tuple((name, name) for name in clusters.values_list("name", flat=True)),
        "state": tuple(STATE_NAMES.items()),
    }
    return tuple(choice(name, values, asked) for name, values in known.items())


def choice(name: str, values: tuple[tuple[str, str | Promise], ...], asked: Mapping[str, str]) -> Choice:
    """The filter `name`; what is asked for and is none of its values is nothing."""
    given = asked.get(name, "")
    return Choice(name, values, given if given in dict(values) else "")


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST]
