"""Human "not now"s: lifting Holds and Vetoes, stopping the line and letting it run again."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Version
from journal.core.reasons import Refused, because
from journal.log import event, record
from releases.core.states import RUN_LIVE
from releases.engine.wake import wake
from releases.models import Hold, Run
from traffic.models import Freeze

from .runs import checked_reason


def wake_all() -> None:
    """Every live Run looks again."""
    wake(list(Run.objects.filter(state__in=[s.value for s in RUN_LIVE]).values_list("pk", flat=True)))


def lift_hold(person: Person, hold_id: int, reason: str) -> Hold:
    """The Prod may be changed again. Refused if it is lifted already."""
    require(person, "hold.lift")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        hold = Hold.objects.select_related("prod").filter(pk=hold_id).first()
        lifted = Hold.objects.filter(pk=hold_id, lifted_at=None).update(lifted_at=now, lifted_by=person)
        if hold is None or not lifted:
            raise Refused(because("hold-not-standing", hold=hold_id))
        why = because("lifted-by-person", by=person.get_username(), why=text)
        record([event(now, "hold", actor=person, prod=hold.prod.name, moved=("held", "lifted"), reason=why)])
        wake_all()
        return hold


def lift_veto(person: Person, version_id: int, reason: str) -> Version:
    """The Version may be released again. Refused if it is not vetoed."""
    require(person, "veto.lift")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        lifted = Version.objects.filter(pk=version_id, vetoed_at__isnull=False).update(
            vetoed_at=None, vetoed_by=None, veto_reason=""
        )
        if not lifted:
            raise Refused(because("version-not-vetoed", version=version_id))
        version = Version.objects.select_related("blueprint").get(pk=version_id)
        why = because("veto-lifted-by-person", by=person.get_username(), why=text, version=str(version))
        record([event(now, "veto", actor=person, moved=("vetoed", "lifted"), reason=why)])
        wake_all()
        return version


def stop_the_line(person: Person, reason: str) -> Freeze:
    """Nothing new starts in any release or build until the line runs again. A person's rollback passes."""
    require(person, "line.stop")
    text, now = checked_reason(reason), timezone.now()
    try:
        with transaction.atomic():
            freeze = Freeze.objects.create(reason=text, author=person, at=now)
            why = because("stopped-by-person", by=person.get_username(), why=text)
            record([event(now, "line", actor=person, moved=("running", "stopped"), reason=why)])
            wake_all()
            return freeze
    except IntegrityError as error:
        raise Refused(because("line-already-stopped")) from error


def resume_the_line(person: Person, reason: str) -> None:
    """Releases and builds go on."""
    require(person, "line.resume")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        if not Freeze.objects.filter(lifted_at=None).update(lifted_at=now, lifted_by=person):
            raise Refused(because("line-not-stopped"))
        why = because("line-resumed-by-person", by=person.get_username(), why=text)
        record([event(now, "line", actor=person, moved=("stopped", "running"), reason=why)])
        wake_all()
