"""Healing drift: by a person, and the switch that lets it happen without one."""

from django.db import transaction
from django.utils import timezone

from access.actions.words import optional_reason
from access.models import Person
from access.permissions import require
from clusters.models import Drift, Prod
from journal.core.reasons import Refused, because, reason_to_json
from journal.log import event, record
from releases.core.blockers import stale_blocker
from releases.heal_preview import preview_heal
from releases.models import Run
from releases.prod_previews import known_prod

from .runs import checked_reason, claim, create_run
from .start import one_at_a_time

SWITCH = "self-heal"
NOT_COMPARED = (Prod.Lifecycle.BUILDING, Prod.Lifecycle.RETIRED)


def heal_prod(person: Person, prod: str, digest: str, *, take_over: bool = False, reason: str = "") -> Run:
    """The running heal of exactly the plan that has `digest`: what was last asked of the Prod is applied
    again. `take_over`: fields that other managers own are taken from them, what they added is removed.

    Refused where the drift or the plan has changed since it was shown, where there is nothing to heal, and
    where anything stands against it.
    """
    require(person, "prod.heal")
    if take_over:
        require(person, "prod.take-over")
    text = optional_reason(reason)
    with transaction.atomic():
        row = known_prod(prod)
        one_at_a_time(row.blueprint.name)
        preview = preview_heal(prod, take_over=take_over)
        stale = stale_blocker(digest, preview.plan.digest)
        reasons = (stale.reason,) if stale else preview.reasons
        if reasons:
            raise Refused(*reasons)
        row.refresh_from_db(fields=["version"])
        run = create_run(person, preview.plan, timezone.now(), strategy={}, version=row.version, why=text)
        claim(run, preview.plan.waves[0].prods)
        return run


def set_self_heal(person: Person, prod: str, on: bool, reason: str) -> Prod:
    """Drift of this Prod is healed without a person, or no longer. Refused if it is so already."""
    require(person, "prod.self-heal")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        row = known_prod(prod)
        if not Prod.objects.filter(pk=row.pk, self_heal=not on).update(self_heal=on):
            raise Refused(because("self-heal-already"))
        code = "self-heal-on" if on else "self-heal-off"
        why = because(code, by=person.get_username(), why=text)
        moved = ("off", "on") if on else ("on", "off")
        told = event(now, SWITCH, actor=person, prod=prod, cluster=row.cluster.name, moved=moved, reason=why)
        record([told])
        row.refresh_from_db(fields=["self_heal"])
        return row


def check_drift(person: Person, prod: str) -> Drift:
    """The Prod is compared with its Cluster now; until that is done its drift is unknown."""
    require(person, "prod.heal")
    now = timezone.now()
    with transaction.atomic():
        row = known_prod(prod)
        if row.lifecycle in NOT_COMPARED:
            raise Refused(because("drift-not-compared", lifecycle=row.lifecycle))
        why = because("drift-asked", by=person.get_username())
        Drift.objects.get_or_create(prod=row)
        Drift.objects.filter(prod=row).update(
            state=Drift.State.UNKNOWN, reason=reason_to_json(why), since=now, due_at=now
        )
        return Drift.objects.get(prod=row)
