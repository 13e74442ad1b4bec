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
from traffic.models import DataClass, Redundancy, Route, Tenant

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
        for group in groups:
            _load_group(person, group)


def _load_group(person: Person, group: TenantGroup) -> None:
    prods = list(Prod.objects.filter(name__in=group.prods).order_by("name"))
    unknown = sorted(set(group.prods) - {prod.name for prod in prods})
    if unknown or not prods or group.redundancy not in Redundancy.values:
        raise Refused(because("tenant-group-wrong", group=group.name, unknown=", ".join(unknown)))
    if Route.objects.filter(name=group.name).exists():
        return
    why = because("route-created", route=group.name, tenants=group.count)
    weights = equal_weights(len(prods))
    seats = tuple(Seat(prod.name, weight, weight) for prod, weight in zip(prods, weights, strict=True))
    route = make_route(group.name, group.redundancy, DataClass.STATELESS, seats, why, person)
    Tenant.objects.bulk_create([_tenant(group, route, number) for number in range(1, group.count + 1)])
    record([event(timezone.now(), "route", actor=person, reason=why)])


def equal_weights(members: int) -> list[int]:
    """Whole percents that add up to 100, the larger ones first.

    >>> equal_weights(3)
    [34, 33, 33]
    """
    share, left = divmod(100, members)
    return [share + (number < left) for number in range(members)]


def _tenant(group: TenantGroup, route: Route, number: int) -> Tenant:
    name = f"{group.name}-{number:04d}"
    return Tenant(
        name=name,
        hostnames=[f"{name}.example.com"],
        load=group.load,
        redundancy=group.redundancy,
        route=route,
    )
