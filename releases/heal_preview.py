"""What a heal would do: the same value that is then carried out."""

from dataclasses import dataclass
from datetime import datetime

from clusters.core.drift import Difference, differences_from_json
from clusters.models import Drift, Prod
from journal.core.reasons import Reason
from releases.core.blockers import blockers
from releases.core.facts import FleetFacts
from releases.core.healing import DriftNow, heal_blockers, is_contested, is_healed, plan_heal, surplus
from releases.core.plan import Plan
from releases.fleet import fleet_facts, version_facts

from .prod_previews import known_prod


@dataclass(frozen=True, slots=True)
class HealPreview:
    """The plan of a heal, why it cannot start (empty: it can), and what becomes of each difference:
    `ends` with it, `stays` (others have made it), `contested` (others own a field that we set)."""

    plan: Plan
    reasons: tuple[Reason, ...]
    drift: DriftNow
    ends: tuple[Difference, ...]
    stays: tuple[Difference, ...]
    contested: tuple[Difference, ...]


def known_drift(prod: Prod) -> DriftNow:
    """What is stored of the Prod's drift; unknown if it was never compared."""
    row: Drift | None = getattr(prod, "drift", None)
    if row is None:
        return DriftNow()
    return DriftNow(row.state, row.since, row.checked_at, differences_from_json(row.differences))


def preview_heal(name: str, *, take_over: bool = False, now: datetime | None = None) -> HealPreview:
    """What `heal_prod` would do now. Raises Refused for a Prod that there is none of, or that is gone."""
    drift, fleet = known_drift(known_prod(name)), fleet_facts(now)
    plan = plan_heal(fleet, name, drift, take_over=take_over, remove=surplus(drift, take_over=take_over))
    ends = tuple(one for one in drift.differences if is_healed(one, take_over=take_over))
    return HealPreview(
        plan=plan,
        reasons=(*heal_blockers(drift, take_over=take_over), *plan_stops(plan, fleet)),
        drift=drift,
        ends=ends,
        stays=tuple(one for one in drift.differences if one not in ends),
        contested=tuple(one for one in drift.differences if is_contested(one)),
    )


def plan_stops(plan: Plan, fleet: FleetFacts) -> tuple[Reason, ...]:
    """What holds the plan back, whole or by its Prod: a heal does not wait for its turn."""
    versions = [facts for facts in version_facts(plan.blueprint) if facts.name == plan.version]
    return tuple(dict.fromkeys(blocker.reason for blocker in blockers(plan, fleet, *versions)))
