"""Where a Tenant goes, and why: found alike for who only looks and for who does it."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because, within
from traffic.core.sharding import Shard
from traffic.models import Hostname, Route, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.line import read_freeze
from traffic.queries.loads import load_now

from .placing import (
    check_prods,
    find_shard,
    named_route,
    read_blueprint,
    read_prods,
    serving,
    take_shard,
    unreachable,
)
from .tenant_words import TenantFacts, facts_of, read_tenant, read_tenant_name
from .words import Faults, text_of

Home = Shard | Route  # the planner's, or the one that a person has named


@dataclass(frozen=True, slots=True)
class TenantPlace:
    """Where a Tenant goes: to the Route `route`, which is there or to be made (`new`), on `prods`. `why` to this Route,
    `chosen` why on these Prods (None: a person has named the Route). `reasons` (empty: none) stand against it now.
    `digest`: of where it goes and what it is, with which it may be done."""

    name: str
    load: int
    route: str
    new: bool
    prods: tuple[str, ...]
    why: Reason
    chosen: Reason | None
    reasons: tuple[Reason, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A Tenant that is not there yet, and where it goes. `digest`: of what the person has been shown; "": of nothing."""

    name: str
    facts: TenantFacts
    home: Home
    digest: str


def preview_tenant(person: Person, given: Mapping[str, Any]) -> TenantPlace:
    """Where `add_tenant` would put it. Stores nothing. Raises FieldErrors as that does."""
    require(person, "tenant.write")
    new = read_new(given)
    return _place(new.name, new.facts.load, new.facts, new.home)


def preview_move(person: Person, name: str, given: Mapping[str, Any]) -> TenantPlace:
    """Where `move_tenant` would put it, and what stands against that. Stores nothing. Raises FieldErrors at `route` or
    `prods`, Refused where there is none of this name."""
    require(person, "tenant.write")
    faults = Faults()
    among, named = read_prods(given.get("prods", []), faults), text_of(given, "route", faults)
    rows = Tenant.objects.select_related("route").annotate(load_now=load_now())
    tenant = rows.filter(name=name).first()
    if tenant is None:
        raise Refused(because("tenant-unknown", tenant=name))
    check_not_there(tenant, named, faults)
    faults.check()
    facts = facts_of(tenant)
    home = find_home(tenant, facts, named, among)
    found = (read_freeze(), unreachable(tenant.route, home))
    against = tuple(why for why in found if why)
    return _place(name, tenant.load_now, facts, home, against)  # type: ignore[attr-defined]


def read_new(given: Mapping[str, Any]) -> NewTenant:
    """The Tenant that `given` describes, and where it goes: the Route that is named, else where the planner finds room.
    Raises FieldErrors. What it says is true for as long as nobody else gives away hostnames or room."""
    faults = Faults()
    name, asked = read_tenant_name(given.get("name"), faults), read_tenant(given, faults)
    among, named = read_prods(given.get("prods", []), faults), text_of(given, "route", faults)
    kind, digest = text_of(given, "blueprint", faults), text_of(given, "digest", faults)
    if name and Tenant.objects.filter(name=name).exists():
        faults.add("name", "tenant-exists", tenant=name)
    check_hostnames(name, asked, given.get("hostnames"), faults)
    check_prods({"pins": asked.pins}, faults)
    if named:
        faults.check()
        return NewTenant(name, asked, named_route(named, asked), digest)
    facts = read_facts()
    blueprint = read_blueprint(kind, facts, None, faults)
    faults.check()
    home = find_shard(name, asked, facts, blueprint, now_in=None, among=among)
    return NewTenant(name, asked, home, digest)


def find_home(tenant: Tenant, asked: TenantFacts, named: str, among: Collection[str]) -> Home:
    """Where a Tenant that is there moves to, with the load that counts now. Raises FieldErrors."""
    if named:
        return named_route(named, asked)
    facts, faults = read_facts(), Faults()
    blueprint = read_blueprint("", facts, tenant.route, faults)
    faults.check()
    load = Tenant.objects.annotate(load_now=load_now()).get(pk=tenant.pk).load_now  # type: ignore[attr-defined]
    brings = replace(asked, load=load)
    return find_shard(tenant.name, brings, facts, blueprint, now_in=tenant.route, among=among)


def take_home(home: Home, like: Route | None, why: Reason, person: Person) -> Route:
    """The Route there; one that is to be made is published where `like` is."""
    return home if isinstance(home, Route) else take_shard(home, like, why, person)


def told(named: Reason, placed: Reason, home: Home) -> Reason:
    """`named` where a person has named the Route; else `placed`, with why it is on these Prods in it."""
    if isinstance(home, Route):
        return named
    return within(placed.code, home.chosen, **dict(placed.params))


def check_shown(digest: str, name: str, facts: TenantFacts, home: Home) -> None:
    """Raises Refused where `digest` ("": anything will do) is of another place than this one."""
    if digest and digest != _digest(name, facts, home):
        raise Refused(because("place-stale", tenant=name))


def check_not_there(tenant: Tenant, named: str, faults: Faults) -> None:
    """That it is on the Route `named` already is a fault."""
    if named and named == serving(tenant):
        faults.add("route", "tenant-is-there", route=serving(tenant))


def check_hostnames(name: str, asked: TenantFacts, given: Any, faults: Faults) -> None:
    """No two Tenants have one hostname; that is sure with the lock only."""
    if not asked.hostnames:
        return
    rows = Hostname.objects.filter(name__in=asked.hostnames).exclude(tenant__name=name)
    owners = dict(rows.values_list("name", "tenant__name"))
    places = {host: place for place, host in enumerate(given or []) if isinstance(host, str)}
    for host in asked.hostnames:
        if host in owners:
            path = f"hostnames[{places[host]}]" if host in places else "hostnames"
            faults.add(path, "hostname-taken", hostname=host, tenant=owners[host])


def _place(
    name: str, load: int, facts: TenantFacts, home: Home, against: tuple[Reason, ...] = ()
) -> TenantPlace:
    route, prods = _where(home)
    new, why, chosen = (
        (False, because("route-was-named", route=route), None)
        if isinstance(home, Route)
        else (home.new, home.why, home.chosen)
    )
    return TenantPlace(name, load, route, new, prods, why, chosen, against, _digest(name, facts, home))


def _where(home: Home) -> tuple[str, tuple[str, ...]]:
    if isinstance(home, Route):
        rows = home.members.exclude(weight=0, target=0).order_by("prod__name")
        return home.name, tuple(rows.values_list("prod__name", flat=True))
    return home.route, tuple(seat.prod for seat in home.members if seat.weight or seat.target)


def _digest(name: str, facts: TenantFacts, home: Home) -> str:
    return hashlib.sha256(repr((name, facts, *_where(home))).encode()).hexdigest()
