"""People's writes to Tenants: add one, change it, move it to another Route, remove it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.retrying import retried
from traffic.models import DataClass, Hostname, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.loads import load_now

from .line import check_line
from .locks import ROOM, TENANTS, one_at_a_time
from .placing import (
    check_prods,
    check_reachable,
    find_shard,
    named_route,
    read_blueprint,
    read_prods,
    rebind,
    serving,
    take_shard,
)
from .tenant_words import TenantFacts, columns_of, digest_of, facts_of, read_tenant, read_tenant_name
from .words import Faults, read_reason, text_of

MOVING = frozenset({"redundancy", "data_class", "pins"})  # with another of these it needs another Route


@retried
def add_tenant(person: Person, given: Mapping[str, Any]) -> Tenant:
    """A new Tenant of `name`, `hostnames`, `load`, `redundancy`, `data_class`, on the Route `route`, or where the
    planner finds room on a Prod of `blueprint` (among `prods`, where some are named). `pins`: the only Prods that
    may ever serve it, whatever happens.

    Raises FieldErrors at each field that is wrong, at `redundancy` or `load` too where the fleet cannot give it.
    """
    require(person, "tenant.write")
    faults = Faults()
    name, asked = read_tenant_name(given.get("name"), faults), read_tenant(given, faults)
    among, named = read_prods(given.get("prods", []), faults), text_of(given, "route", faults)
    kind = text_of(given, "blueprint", faults)
    with transaction.atomic():
        _alone()
        if name and Tenant.objects.filter(name=name).exists():
            faults.add("name", "tenant-exists", tenant=name)
        _check_hostnames(name, asked, given.get("hostnames"), faults)
        check_prods({"pins": asked.pins}, faults)
        if named:
            faults.check()
            route = named_route(named, asked)
        else:
            facts = read_facts()
            blueprint = read_blueprint(kind, facts, None, faults)
            faults.check()
            shard = find_shard(name, asked, facts, blueprint, now_in=None, among=among)
            route = take_shard(shard, None, because("route-made-for", tenant=name), person)
        tenant = Tenant.objects.create(name=name, route=route, **columns_of(asked))
        why = because("tenant-added", tenant=name, route=route.name)
        _record(person, why, ("", "added"))
        rebind([route], why, person)
    return tenant


@retried
def change_tenant(person: Person, name: str, given: Mapping[str, Any], read_as: str = "") -> Tenant:
    """The Tenant with other facts; what is not given stays. With another redundancy, class or pins it moves to a Route
    of that kind, and where its data have or get a single writer, needs `confirm` as `move_tenant` does. `read_as`: the
    `digest_of` what the person saw; Refused where it is otherwise by now. The same again changes nothing.
    """
    require(person, "tenant.write")
    faults = Faults()
    with transaction.atomic():
        _alone()
        tenant = _lock(name)
        before = facts_of(tenant)
        if read_as and read_as != digest_of(before):
            raise Refused(because("tenant-changed", tenant=name))
        asked = read_tenant(given, faults, before)
        _check_hostnames(name, asked, given.get("hostnames"), faults)
        if asked.pins != before.pins:
            check_prods({"pins": asked.pins}, faults)
        changed = [
            field for field in TenantFacts.__slots__ if getattr(asked, field) != getattr(before, field)
        ]
        moves = not MOVING.isdisjoint(changed)
        if moves:
            _check_writer(name, {before.data_class, asked.data_class}, given, faults)
        faults.check()
        if not changed:
            return tenant
        Tenant.objects.filter(pk=tenant.pk).update(**columns_of(asked))
        tenant.refresh_from_db()
        why = because("tenant-facts-changed", tenant=name, fields=", ".join(changed))
        _record(person, why)
        if moves:
            _go(person, tenant, asked, why)
        elif "hostnames" in changed and tenant.route:
            rebind([tenant.route], why, person)
    return tenant


@retried
def move_tenant(person: Person, name: str, given: Mapping[str, Any]) -> Tenant:
    """The Tenant on another Route: `route`, or where the planner finds room (among `prods`, where some are named).
    A single-writer Tenant needs `confirm`, its name: nobody else vouches that two Prods do not write at once.

    Raises FieldErrors at `route`, `prods`, `confirm` or `reason`, Refused where routers do not have the new Route yet, and while
    the line is stopped.
    """
    require(person, "tenant.write")
    faults = Faults()
    why = read_reason(given.get("reason", ""), faults)
    among, named = read_prods(given.get("prods", []), faults), text_of(given, "route", faults)
    with transaction.atomic():
        _alone()
        tenant = _lock(name)
        _check_writer(name, {tenant.data_class}, given, faults)
        if named and named == serving(tenant):
            faults.add("route", "tenant-is-there", route=serving(tenant))
        faults.check()
        told = because("tenant-moved-why", why=why or "-")
        _go(person, tenant, facts_of(tenant), told, named, among)
    return tenant


def _check_writer(name: str, classes: Collection[str], given: Mapping[str, Any], faults: Faults) -> None:
    """Another Prod may write the Tenant's data only where a person vouches that the old one has stopped."""
    if text_of(given, "confirm", faults) != name and DataClass.SINGLE_WRITER in classes:
        faults.add("confirm", "single-writer-unconfirmed", tenant=name)


