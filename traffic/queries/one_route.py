"""One Route: its members, how it is published, what it was, and what other weights would mean."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from access.models import Person
from access.permissions import denial
from clusters.facts import cluster_reason
from clusters.marks import PROD_MARKS, Mark
from clusters.models import Prod
from journal.core.reasons import Reason, because, reason_from_json
from traffic.core.ground import Ground
from traffic.core.moving import split_refusal
from traffic.models import DataClass, Route, RouteEpoch, RouteMember, RouteOut

from .facts import is_serving, read_facts
from .line import read_freeze
from .routers import writes_of
from .routes import ROUTES, RouteRow, percents, route_rows
from .warnings import read_warnings

EPOCHS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as a person sets it. `out`: the Run that has it out of service."""

    prod: str
    cluster: str
    domain: str
    role: str
    mark: Mark
    weight: int
    target: int
    percent: int
    out: int | None


@dataclass(frozen=True, slots=True)
class EpochLine:
    """What the weights were from one epoch on. `is_now`: they are asked now."""

    epoch: int
    at: datetime
    by: str
    run: int | None
    reason: Reason | None
    weights: tuple[tuple[str, int, int], ...]
    is_now: bool


@dataclass(frozen=True, slots=True)
class RoutePage:
    """All of one Route. `cannot`: why the person may not set its weights now; None: they may. `by_hand`: its weights were
    set by a person, and others in normal times. `single_writer`: another Prod takes its data over only by a typed word."""

    row: RouteRow
    members: tuple[MemberLine, ...]
    epochs: tuple[EpochLine, ...]
    cannot: Reason | None
    facts: int
    by_hand: bool
    single_writer: bool


@dataclass(frozen=True, slots=True)
class Split:
    """Prods that are no members and could get a part of the requests. `chosen`: the one that a person looks at;
    `cannot`: why it may not."""

    fitting: tuple[str, ...]
    chosen: MemberLine | None
    cannot: Reason | None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A member before and after: weight, part of the requests, and load units of this Route; what its Prod has
    promised in all, and could carry."""

    prod: str
    was: int
    will: int
    was_percent: int
    will_percent: int
    was_load: int
    will_load: int
    committed: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What other weights would mean. `instances`: how many router instances are written to, with `writes` in all;
    `warnings`: what to think about first; `same`: nothing would change."""

    lines: tuple[PreviewLine, ...]
    instances: int
    writes: int
    warnings: tuple[Reason, ...]
    same: bool


def read_route(name: str, person: Person, now: datetime) -> RoutePage:
    """The Route as `person` may see it; 404 if there is none. A constant number of queries."""
    route = get_object_or_404(ROUTES, name=name)
    members = _members(route, now)
    rows = RouteEpoch.objects.filter(route=route).select_related("actor").order_by("-epoch")
    epochs = tuple(_epoch(row, route) for row in rows[:EPOCHS_SHOWN])
    by_hand = bool(epochs and epochs[0].reason and epochs[0].reason.code == "weights-set")
    return RoutePage(
        row=route_rows([route], now)[0],
        members=members,
        epochs=epochs,
        cannot=denial(person, "route.shift") or _cannot(members),
        facts=route.pk,
        by_hand=by_hand and any(member.weight != member.target for member in members),
        single_writer=route.data_class == DataClass.SINGLE_WRITER,
    )


def _cannot(members: Sequence[MemberLine]) -> Reason | None:
    return read_freeze() if members else because("route-without-members")


def read_epoch(name: str, number: int) -> tuple[Route, EpochLine]:
    """One epoch of the Route's history; 404 if there is none."""
    row = get_object_or_404(
        RouteEpoch.objects.select_related("route", "actor"), route__name=name, epoch=number
    )
    return row.route, _epoch(row, row.route)


