"""What would go on if somebody resumed a release that was pre-empted: what is left of it, judged by the facts of now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from journal.core.reasons import Reason
from releases.core.anew import Change, Meanwhile, changes, left_out
from releases.core.blockers import blockers
from releases.core.facts import FleetFacts, VersionFacts
from releases.core.plan import Plan, PlannedProd
from releases.core.plan_json import plan_from_json
from releases.core.strategy import Strategy
from releases.core.switch_anew import emptied_meanwhile, not_needed, pair_anew
from releases.core.waves import chosen_anew, plan_anew
from releases.engine.preempting import begun_prods
from releases.models import Run
from releases.preview import known_strategy
from traffic.core.ground import Ground
from traffic.queries.facts import read_facts

from .fleet import fleet_facts, version_facts
from .relocations import loads_to_come, nowhere_reasons, planned_relocations
from .touched import set_meanwhile
from .warming import warm_up_blockers


@dataclass(frozen=True, slots=True)
class Anew:
    """`plan` is what would go on, `changes` what it does otherwise than the one before to Prods that have not `begun`.
    `promised`: Prod -> load units of room that it counts on from now on. `reasons`: why it cannot go on yet, since other
    Runs have Prods that it is to begin, or nobody can take a place that is to be taken. `left_out`: Prod -> why it stays as it is."""

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


class _Case(NamedTuple):
    """What is judged, by which facts: the arguments of `plan_anew`."""

    fleet: FleetFacts
    old: Plan
    begun: frozenset[str]
    version: VersionFacts
    strategy: Strategy


def preview_anew(run: Run) -> Anew:
    """What holds Prods back is said of each, and holds up no other. A Run that was not pre-empted is not judged anew: its
    plan as it is."""
    old, begun = plan_from_json(run.plan), begun_prods(run)
    if run.preempted_by_id is None:
        return Anew(old, (), begun, {}, is_new=False)
    version = next(facts for facts in version_facts(old.blueprint) if facts.name == old.version)
    case = _Case(fleet_facts(), old, begun, version, known_strategy(run.strategy))
    meanwhile = set_meanwhile(run)
    out = left_out(old, begun, case.fleet, meanwhile)
    anew = _by_switch(run, case, out, meanwhile) if case.strategy.name == "switch" else _in_waves(case, out)
    return replace(anew, reasons=(*_taken(run, _left(anew.plan, begun), case.fleet), *anew.reasons))


def _in_waves(case: _Case, out: Mapping[str, Reason]) -> Anew:
    plan = plan_anew(*case, left_out=out)
    relocations = planned_relocations(_left(plan, case.begun))
    if nowhere := nowhere_reasons(relocations):
        plan = plan_anew(*case, nowhere, out)
    return _anew(case, plan, loads_to_come(_left(plan, case.begun), relocations), out)


def _by_switch(run: Run, case: _Case, out: Mapping[str, Reason], meanwhile: Mapping[str, Meanwhile]) -> Anew:
    """As at the start nobody is switched while one of those who serve finds no standby Prod."""
    fleet, old, begun, _, strategy = case
    out = {**out, **emptied_meanwhile(old, begun, fleet)}
    taken = {prod.name for prod in fleet.prods if prod.name in meanwhile and prod.version != old.version}
    avoid = {*out, *(taken - {prod.name for wave in old.waves for prod in wave.prods})}
    chosen = chosen_anew(fleet, old, strategy, avoid)
    rooms = Ground(read_facts(run_id=run.pk)).rooms
    pairing = pair_anew(chosen, fleet, old, begun, rooms)
    plan = plan_anew(*case, left_out=avoid, pairing=pairing)
    cold = (blocker.reason for blocker in warm_up_blockers(_left(plan, begun)))
    promised = {pair.new.name: pair.load for pair in pairing.pairs}
    anew = _anew(case, plan, promised, {**out, **not_needed(old, plan, begun, fleet, out)})
    return replace(anew, reasons=(*pairing.missing, *cold))


def _anew(case: _Case, plan: Plan, promised: Mapping[str, int], out: Mapping[str, Reason]) -> Anew:
    return Anew(
        plan=plan,
        changes=changes(case.old, plan, case.begun),
        begun=case.begun,
        promised=promised,
        is_new=plan.digest != case.old.digest,
        left_out=out,
    )


def _taken(run: Run, plan: Plan, fleet: FleetFacts) -> Iterable[Reason]:
    return (one.reason for one in blockers(plan, fleet, run=run.pk) if one.reason.code == "claimed")


def _left(plan: Plan, begun: frozenset[str]) -> Plan:
    """What has not begun of it."""
    waves = (
        replace(wave, prods=tuple(prod for prod in wave.prods if prod.name not in begun))
        for wave in plan.waves
    )
    return replace(plan, waves=tuple(waves))
