"""A whole list of Tenants: where each would go, then all of them added, or none."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import FieldErrors, Reason, Refused, because, within
from journal.log import event, record
from traffic.core.facts import TrafficFacts
from traffic.core.sharding import Placing, TenantNow, place_tenants
from traffic.core.tenant_lists import Line, read_lines
from traffic.models import Hostname, Route, Tenant
from traffic.queries.facts import read_facts

from .locks import ROOM, TENANTS, one_at_a_time
from .placing import FIELD_OF, check_prods, read_blueprint, rebind, take_shard
from .tenant_words import TenantFacts, columns_of, facts_of, read_tenant, read_tenant_name
from .words import Faults

ERRORS_TOLD = 100


@dataclass(frozen=True, slots=True)
class Placed:
    """A Tenant of line `line` and the Route that it goes to, and why; `chosen`: why on these Prods. `new`: the Route is to
    be made, on `prods`."""

    line: int
    name: str
    load: int
    route: str
    new: bool
    prods: tuple[str, ...]
    why: Reason = field(repr=False)  # these have numbers that belong to no digest
    chosen: Reason = field(repr=False)


@dataclass(frozen=True, slots=True)
class TenantImport:
    """What a list would add, in the order of its lines; the Tenants that are there already, just so; and the digest of
    what is added and where, with which it may be done."""

    placed: tuple[Placed, ...]
    same: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    line: int
    name: str
    facts: TenantFacts
    blueprint: str


def preview_tenants(person: Person, text: Any) -> TenantImport:
    """Where each Tenant of the list (`traffic.core.tenant_lists`) would go. Stores nothing.

    Raises FieldErrors at `text[NUMBER].FIELD`, or at `text`: whatever is wrong in the whole list, the first 100.
    """
    require(person, "tenant.write")
    return _plan(text)[0]


def import_tenants(person: Person, text: Any, digest: Any) -> TenantImport:
    """All Tenants of the list added, each where the preview with this `digest` said; Refused where the answer would be
    another by now. Those that are there, just so, stay: the whole list again changes nothing, whatever the digest.
    """
    require(person, "tenant.write")
    with transaction.atomic():
        one_at_a_time(TENANTS)
        one_at_a_time(ROOM)
        found, wanted, placing = _plan(text)
        if not found.placed:
            return found
        if digest != found.digest:
            raise Refused(because("import-stale"))
        _store(person, wanted, placing)
    return found


def _plan(text: Any) -> tuple[TenantImport, Mapping[str, _Wanted], Placing]:
    facts, faults = read_facts(), Faults()
    if not isinstance(text, str):
        faults.add("text", "not-a-text")
        faults.check()
    lines, wrong = read_lines(text)
    for fault in wrong:
        faults.add_reason(_path(fault.number, fault.field), fault.reason)
    _check(faults)
    wanted = _read(lines, facts, faults)
    same = _same(wanted, faults)
    new = {one.name: one for one in wanted if one.name not in same}
    _check_hostnames(new.values(), faults)
    check_prods({_path(one.line, "pins"): one.facts.pins for one in new.values() if one.facts.pins}, faults)
    _check(faults)
    placing = place_tenants([_now(one) for one in new.values()], facts)
    for name, why in placing.unplaced:
        faults.add_reason(_path(new[name].line, FIELD_OF.get(why.code, "redundancy")), why)
    _check(faults)
    placed = _placed(new, placing)
    told = repr([(one, new[one.name].facts) for one in placed])
    return TenantImport(placed, tuple(sorted(same)), hashlib.sha256(told.encode()).hexdigest()), new, placing


def _path(line: int, field: str) -> str:
    return f"text[{line}].{field}" if field else f"text[{line}]"


def _check(faults: Faults) -> None:
    wrong = faults.errors().errors
    if wrong:
        raise FieldErrors(wrong[:ERRORS_TOLD])


def _read(lines: Sequence[Line], facts: TrafficFacts, faults: Faults) -> list[_Wanted]:
    found: list[_Wanted] = []
    lines_of: dict[str, int] = {}
    kinds: dict[str, tuple[str, FieldErrors]] = {}
    for line in lines:
        mine = Faults()
        name, asked = read_tenant_name(line.given.get("name"), mine), read_tenant(line.given, mine)
        kind = line.given.get("blueprint", "")
        kind = kind if isinstance(kind, str) else "-"
        if kind not in kinds:
            wrong = Faults()
            kinds[kind] = read_blueprint(kind, facts, None, wrong), wrong.errors()
        mine.take(kinds[kind][1])
        if name in lines_of:
            mine.add("name", "tenant-twice-in-list", tenant=name, line=lines_of[name])
        lines_of.setdefault(name, line.number)
        faults.take(mine.errors(), f"text[{line.number}].")
        found.append(_Wanted(line.number, name, asked, kinds[kind][0]))
    return found


def _same(wanted: Sequence[_Wanted], faults: Faults) -> set[str]:
    """The names of those that are there just so; one that is there otherwise is a fault."""
    rows = Tenant.objects.filter(name__in=[one.name for one in wanted])
    there = {row.name: facts_of(row) for row in rows}
    for one in wanted:
        if one.name in there and there[one.name] != one.facts:
            faults.add(_path(one.line, "name"), "tenant-exists-otherwise", tenant=one.name)
    return set(there)


def _check_hostnames(wanted: Iterable[_Wanted], faults: Faults) -> None:
    lines: dict[str, int] = {}
    hosts = {host: one for one in wanted for host in one.facts.hostnames}
    owners = dict(Hostname.objects.filter(name__in=hosts).values_list("name", "tenant__name"))
    for one in wanted:
        for host in one.facts.hostnames:
            if host in owners:
                faults.add(_path(one.line, "hostnames"), "hostname-taken", hostname=host, tenant=owners[host])
            elif host in lines:
                faults.add(
                    _path(one.line, "hostnames"), "hostname-twice-in-list", hostname=host, line=lines[host]
                )
            lines.setdefault(host, one.line)


def _now(one: _Wanted) -> TenantNow:
    facts = one.facts
    return TenantNow(one.name, facts.load, facts.redundancy, facts.data_class, one.blueprint, facts.pins)


def _placed(new: Mapping[str, _Wanted], placing: Placing) -> tuple[Placed, ...]:
    found = [
        Placed(
            new[name].line,
            name,
            new[name].facts.load,
            shard.route,
            shard.new,
            tuple(seat.prod for seat in shard.members if seat.weight or seat.target),
            shard.why,
            shard.chosen,
        )
        for shard in placing.shards
        for name in shard.tenants
    ]
    return tuple(sorted(found, key=lambda one: one.line))


def _store(person: Person, wanted: Mapping[str, _Wanted], placing: Placing) -> None:
    rows: list[Tenant] = []
    why: list[Reason] = []
    grown: list[Route] = []
    for shard in placing.shards:
        made = because("route-made-for-list", tenants=len(shard.tenants))
        route = take_shard(shard, None, made, person)
        if not shard.new:
            grown.append(route)
        rows += [Tenant(name=name, route=route, **columns_of(wanted[name].facts)) for name in shard.tenants]
        why += [
            within("tenant-placed", shard.chosen, tenant=name, route=route.name) for name in shard.tenants
        ]
    Tenant.objects.bulk_create(rows, batch_size=1000)
    now = timezone.now()
    record([event(now, "tenant", actor=person, moved=("", "added"), reason=reason) for reason in why])
    rebind(grown, because("tenants-imported", tenants=len(rows)), person)
