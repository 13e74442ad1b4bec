"""People's writes to where Routes are published: on a Router, and no longer on it."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import FieldErrors, Refused, because
from journal.log import event, record
from journal.retrying import retried
from traffic.models import Publication, Route, RouterInstance
from traffic.queries.publications import FRESH_FOR
from traffic.routers.protocol import Router as Speaks
from traffic.routers.protocol import RouterError
from traffic.routers.rules import NAME

Connect = Callable[[RouterInstance], Speaks]
# Longer than any call to a router takes.
LEASE = timedelta(seconds=20)
ROUTES_MAX = 10_000


@retried
def publish_routes(person: Person, router: str, routes: Any) -> int:
    """Have every instance of the Router publish these Routes (names) from now on; returns how many Publications are
    new. Those that are there stay. Raises FieldErrors at `routes`."""
    require(person, "router.write")
    instances = list(RouterInstance.objects.filter(router__name=router).order_by("name"))
    if not instances:
        raise Refused(because("router-unknown", router=router))
    with transaction.atomic():
        rows = _read_routes(routes)
        now = timezone.now()
        before = Publication.objects.filter(instance__in=instances).count()
        Publication.objects.bulk_create(
            [
                Publication(route=route, instance=instance, asked=route.epoch, due_at=now)
                for instance in instances
                for route in rows
            ],
            ignore_conflicts=True,
        )
        new = Publication.objects.filter(instance__in=instances).count() - before
        if new:
            why = because("routes-published", router=router, routes=len(rows))
            record([event(now, "router", actor=person, reason=why)])
    return new


def unpublish_routes(person: Person, router: str, routes: Any, connect: Connect) -> None:
    """Take these Routes off every instance of the Router. Raises FieldErrors at `routes`; Refused where one with
    Tenants is published, as asked, nowhere else, or an instance does not answer: then it stays published there.

    Calls the instances: not inside a transaction. May be called again.
    """
    require(person, "router.write")
    instances = list(
        RouterInstance.objects.filter(router__name=router)
        .select_related("router", "cluster")
        .order_by("name")
    )
    if not instances:
        raise Refused(because("router-unknown", router=router))
    with transaction.atomic():
        rows = _read_routes(routes)
    _check_elsewhere([row.pk for row in rows], [instance.pk for instance in instances])
    taken: set[int] = set()
    for instance in instances:
        there = instance.publications.filter(route__in=[row.pk for row in rows])
        if found := dict(there.values_list("route", "route__name")):
            _take_off(instance, found, connect)
            taken |= found.keys()
    if not taken:
        return
    why = because("routes-unpublished", router=router, routes=len(taken))
    with transaction.atomic():
        record([event(timezone.now(), "router", actor=person, reason=why)])


def unpublish_all(instance: RouterInstance, connect: Connect) -> None:
    """Take all Routes off one instance. As `unpublish_routes`; nothing to do is success."""
    routes = dict(instance.publications.values_list("route", "route__name"))
    _check_elsewhere(routes, [instance.pk])
    if routes:
        _take_off(instance, routes, connect)


def _read_routes(given: Any) -> list[Route]:
    if not isinstance(given, list | tuple) or not 0 < len(given) <= ROUTES_MAX:
        raise FieldErrors((("routes", because("routes-needed")),))
    names = [one if isinstance(one, str) and NAME.fullmatch(one) else "" for one in given]
    # Shared with those who move weights: the epoch that is asked must be that of the row.
    rows = list(Route.objects.select_for_update().filter(name__in=names).order_by("pk"))
    known = {row.name for row in rows}
    wrong = [(place, name) for place, name in enumerate(names) if name not in known]
    if wrong:
        raise FieldErrors(tuple((f"routes[{place}]", because("no-route-named-so")) for place, _ in wrong))
    empty = Route.objects.filter(pk__in=[row.pk for row in rows]).exclude(members__weight__gt=0)
    if names_empty := sorted(empty.values_list("name", flat=True)):
        raise FieldErrors((("routes", because("routes-without-weight", routes=", ".join(names_empty[:10]))),))
    return rows


def _check_elsewhere(routes: Collection[int], instances: Collection[int]) -> None:
    """Raises Refused for Routes with Tenants whose last good state would go."""
    served = Route.objects.filter(pk__in=routes, tenants__isnull=False).distinct()
    elsewhere = good_now().exclude(instance__in=instances)
    lonely = served.exclude(pk__in=elsewhere.values("route"))
    published = lonely.filter(publications__instance__in=instances).distinct()
    names = sorted(published.values_list("name", flat=True)[:10])
    if names:
        raise Refused(because("routes-published-only-here", routes=", ".join(names)))


def good_now() -> QuerySet[Publication]:
    """The Publications that were read back as asked, lately enough to count."""
    state, fresh = Publication.State.PUBLISHED, timezone.now() - FRESH_FOR
    return Publication.objects.filter(Publication.seen_since(fresh), state=state, epoch=F("route__epoch"))


def _take_off(instance: RouterInstance, routes: dict[int, str], connect: Connect) -> None:
    """Under the publisher's lease, so that it does not publish again what is being taken away; the rows go only if
    the lease is still ours then. A breakdown in between leaves the rows, and so the Routes published."""
    until = timezone.now() + LEASE
    mine = RouterInstance.objects.filter(pk=instance.pk)
    if not mine.filter(lease_until__lte=timezone.now()).update(lease_until=until):
        raise Refused(because("router-busy", instance=instance.name))
    try:
        connect(instance).remove(sorted(routes.values()))
        with transaction.atomic():
            if not mine.select_for_update().filter(lease_until=until).exists():
                raise Refused(because("router-busy", instance=instance.name))
            Publication.objects.filter(instance=instance, route__in=routes).delete()
    except RouterError as error:
        raise Refused(error.reason) from error
    finally:
        mine.filter(lease_until=until).update(lease_until=timezone.now())
