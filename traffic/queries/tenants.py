"""Tenants as pages and the API show them: the list, and one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import Promise

from access.models import Person
from access.permissions import denial
from clusters.models import Prod
from journal.core.reasons import Reason, because
from traffic.core.facts import TrafficFacts
from traffic.core.failover import plan_failover
from traffic.core.plan import TrafficPlan
from traffic.core.published import path_lost, publication_gap
from traffic.marks import CLASS_NAMES, REDUNDANCY_NAMES
from traffic.models import DataClass, Redundancy, Route, Tenant

from .facts_near import read_facts_near
from .loads import LoadSource, load_now, read_load_source
from .routes import PAGE, ROUTES, Choice, MemberShare, RouteRow, choice, read_members, route_rows
from .whereabouts import Whereabouts, read_whereabouts

LONGEST = 253
SAFE, MOVED, WAITS, LOST = "safe", "moved", "waits", "lost"


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A Tenant in one line; `more` hostnames are not listed. `load` is what counts now, `given` what a person has
    said."""

    name: str
    hostnames: tuple[str, ...]
    more: int
    load: int
    given: int
    redundancy: str | Promise
    data_class: str | Promise
    route: str
    members: tuple[MemberShare, ...]


@dataclass(frozen=True, slots=True)
class TenantsPage:
    """`after`: the name that the next page begins after; "" on the last one. `any`: there is some Tenant at all."""

    tenants: tuple[TenantRow, ...]
    choices: tuple[Choice, ...]
    asked: str
    route: str
    filtered: bool
    any: bool
    after: str
    begun: bool
    prods: bool
    loads: LoadSource | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of the Tenant if the Cluster died: `safe`, `moved`, `waits` or `lost`, and why."""

    cluster: str
    how: str
    why: Reason


@dataclass(frozen=True, slots=True)
class TenantPage:
    """All of one Tenant. `fates`: of the Clusters that it depends on; `gap`: why redundancy alone does not keep it safe.
    `cannot`: why the person may not change it; None: they may."""

    row: TenantRow
    route: RouteRow | None
    where: Whereabouts
    fates: tuple[Fate, ...]
    gap: Reason | None
    cannot: Reason | None
    single_writer: bool
    loads: LoadSource | None


def read_tenants(asked: Mapping[str, str]) -> TenantsPage:
    """One page of the Tenants that `asked` (q, redundancy, prod, route) selects, by name, after the name `after`. A
    value that is none counts as not given. A constant number of queries."""
    choices = _choices(asked)
    chosen = {one.name: one.chosen for one in choices if one.chosen}
    text, after, route = (_plain(asked.get(name, "")) for name in ("q", "after", "route"))
    rows = select_tenants(text, {**chosen, **({"route": route} if route else {})})
    if after:
        rows = rows.filter(name__gt=after)
    listed = list(rows.order_by("name")[: PAGE + 1])
    return TenantsPage(
        tenants=tenant_rows(listed[:PAGE]),
        choices=choices,
        asked=text,
        route=route,
        filtered=bool(chosen or text or route),
        any=bool(listed) or Tenant.objects.exists(),
        after=listed[PAGE - 1].name if len(listed) > PAGE else "",
        begun=bool(after),
        prods=bool(choices[1].values) or Prod.objects.exists(),
        loads=read_load_source(timezone.now()),
    )


def select_tenants(text: str, chosen: Mapping[str, str]) -> QuerySet[Tenant]:
    """The Tenants with `text` in a name or hostname, and like `chosen` (redundancy, prod, route)."""
    rows = Tenant.objects.select_related("route").annotate(load_now=load_now())
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(hostnames__icontains=text.lower()))
    if "redundancy" in chosen:
        rows = rows.filter(redundancy=chosen["redundancy"])
    if "prod" in chosen:
        serving = Route.objects.filter(members__prod__name=chosen["prod"], members__weight__gt=0)
        rows = rows.filter(route__in=serving.values("pk"))
    return rows.filter(route__name=chosen["route"]) if "route" in chosen else rows


def tenant_rows(rows: list[Tenant]) -> tuple[TenantRow, ...]:
    """Lines of rows with `route` and `load_now`. One query."""
    members = read_members([row.route_id for row in rows if row.route_id])
    return tuple(_row(row, members.get(row.route_id or 0, ())) for row in rows)


def read_tenant(name: str, person: Person, now: datetime) -> TenantPage:
    """The Tenant as `person` may see it; 404 if there is none. A constant number of queries."""
    tenant = get_object_or_404(select_tenants("", {}), name=name)
    route = ROUTES.filter(pk=tenant.route_id).first()
    facts = read_facts_near(route, now) if route else None
    return TenantPage(
        row=tenant_rows([tenant])[0],
        route=route_rows([route], now)[0] if route else None,
        where=read_whereabouts(tenant),
        fates=read_fates(facts, route.name) if route and facts else (),
        gap=_gap(facts, route.name) if route and facts else because("tenant-without-route"),
        cannot=denial(person, "tenant.write"),
        single_writer=tenant.data_class == DataClass.SINGLE_WRITER,
        loads=read_load_source(now),
    )


def read_fates(facts: TrafficFacts, route: str) -> tuple[Fate, ...]:
    """What would become of the Route's Tenants, for each Cluster that serves them now, or has all routers that lead
    to it, by name."""
    found = next((one for one in facts.routes if one.name == route), None)
    if found is None:
        return ()
    places = {place.name: place for place in facts.places}
    routers = {router.name: router for router in facts.routers}
    clusters = {places[seat.prod].cluster for seat in found.members if seat.weight and seat.prod in places}
    hosts = {router.cluster for router in facts.routers if router.cluster}
    clusters |= {host for host in hosts if path_lost(found.routers, routers, [host])}
    return tuple(
        _fate(cluster, route, plan_failover(facts, clusters=[cluster])) for cluster in sorted(clusters)
    )


def _fate(cluster: str, route: str, plan: TrafficPlan) -> Fate:
    for how, group in ((LOST, plan.lost), (WAITS, plan.waiting), (SAFE, plan.safe)):
        for one in group:
            if one.route == route:
                return Fate(cluster, how, one.why)
    move = next(one for one in plan.moves if one.route == route)
    return Fate(cluster, MOVED, move.why)


def _gap(facts: TrafficFacts, route: str) -> Reason | None:
    """Why its users do not keep reaching it by themselves when a member dies; None: they do."""
    found = next(one for one in facts.routes if one.name == route)
    if found.redundancy != Redundancy.TWO_DOMAIN:
        return because("no-redundancy-bought")
    return publication_gap(found.routers, {router.name: router for router in facts.routers})


def _row(row: Tenant, members: tuple[MemberShare, ...]) -> TenantRow:
    return TenantRow(
        name=row.name,
        hostnames=tuple(row.hostnames[:2]),
        more=max(0, len(row.hostnames) - 2),
        load=row.load_now,  # type: ignore[attr-defined]
        given=row.load,
        redundancy=REDUNDANCY_NAMES[row.redundancy],
        data_class=CLASS_NAMES[row.data_class],
        route=row.route.name if row.route else "",
        members=members,
    )


def _choices(asked: Mapping[str, str]) -> tuple[Choice, ...]:
    prods = Prod.objects.filter(memberships__isnull=False).distinct().order_by("name")
    return (
        choice("redundancy", tuple(REDUNDANCY_NAMES.items()), asked),
        choice("prod", tuple((name, name) for name in prods.values_list("name", flat=True)), asked),
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST]
