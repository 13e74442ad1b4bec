"""A person's "not now" on a Prod."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Refused, because
from journal.log import event, record
from releases.models import Hold
from releases.prod_previews import known_prod

from .lift import lift_hold, wake_all
from .runs import checked_reason


def set_hold(person: Person, prod: str, reason: str) -> Hold:
    """No Run begins to change the Prod until somebody lifts it; what is under way on it goes on. Refused
    if it is held already."""
    require(person, "hold.set")
    text, now, row = checked_reason(reason), timezone.now(), known_prod(prod)
    try:
        with transaction.atomic():
            hold = Hold.objects.create(prod=row, reason=text, author=person, at=now)
            why = because("held-by-person", by=person.get_username(), why=text)
            moved = ("", "held")
            told = event(
                now, "hold", actor=person, prod=prod, cluster=row.cluster.name, moved=moved, reason=why
            )
            record([told])
            wake_all()
            return hold
    except IntegrityError as error:
        standing = Hold.objects.filter(prod=row).select_related("author").latest("pk")
        told_by = {"by": standing.author.get_username(), "why": standing.reason}
        raise Refused(because("prod-held-already", prod=prod, **told_by)) from error


def lift_hold_of(person: Person, prod: str, reason: str) -> Hold:
    """The Hold that stands on the Prod, lifted."""
    require(person, "hold.lift")
    standing = Hold.objects.filter(prod=known_prod(prod), lifted_at=None).values_list("pk", flat=True).first()
    return lift_hold(person, standing or 0, reason)
