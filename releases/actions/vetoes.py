"""Vetoes that people set; a rollback sets its own."""

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Version
from journal.core.reasons import Refused, because
from journal.log import event, record

from .lift import wake_all
from .runs import checked_reason


def veto(person: Person, version_id: int, reason: str) -> Version:
    """The Version may be released nowhere any more. Refused if it is vetoed already."""
    require(person, "veto.set")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        changed = Version.objects.filter(pk=version_id, vetoed_at=None).update(
            vetoed_at=now, vetoed_by=person, veto_reason=text
        )
        if not changed:
            raise Refused(because("version-vetoed-already", version=version_id))
        version = Version.objects.select_related("blueprint").get(pk=version_id)
        why = because("vetoed-by-person", by=person.get_username(), why=text, version=str(version))
        record([event(now, "veto", actor=person, moved=("", "vetoed"), reason=why)])
        wake_all()
        return version
