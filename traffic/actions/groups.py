"""Whole groups of Tenants alike, each on a Route of its own: the example fleet and tests."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Prod
from journal.core.reasons import Refused, because
from journal.log import event, record
from traffic.core.facts import Seat
from traffic.models import DataClass, Hostname, Redundancy, Route, Tenant

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
    """One Route per group, members with equal weights, and its Tenants. The same again changes nothing."""
    require(person, "prod.apply")
    with transaction.atomic():
        one_at_a_time(TENANTS)
        for group in groups:
            _load_group(person, group)


def _load_group(person: Person, group: TenantGroup) -> None:
    prods = list(Prod.objects.filter(name__in=group.prods).order_by("name"))
    unknown = sorted(set(group.prods) - {prod.name for prod in prods})
    if unknown or not prods or group.redundancy not in Redundancy.values:
        raise Refused(because("tenant-group-wrong", group=group.name, unknown=", ".join(unknown)))
    if Route.objects.filter(name=group.name).exists():
        return
    tenants = [_tenant(group, number) for number in range(1, group.count + 1)]
    _check_free(tenants)
    why = because("route-created", route=group.name, tenants=group.count)
    weights = equal_weights(len(prods))
    seats = tuple(Seat(prod.name, weight, weight) for prod, weight in zip(prods, weights, strict=True))
    route = make_route(group.name, group.redundancy, DataClass.STATELESS, seats, why, person)
    for tenant in tenants:
        tenant.route = route
    Tenant.objects.bulk_create(tenants)
    record([event(timezone.now(), "route", actor=person, reason=why)])


def equal_weights(members: int) -> list[int]:
    """Whole percents that add up to 100, the larger ones first.

    >>> equal_weights(3)
    [34, 33, 33]
    """
    share, left = divmod(100, members)
    return [share + (number < left) for number in range(members)]


def _check_free(tenants: list[Tenant]) -> None:
    """Raises Refused where another Tenant has one of the names or hostnames."""
    names = Tenant.objects.filter(name__in=[one.name for one in tenants]).order_by("name")
    hosts = Hostname.objects.filter(name__in=[host for one in tenants for host in one.hostnames]).order_by(
        "name"
    )
    wrong = [because("tenant-exists", tenant=name) for name in names.values_list("name", flat=True)]
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