@retried
def remove_tenant(person: Person, name: str, reason: Any = "") -> None:
    """The Tenant is gone: its hostnames leave the routers with the next epoch of its Route, and belong to nobody. What
    Prods keep of its data stays there. Raises FieldErrors at `reason`, Refused where there is none of this name.
    """
    require(person, "tenant.remove")
    faults = Faults()
    why = read_reason(reason, faults)
    faults.check()
    with transaction.atomic():
        one_at_a_time(TENANTS)
        tenant = _lock(name)
        tenant.delete()
        told = because(
            "tenant-removed",
            tenant=name,
            route=serving(tenant),
            hostnames=", ".join(sorted(tenant.hostnames)),
            why=why or "-",
        )
        _record(person, told, (serving(tenant), "removed"))
        rebind([tenant.route] if tenant.route else [], told, person)


def _alone() -> None:
    """Or the same hostname, or the same room, is given away twice."""
    one_at_a_time(TENANTS)
    one_at_a_time(ROOM)


def _go(
    person: Person,
    tenant: Tenant,
    asked: TenantFacts,
    why: Reason,
    named: str = "",
    among: tuple[str, ...] = (),
) -> None:
    """Put the Tenant on another Route, and have both published anew. Refused while the line is stopped."""
    check_line()
    before, made = tenant.route, False
    if named:
        after = named_route(named, asked)
    else:
        facts, faults = read_facts(), Faults()
        blueprint = read_blueprint("", facts, before, faults)
        faults.check()
        measured = Tenant.objects.annotate(load_now=load_now()).get(pk=tenant.pk)
        brings = replace(asked, load=measured.load_now)  # type: ignore[attr-defined]
        shard = find_shard(tenant.name, brings, facts, blueprint, now_in=before, among=among)
        made = shard.new
        after = take_shard(shard, before, because("route-made-for", tenant=tenant.name), person)
    check_reachable(before, after, made=made)
    Tenant.objects.filter(pk=tenant.pk).update(route=after)
    told = because("tenant-moved", tenant=tenant.name, was=serving(tenant), route=after.name, why=_why(why))
    _record(person, told, (serving(tenant), after.name))
    tenant.route = after
    rebind([row for row in (before, after) if row], told, person)


def _why(reason: Reason) -> str:
    params = dict(reason.params)
    return str(params.get("why", params.get("fields", "-")))


def _lock(name: str) -> Tenant:
    row = Tenant.objects.select_for_update(of=("self",)).select_related("route").filter(name=name).first()
    if row is None:
        raise Refused(because("tenant-unknown", tenant=name))
    return row


def _check_hostnames(name: str, asked: TenantFacts, given: Any, faults: Faults) -> None:
    """No two Tenants have one hostname. Needs the lock."""
    if not asked.hostnames:
        return
    rows = Hostname.objects.filter(name__in=asked.hostnames).exclude(tenant__name=name)
    owners = dict(rows.values_list("name", "tenant__name"))
    places = {host: place for place, host in enumerate(given or []) if isinstance(host, str)}
    for host in asked.hostnames:
        if host in owners:
            path = f"hostnames[{places[host]}]" if host in places else "hostnames"
            faults.add(path, "hostname-taken", hostname=host, tenant=owners[host])


def _record(person: Person, why: Reason, moved: tuple[str, str] = ("", "")) -> None:
    record([event(timezone.now(), "tenant", actor=person, moved=moved, reason=why)])
