"""Taking over what routers show: after break-glass, or whatever else moved users without Drover."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Cluster, Prod
from journal.core.reasons import Refused, because
from journal.log import event, record
from journal.retrying import retried
from traffic.engine.shifting import Shifted, shift
from traffic.models import Route, RouteMember
from traffic.queries.adopting import Shown, read_adoption

from .words import Faults, read_reason, text_of

OPEN = (Cluster.Intent.ACTIVE, Cluster.Intent.CORDONED)


@retried
def adopt_shown(person: Person, router: str, given: Mapping[str, Any]) -> Shifted:
    """Ask for what the Router shows at newer epochs than ours, as new epochs above; members that it does not show get
    no weight. `digest`: of what the person has read; Refused where it is otherwise by now, or there is nothing. A Cluster
    that is left without users by it is draining. `confirm`: the names of the Routes, apart by spaces or commas, whose
    single writer is another Prod by it: nobody else vouches that the old ones have stopped writing.

    Raises FieldErrors at `digest`, `confirm` or `reason`. What was not read back just now is never taken over.
    """
    require(person, "route.shift")
    faults = Faults()
    why, digest = read_reason(given.get("reason", ""), faults), text_of(given, "digest", faults)
    typed = text_of(given, "confirm", faults)
    faults.check()
    with transaction.atomic():
        _lock_clusters(router)  # before any Route, as a failover does
        _lock(router)
        now = timezone.now()
        adoption = read_adoption(router, now)
        if digest != adoption.digest:
            raise Refused(because("shown-moved-on", router=router))
        if not adoption.able:
            raise Refused(because("nothing-to-adopt", router=router))
        _check_writers(adoption.writers, typed)
        told = because("weights-adopted", router=router, by=person.get_username(), why=why or "-")
        Route.objects.bulk_update(
            [Route(pk=one.pk, epoch=one.shown_epoch) for one in adoption.able], ["epoch"]
        )
        wanted = {one.pk: _wanted(one) for one in adoption.able}
        routes = because("routes-adopted", router=router, routes=len(wanted), why=why or "-")
        record([event(now, "router", actor=person, reason=routes)])
        shifted = shift(wanted, told, now, actor=person, anew=True)
        _drain_emptied(person, router, adoption.able, now)
        return shifted


def _check_writers(moved: Iterable[Shown], typed: str) -> None:
    faults, named = Faults(), set(typed.replace(",", " ").split())
    for one in moved:
        if one.route not in named:
            faults.add("confirm", "writer-unconfirmed", route=one.route, prod=one.writer)
    faults.check()


def _lock_clusters(router: str) -> None:
    rows = Prod.objects.filter(memberships__route__publications__instance__router__name=router)
    locked = Cluster.objects.select_for_update().filter(pk__in=rows.values("cluster")).order_by("pk")
    list(locked.values_list("pk"))


def _drain_emptied(person: Person, router: str, moved: Iterable[Shown], now: datetime) -> None:
    """Clusters that have lost their last users by this are draining, as if Drover had emptied them: nobody is sent there
    but by a failback."""
    lost = {prod for one in moved for prod, weight in one.asked if weight and not dict(one.shown).get(prod)}
    serving = RouteMember.objects.filter(prod__cluster=OuterRef("pk"), weight__gt=0)
    emptied = Cluster.objects.filter(pk__in=Prod.objects.filter(name__in=lost).values("cluster"))
    for cluster in emptied.filter(~Exists(serving), intent__in=OPEN).order_by("pk"):
        Cluster.objects.filter(pk=cluster.pk).update(intent=Cluster.Intent.DRAINING)
        why = because("cluster-emptied-outside", cluster=cluster.name, router=router)
        states = (str(cluster.intent), str(Cluster.Intent.DRAINING))
        record([event(now, "cluster", actor=person, cluster=cluster.name, moved=states, reason=why)])


def _lock(router: str) -> None:
    """The Routes that are published there, in one order."""
    rows = Route.objects.filter(publications__instance__router__name=router).values("pk")
    list(Route.objects.select_for_update().filter(pk__in=rows).order_by("pk").values_list("pk"))


def _wanted(one: Shown) -> dict[str, int]:
    members = dict.fromkeys((prod for prod, _ in one.asked), 0)
    return {**members, **{prod: weight for prod, weight in one.shown if weight or prod in members}}
