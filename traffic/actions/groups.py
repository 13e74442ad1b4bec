"""Whole groups of Tenants alike, cut into Routes: the example fleet and tests."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Prod
from journal.core.reasons import Refused, because
from journal.log import event, record
from traffic.core.facts import Seat
from traffic.core.ground import Ground
from traffic.core.sharding import cut, shard_limit
from traffic.models import DataClass, Hostname, Redundancy, Route, Tenant
from traffic.queries.facts import read_facts

from .locks import TENANTS, one_at_a_time
from .routes import make_route


@dataclass(frozen=True, slots=True)
class TenantGroup:
    """`count` Tenants alike, each of `load` load units, served by `prods` together."""

    name: str
    count: int
    load: int
    redundancy: str
    prods: tuple[str, ...]


def load_tenants(person: Person, groups: Iterable[TenantGroup]) -> None:
    """The Tenants of each group, in the order of their names, on Routes of at most `shard_limit`: one has the name of the
    group, several are NAME-1, NAME-2 ...; members with equal weights. The same again changes nothing, whatever the
    limit is by then."""
    require(person, "prod.apply")
    with transaction.atomic():
        one_at_a_time(TENANTS)
        ground = Ground(read_facts(routes=()))
        for group in groups:
            _load_group(person, group, ground)


def _load_group(person: Person, group: TenantGroup, ground: Ground) -> None:
    prods = list(Prod.objects.filter(name__in=group.prods).select_related("blueprint").order_by("name"))
    unknown = sorted(set(group.prods) - {prod.name for prod in prods})
    if unknown or not prods or group.redundancy not in Redundancy.values:
        raise Refused(because("tenant-group-wrong", group=group.name, unknown=", ".join(unknown)))
    tenants = {one.name: one for one in (_tenant(group, number) for number in range(1, group.count + 1))}
    if _is_loaded(group, tenants):
        return
    weights = equal_weights(len(prods))
    seats = tuple(Seat(prod.name, weight, weight) for prod, weight in zip(prods, weights, strict=True))
    limit = min(shard_limit(ground, prod.blueprint.name, group.redundancy) for prod in prods)
    shards = _shards(group.name, cut([(name, tenants[name].load) for name in sorted(tenants)], limit))
    _check_free(tenants, shards)
    for name, members in shards.items():
        why = because("route-created", route=name, tenants=len(members))
        route = make_route(name, group.redundancy, DataClass.STATELESS, seats, why, person)
        for member in members:
            tenants[member].route = route
        record([event(timezone.now(), "route", actor=person, reason=why)])
    Tenant.objects.bulk_create(tenants.values())


def _is_loaded(group: TenantGroup, tenants: Collection[str]) -> bool:
    """Whether its first Route was made before. One of that name which serves others alone is somebody else's."""
    found = Route.objects.filter(name__in=[group.name, f"{group.name}-1"])
    return found.exists() and (
        Tenant.objects.filter(name__in=tenants).exists() or found.filter(tenants=None).exists()
    )


def _shards(group: str, found: Sequence[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Route -> the names of its Tenants; a Route also where there are none."""
    if len(found) <= 1:
        return {group: found[0] if found else ()}
    return {f"{group}-{number}": names for number, names in enumerate(found, start=1)}


def equal_weights(members: int) -> list[int]:
    """Whole percents that add up to 100, the larger ones first.

    >>> equal_weights(3)
    [34, 33, 33]
    """
    share, left = divmod(100, members)
    return [share + (number < left) for number in range(members)]


def _check_free(tenants: Mapping[str, Tenant], routes: Collection[str]) -> None:
    """Raises Refused where a Route has one of the names, or another Tenant one of the names or hostnames."""
    same = Route.objects.filter(name__in=routes).order_by("name")
    names = Tenant.objects.filter(name__in=tenants).order_by("name")
    asked = [host for one in tenants.values() for host in one.hostnames]
    hosts = Hostname.objects.filter(name__in=asked).order_by("name")
    wrong = [because("route-exists", route=name) for name in same.values_list("name", flat=True)]
    wrong += [because("tenant-exists", tenant=name) for name in names.values_list("name", flat=True)]
    wrong += [
        because("hostname-taken", hostname=host, tenant=owner)
        for host, owner in hosts.values_list("name", "tenant__name")
    ]
    if wrong:
        raise Refused(*wrong[:10])


def _tenant(group: TenantGroup, number: int) -> Tenant:
    name = f"{group.name}-{number:04d}"
    return Tenant(
        name=name,
        hostnames=[f"{name}.example.com"],
        load=group.load,
        redundancy=group.redundancy,
    )
