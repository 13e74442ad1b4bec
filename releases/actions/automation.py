"""What may be done without a person: the kill switch, and automatic failover by redundancy."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Refused, because
from journal.log import event, record
from releases.core.automation import CLASSES
from releases.models import AutoFailover, AutomationStop
from releases.switches import take_turn

from .runs import checked_reason

KIND, SWITCH = "automation", "auto-failover"


def stop_automation(person: Person, reason: str) -> AutomationStop:
    """Nothing is done without a person from the commit on: no failover, no heal. Refused if it is so already."""
    require(person, "automation.stop")
    text = checked_reason(reason)
    try:
        with transaction.atomic():
            take_turn()  # what has begun is done; what comes later sees the switch
            now = timezone.now()
            stop = AutomationStop.objects.create(reason=text, author=person, at=now)
            why = because("automation-stopped-by-person", by=person.get_username(), why=text)
            record([event(now, KIND, actor=person, moved=("on", "off"), reason=why)])
            return stop
    except IntegrityError as error:
        raise Refused(because("automation-already-stopped")) from error


def resume_automation(person: Person, reason: str) -> None:
    """What is switched on may be done without a person again. Refused if it is so already."""
    require(person, "automation.resume")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        if not AutomationStop.objects.filter(lifted_at=None).update(lifted_at=now, lifted_by=person):
            raise Refused(because("automation-not-stopped"))
        why = because("automation-resumed-by-person", by=person.get_username(), why=text)
        record([event(now, KIND, actor=person, moved=("off", "on"), reason=why)])


def set_auto_failover(person: Person, redundancy: str, on: bool, reason: str) -> AutoFailover:
    """Routes of this redundancy leave a dead Cluster without a person, or no longer. Refused if it is so already,
    and for a redundancy that never does."""
    require(person, "automation.write")
    text, now = checked_reason(reason), timezone.now()
    if redundancy not in CLASSES:
        raise Refused(because("never-automatic", redundancy=redundancy[:63]))
    with transaction.atomic():
        take_turn()
        was = AutoFailover.objects.filter(redundancy=redundancy, on=True).exists()
        if was == on:
            raise Refused(because("auto-failover-already"))
        values = {"on": on, "reason": text, "author": person, "at": now}
        row, _ = AutoFailover.objects.update_or_create(redundancy=redundancy, defaults=values)
        code = "auto-failover-switched-on" if on else "auto-failover-switched-off"
        why = because(code, redundancy=redundancy, by=person.get_username(), why=text)
        moved = ("off", "on") if on else ("on", "off")
        record([event(now, SWITCH, actor=person, moved=moved, reason=why)])
        return row
