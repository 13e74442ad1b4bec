"""What would go on if somebody resumed a release that was pre-empted: what is left of it, judged by the facts of now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from journal.core.reasons import Reason
from releases.core.anew import Change, changes, left_out
from releases.core.blockers import blockers
from releases.core.facts import FleetFacts
from releases.core.plan import Plan, PlannedProd
from releases.core.plan_json import plan_from_json
from releases.core.waves import plan_anew
from releases.engine.preempting import begun_prods
from releases.models import Run
from releases.preview import known_strategy

from .fleet import fleet_facts, version_facts
from .relocations import loads_to_come, nowhere_reasons, planned_relocations
from .touched import set_meanwhile


@dataclass(frozen=True, slots=True)
class Anew:
    """`plan` is what would go on, `changes` what it does otherwise than the one before to Prods that have not `begun`.
    `promised`: Prod -> load units of room that it counts on from now on. `reasons`: why it cannot go on yet, since other
    Runs have Prods that it is to begin. `left_out`: Prod -> why it stays as it is."""

    plan: Plan
    changes: tuple[Change, ...]
    begun: frozenset[str]
    promised: Mapping[str, int]
    is_new: bool
    reasons: tuple[Reason, ...] = ()
    left_out: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def left(self) -> tuple[PlannedProd, ...]:
        """What has not begun."""
        prods = (prod for wave in self.plan.waves for prod in wave.prods)
        return tuple(prod for prod in prods if prod.name not in self.begun)


def preview_anew(run: Run) -> Anew:
    """What holds Prods back is said of each, and holds up no other. A Run that was not pre-empted, and one by `switch`, is
    not judged anew: its plan as it is."""
    old, begun = plan_from_json(run.plan), begun_prods(run)
    if run.preempted_by_id is None or run.strategy.get("name") == "switch":
        return Anew(old, (), begun, {}, is_new=False)
    fleet, strategy = fleet_facts(), known_strategy(run.strategy)
    version = next(facts for facts in version_facts(old.blueprint) if facts.name == old.version)
    out = left_out(old, begun, fleet, set_meanwhile(run))
    plan = plan_anew(fleet, old, begun, version, strategy, left_out=out)
    relocations = planned_relocations(_left(plan, begun))
    if nowhere := nowhere_reasons(relocations):
        plan = plan_anew(fleet, old, begun, version, strategy, nowhere, out)
    left = _left(plan, begun)
    return Anew(
        plan=plan,
        changes=changes(old, plan, begun),
        begun=begun,
        promised=loads_to_come(left, relocations),
        is_new=plan.digest != old.digest,
        reasons=tuple(_taken(left, fleet)),
        left_out=out,
    )


def _taken(plan: Plan, fleet: FleetFacts) -> Iterable[Reason]:
    return (one.reason for one in blockers(plan, fleet) if one.reason.code == "claimed")


def _left(plan: Plan, begun: frozenset[str]) -> Plan:
    """What has not begun of it."""
    waves = (
        replace(wave, prods=tuple(prod for prod in wave.prods if prod.name not in begun))
        for wave in plan.waves
    )
    return replace(plan, waves=tuple(waves))