def preview(route: Route, weights: Mapping[str, int], now: datetime) -> Preview:
    """What these weights (Prod -> 0-100; what is not named stays) would mean. A constant number of queries."""
    load = ROUTES.get(pk=route.pk).load
    members = {row.prod.name: row for row in _member_rows(route)}
    joining = _joining(route, {name for name, weight in weights.items() if weight} - members.keys())
    rows = {**members, **joining}
    was = {name: row.weight for name, row in rows.items()}
    will = {**was, **{name: weight for name, weight in weights.items() if weight or name in rows}}
    before, after = percents(was), percents(will)
    committed = _committed([row.prod_id for row in rows.values()])
    committed |= {row.prod_id: committed.get(row.prod_id, 0) + load for row in joining.values()}
    lines = tuple(
        PreviewLine(
            prod=name,
            was=was.get(name, 0),
            will=will[name],
            was_percent=before.get(name, 0),
            will_percent=after[name],
            was_load=round(load * before.get(name, 0) / 100),
            will_load=round(load * after[name] / 100),
            committed=committed.get(rows[name].prod_id, 0) if name in rows else 0,
            capacity=rows[name].prod.capacity if name in rows else 0,
        )
        for name in sorted(will)
    )
    warnings = read_warnings(route, rows, will, committed, now)
    return Preview(lines, *writes_of(route), warnings, was == will)


def read_split(page: RoutePage, asked: str, now: datetime) -> Split:
    """Who could take part in the requests of the Route, and `asked` as one who does; nobody where the person may not
    say so. A constant number of queries."""
    if page.cannot:
        return Split((), None, None)
    ground = Ground(read_facts(now))
    mine = next(one for one in ground.routes if one.name == page.row.name)
    weights = {member.prod: member.weight for member in page.members}
    others = sorted(ground.places.keys() - weights.keys())
    reasons = {prod: split_refusal(ground, mine, prod, {**weights, prod: 1}) for prod in others}
    fitting = tuple(prod for prod, why in reasons.items() if why is None)
    rows = _joining(Route(pk=page.facts, name=page.row.name), {asked} & set(others))
    chosen = next((_line(row, 0, None, now) for row in rows.values()), None)
    return Split(fitting, chosen, reasons.get(asked))


def _member_rows(route: Route) -> QuerySet[RouteMember]:
    """Those that serve it, now or in normal times."""
    rows = RouteMember.objects.filter(route=route).exclude(weight=0, target=0)
    rows = rows.select_related("prod__cluster", "prod__observation", "prod__version__revision")
    return rows.defer("prod__version__revision__manifests", "prod__cluster__nodes").order_by("prod__name")


def _joining(route: Route, names: Collection[str]) -> dict[str, RouteMember]:
    """Prod -> what it would be as a member, for those of `names` that exist."""
    if not names:
        return {}
    rows = Prod.objects.filter(name__in=names).select_related("cluster", "observation", "version__revision")
    slim = rows.defer("version__revision__manifests", "cluster__nodes").order_by("name")
    return {prod.name: RouteMember(route=route, prod=prod, weight=0, target=0) for prod in slim}


def _members(route: Route, now: datetime) -> tuple[MemberLine, ...]:
    rows = list(_member_rows(route))
    part = percents({row.prod.name: row.weight for row in rows})
    out = dict(RouteOut.objects.filter(route=route).values_list("prod", "run_id"))
    return tuple(_line(row, part[row.prod.name], out.get(row.prod_id), now) for row in rows)


def _line(row: RouteMember, percent: int, out: int | None, now: datetime) -> MemberLine:
    return MemberLine(
        prod=row.prod.name,
        cluster=row.prod.cluster.name,
        domain=row.prod.cluster.failure_domain,
        role=row.prod.role,
        mark=_mark(row.prod, now),
        weight=row.weight,
        target=row.target,
        percent=percent,
        out=out,
    )


def _mark(prod: Prod, now: datetime) -> Mark:
    if is_serving(prod, now):
        return PROD_MARKS["ready"]
    return PROD_MARKS["unknown" if cluster_reason(prod.cluster, now) else "not-ready"]


def _committed(prods: list[int]) -> dict[int, int]:
    """Prod id -> load units that it has promised to carry, all its Routes together."""
    found: dict[int, int] = {}
    rows: Any = RouteMember.objects.filter(prod__in=prods).exclude(weight=0, target=0)
    loads = dict(ROUTES.filter(pk__in=rows.values("route")).values_list("pk", "load"))
    for prod, route in rows.values_list("prod", "route"):
        found[prod] = found.get(prod, 0) + loads.get(route, 0)
    return found


def _epoch(row: RouteEpoch, route: Route) -> EpochLine:
    part = percents(row.weights)
    return EpochLine(
        epoch=row.epoch,
        at=row.at,
        by=row.actor.get_username() if row.actor else "",
        run=row.run_id,
        reason=reason_from_json(row.reason),
        weights=tuple((prod, weight, part[prod]) for prod, weight in sorted(row.weights.items())),
        is_now=row.epoch == route.epoch,
    )
