"""Taking over what routers show: after break-glass, or whatever else moved users without Drover."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Refused, because
from journal.log import event, record
from traffic.engine.shifting import Shifted, shift
from traffic.models import Route
from traffic.queries.adopting import Shown, read_adoption

from .words import Faults, read_reason, text_of


def adopt_shown(person: Person, router: str, given: Mapping[str, Any]) -> Shifted:
    """Ask for what the Router shows at newer epochs than ours, as new epochs above; members that it does not show get
    no weight. `digest`: of what the person has read; Refused where it is otherwise by now, or there is nothing.

    Raises FieldErrors at `digest` or `reason`. What was not read back just now is never taken over.
    """
    require(person, "route.shift")
    faults = Faults()
    why, digest = read_reason(given.get("reason", ""), faults), text_of(given, "digest", faults)
    faults.check()
    with transaction.atomic():
        _lock(router)
        now = timezone.now()
        adoption = read_adoption(router, now)
        if digest != adoption.digest:
            raise Refused(because("shown-moved-on", router=router))
        if not adoption.able:
            raise Refused(because("nothing-to-adopt", router=router))
        told = because("weights-adopted", router=router, by=person.get_username(), why=why or "-")
        Route.objects.bulk_update(
            [Route(pk=one.pk, epoch=one.shown_epoch) for one in adoption.able], ["epoch"]
        )
        wanted = {one.pk: _wanted(one) for one in adoption.able}
        routes = because("routes-adopted", router=router, routes=len(wanted), why=why or "-")
        record([event(now, "router", actor=person, reason=routes)])
        return shift(wanted, told, now, actor=person, anew=True)


def _lock(router: str) -> None:
    """The Routes that are published there, in one order."""
    rows = Route.objects.filter(publications__instance__router__name=router).values("pk")
    list(Route.objects.select_for_update().filter(pk__in=rows).order_by("pk").values_list("pk"))


def _wanted(one: Shown) -> dict[str, int]:
    members = dict.fromkeys((prod for prod, _ in one.asked), 0)
    return {**members, **{prod: weight for prod, weight in one.shown if weight or prod in members}}
