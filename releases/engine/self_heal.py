"""Healing without a person: only where a person has switched it on, only what two looks have found, and not
for ever.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from clusters.core.drift import What
from clusters.models import Cluster, Drift, Prod
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.models import Event
from releases.actions.heal import SWITCH
from releases.actions.runs import claim, create_run
from releases.actions.start import one_at_a_time
from releases.core.facts import FleetFacts
from releases.core.healing import (
    HealFacts,
    has_healed_too_often,
    plan_heal,
    self_heal_blockers,
    wants_self_heal,
)
from releases.core.plan import Plan
from releases.core.states import RunKind
from releases.fleet import fleet_facts, version_facts
from releases.heal_preview import known_drift, plan_stops
from releases.models import Run
from releases.switches import read_stop, take_turn

HOUR = timedelta(hours=1)
MOST = 20


def heal_due() -> int:
    """Start a heal of every Prod that is to be healed without a person now. Returns how many were started.
    May run in many places at once."""
    now = timezone.now()
    rows = Drift.objects.filter(
        state=Drift.State.DRIFTED,
        prod__self_heal=True,
        prod__claim__isnull=True,
        prod__raised_by__isnull=True,  # a heal would take pods from users who have just come
    ).select_related("prod__cluster", "prod__version", "prod__blueprint")
    wanted = [row.prod for row in rows.order_by("since")[:MOST] if wants_self_heal(known_drift(row.prod))]
    if not wanted:
        return 0
    fleet = fleet_facts(now)
    ready = [prod for prod in wanted if not self_heal_blockers(_facts(prod, fleet, 0)[0], now)]
    return sum(_heal(prod, now) is not None for prod in ready)


def reasons_to_wait(prod: Prod, now: datetime) -> tuple[Reason, ...]:
    """Why the Prod, whose drift is to be healed without a person, is not healed yet; empty: it is about to
    be. Needs `cluster` and `drift` to be loaded."""
    if prod.raised_by:
        return (because("heal-after-rollback", run=prod.raised_by),)
    return self_heal_blockers(_facts(prod, fleet_facts(now), 0)[0], now)


def _facts(prod: Prod, fleet: FleetFacts, healed: int) -> tuple[HealFacts, Plan]:
    drift = known_drift(prod)
    plan = plan_heal(fleet, prod.name, drift, by_itself=True)
    versions = {facts.name: facts for facts in version_facts(plan.blueprint)}
    facts = HealFacts(
        drift=drift,
        healthy=prod.cluster.health == Cluster.Health.HEALTHY,
        veto=versions[plan.version].veto,
        stops=(*read_stop(), *plan_stops(plan, fleet)),
        healed=healed,
    )
    return facts, plan


def _heal(prod: Prod, now: datetime) -> Run | None:
    """The Run; None if something stands against it after all, or if it was done too often."""
    try:
        with transaction.atomic():
            take_turn()
            one_at_a_time(prod.blueprint.name)
            row = _again(prod)
            facts, plan = _facts(row, fleet_facts(now), healed_lately(row, now))
            if not row.self_heal or row.raised_by or self_heal_blockers(facts, now):
                return None
            if has_healed_too_often(facts.healed):
                _stop(row, facts, now)
                return None
            run = create_run(None, plan, now, strategy={}, version=row.version)
            claim(run, plan.waves[0].prods)
            why = because("heal-started", differences=len(facts.drift.differences))
            record(
                [event(now, SWITCH, run_id=run.pk, prod=row.name, moved=("drifted", "healing"), reason=why)]
            )
            return run
    except Refused:  # another run was quicker
        return None


def _again(prod: Prod) -> Prod:
    """The Prod as it is now that nobody else starts anything on it."""
    return Prod.objects.select_related("cluster", "version", "blueprint", "drift").get(pk=prod.pk)


def healed_lately(prod: Prod, now: datetime) -> int:
    """How often it was healed without a person within the last hour, and since that was switched on."""
    switched = Event.objects.filter(kind=SWITCH, prod=prod.name, to_state="on", at__gte=now - HOUR)
    since = max([now - HOUR, *switched.order_by("-pk").values_list("at", flat=True)[:1]])
    runs = Run.objects.filter(kind=RunKind.HEAL, author=None, started_at__gte=since)
    return runs.filter(steps__prod=prod).distinct().count()


def _stop(prod: Prod, facts: HealFacts, now: datetime) -> None:
    """No fight: a person has to find out who writes against us."""
    if not Prod.objects.filter(pk=prod.pk, self_heal=True).update(self_heal=False):
        return
    ours = [one for one in facts.drift.differences if one.what == What.CHANGED and one.manager]
    manager = ", ".join(sorted({one.manager for one in ours})) or "somebody"
    why = because("self-heal-stopped", times=facts.healed, manager=manager)
    record([event(now, SWITCH, prod=prod.name, cluster=prod.cluster.name, moved=("on", "off"), reason=why)])
