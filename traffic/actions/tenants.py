"""People's writes to Tenants: add one, change it, move it to another Route, remove it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.retrying import retried
from traffic.models import DataClass, Tenant

from .line import check_line
from .locks import ROOM, TENANTS, one_at_a_time
from .placing import check_prods, read_prods, rebind, serving, unreachable
from .tenant_places import check_hostnames, check_not_there, check_shown, find_home, read_new, take_home, told
from .tenant_words import TenantFacts, columns_of, digest_of, facts_of, read_tenant
from .words import Faults, read_reason, text_of

MOVING = frozenset({"redundancy", "data_class", "pins"})  # with another of these it needs another Route


@retried
def add_tenant(person: Person, given: Mapping[str, Any]) -> Tenant:
    """A new Tenant of `name`, `hostnames`, `load`, `redundancy`, `data_class`, on the Route `route`, or where the
    planner finds room on a Prod of `blueprint` (among `prods`, where some are named). `pins`: the only Prods that
    may ever serve it, whatever happens. `digest`: of the preview, if it is to go nowhere else.

    Raises FieldErrors at each field that is wrong, at `redundancy` or `load` too where the fleet cannot give it.
    """
    require(person, "tenant.write")
    with transaction.atomic():
        _alone()
        new = read_new(given)
        name = new.name
        check_shown(new.digest, name, new.facts, new.home)
        route = take_home(new.home, None, because("route-made-for", tenant=name), person)
        tenant = Tenant.objects.create(name=name, route=route, **columns_of(new.facts))
        added = {"tenant": name, "route": route.name}
        why = told(because("tenant-added", **added), because("tenant-placed", **added), new.home)
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
        check_hostnames(name, asked, given.get("hostnames"), faults)
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
            _go(person, tenant, asked, ", ".join(changed))
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
    digest = text_of(given, "digest", faults)
    with transaction.atomic():
        _alone()
        tenant = _lock(name)
        _check_writer(name, {tenant.data_class}, given, faults)
        check_not_there(tenant, named, faults)
        faults.check()
        _go(person, tenant, facts_of(tenant), why or "-", digest, named, among)
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
    why: str,
    digest: str = "",
    named: str = "",
    among: tuple[str, ...] = (),
) -> None:
    """Put the Tenant on another Route, and have both published anew. Refused while the line is stopped."""
    check_line()
    before = tenant.route
    home = find_home(tenant, asked, named, among)
    check_shown(digest, tenant.name, asked, home)
    against = unreachable(before, home)
    if against is not None:
        raise Refused(against)
    after = take_home(home, before, because("route-made-for", tenant=tenant.name), person)
    Tenant.objects.filter(pk=tenant.pk).update(route=after)
    moved = {"tenant": tenant.name, "was": serving(tenant), "route": after.name}
    said = told(because("tenant-moved", why=why, **moved), because("tenant-rehomed", said=why, **moved), home)
    _record(person, said, (serving(tenant), after.name))
    tenant.route = after
    rebind([row for row in (before, after) if row], said, person)


def _lock(name: str) -> Tenant:
    row = Tenant.objects.select_for_update(of=("self",)).select_related("route").filter(name=name).first()
    if row is None:
        raise Refused(because("tenant-unknown", tenant=name))
    return row


def _record(person: Person, why: Reason, moved: tuple[str, str] = ("", "")) -> None:
    record([event(timezone.now(), "tenant", actor=person, moved=moved, reason=why)])
