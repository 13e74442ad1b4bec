"""The plan of a release, also of what is left of one, and of a build: which Prods, in which waves, with which Steps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from journal.core.reasons import Reason, Refused, because

from .digest import fingerprint, sealed
from .draining import can_be_drained, served_alone
from .facts import FleetFacts, ProdFacts, VersionFacts
from .grouping import Group, group, parallel_limit
from .horizon import find_horizon
from .impact import Impact, impacts
from .partners import Partners, ill_partner_reason, read_partners
from .plan import From, Horizon, Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import ask, release_steps, set_version, target, wait_ready
from .states import RunKind
from .strategy import Amount, Strategy
from .switch_plan import SWITCHED, switch_wave
from .switching import NO_PAIRS, Pairing, first_groups

_NO_LIMIT = Amount(0)
NOBODY: Mapping[str, Reason] = {}


@dataclass(frozen=True, slots=True)
class _Case:
    """What all Prods of a release are planned by: who is drained, who is relocated, who has nowhere to go, who takes
    whose place."""

    version: VersionFacts
    strategy: Strategy
    partners: Partners
    drained: frozenset[str]
    relocated: frozenset[str]
    nowhere: Mapping[str, Reason]
    takes: Mapping[str, str]


def plan_release(
    fleet: FleetFacts,
    blueprint: str,
    version: VersionFacts,
    strategy: Strategy,
    exclude: tuple[tuple[str, str], ...] = (),
    nowhere: Mapping[str, Reason] = NOBODY,
    pairing: Pairing = NO_PAIRS,
) -> Plan:
    """The plan that brings `version` to every Prod of `blueprint` that is not retired or excluded.

    `exclude` is (Prod, why). Raises Refused for one that is unknown, named twice, or without a why. `nowhere`: Prods
    that cannot start since their users have no place to be in meanwhile. `pairing`: who takes whose place, for
    the strategy `switch`.
    """
    ours = _ours(fleet, blueprint)
    chosen = chosen_prods(fleet, blueprint, strategy, exclude)
    partners = read_partners(fleet)
    case = _case(fleet, version, strategy, partners, nowhere, _takes(pairing))
    waves = _waves(chosen, fleet, case, pairing)
    horizon = find_horizon(waves, ours, version.name)
    return sealed(
        Plan(
            kind=RunKind.RELEASE,
            blueprint=blueprint,
            version=version.name,
            waves=_with_gates(waves, strategy, horizon),
            excluded=tuple(sorted(exclude)),
            failure_budget=strategy.failure_budget,
            horizon=horizon,
            fingerprint=fingerprint(chosen, partners),
            digest="",
        )
    )


def plan_anew(
    fleet: FleetFacts,
    old: Plan,
    begun: AbstractSet[str],
    version: VersionFacts,
    strategy: Strategy,
    nowhere: Mapping[str, Reason] = NOBODY,
    left_out: Collection[str] = (),
    pairing: Pairing = NO_PAIRS,
) -> Plan:
    """`old`, a release, with the Prods that it has not `begun` where the facts of now have them, after those that it has;
    without those that are `left_out`.
    Where the facts are the same, so is the plan; but an approval is of the plan that was read, so what is left of a wave
    that asked for one is a wave of its own and asks again. `pairing`, for the strategy `switch`: who takes the place of
    whom, of those that have not begun to hand their users over.
    """
    chosen = chosen_anew(fleet, old, strategy, left_out)
    partners = read_partners(fleet)
    # What is under way comes back: nobody has to stay in service for it any longer than for its turn.
    well = replace(partners, ill=partners.ill - begun)
    case = _case(fleet, version, strategy, well, nowhere, _takes(pairing))
    kept = tuple(wave for wave in (_only(wave, begun) for wave in old.waves) if wave.prods)
    waves = _joined(kept, _left(chosen, begun, fleet, case, pairing), strategy)
    horizon = find_horizon(waves, _ours(fleet, old.blueprint), version.name)
    return sealed(
        replace(
            old,
            waves=_with_gates(waves, strategy, horizon, done=len(kept)),
            horizon=horizon,
            fingerprint=fingerprint(chosen, partners),
        )
    )


def chosen_anew(
    fleet: FleetFacts, old: Plan, strategy: Strategy, left_out: Collection[str] = ()
) -> tuple[Impact, ...]:
    """The Prods of `old` but those that are `left_out`, in impact order; by `switch` all other standby Prods too, since each
    may take somebody's place."""
    planned = {prod.name for wave in old.waves for prod in wave.prods}
    spare = {prod.name for prod in fleet.prods if strategy.name == "switch" and prod.role == "standby"}
    wanted = (planned | spare).difference(left_out, (prod for prod, _ in old.excluded))
    found = impacts(fleet, _ours(fleet, old.blueprint), strategy.few_below)
    return tuple(one for one in found if one.prod.name in wanted)


def _takes(pairing: Pairing) -> dict[str, str]:
    """Prod -> the one whose place it takes."""
    return {pair.new.name: pair.old.name for pair in pairing.pairs}


def _only(wave: Wave, prods: AbstractSet[str]) -> Wave:
    return replace(wave, prods=tuple(prod for prod in wave.prods if prod.name in prods))


def _left(
    chosen: tuple[Impact, ...], begun: AbstractSet[str], fleet: FleetFacts, case: _Case, pairing: Pairing
) -> tuple[Wave, ...]:
    """The waves of those that have not begun. Those that have come first, since bounds are of the load so far."""
    if case.strategy.name == "switch":
        return _waves(tuple(one for one in chosen if one.prod.name not in begun), fleet, case, pairing)
    ordered = tuple(sorted(chosen, key=lambda one: one.prod.name not in begun))
    groups = (
        Group(one.name, tuple(pair for pair in one.members if pair[0].name not in begun))
        for one in group(ordered, case.strategy)
    )
    return tuple(_wave(one, case) for one in groups if one.members)


def _joined(kept: tuple[Wave, ...], left: tuple[Wave, ...], strategy: Strategy) -> tuple[Wave, ...]:
    """One after the other; a wave that is under way and goes on is one."""
    if not kept or not left or kept[-1].name != left[0].name or kept[-1].gates:
        return (*kept, *left)
    prods = (*kept[-1].prods, *left[0].prods)
    at_once = strategy.name == "switch" and left[0].name == SWITCHED
    limit = len(prods) if at_once else parallel_limit(strategy.parallel, len(prods))
    return (*kept[:-1], Wave(left[0].name, prods, limit), *left[1:])


def _ours(fleet: FleetFacts, blueprint: str) -> tuple[ProdFacts, ...]:
    return tuple(prod for prod in fleet.prods if prod.blueprint == blueprint and prod.lifecycle != "retired")


def chosen_prods(
    fleet: FleetFacts, blueprint: str, strategy: Strategy, exclude: tuple[tuple[str, str], ...]
) -> tuple[Impact, ...]:
    """The Prods that a release is about, in impact order. Raises Refused as `plan_release` does."""
    ours = _ours(fleet, blueprint)
    _check_exclude(exclude, frozenset(prod.name for prod in ours))
    left_out = {prod for prod, _ in exclude}
    found = impacts(fleet, ours, strategy.few_below)
    return tuple(one for one in found if one.prod.name not in left_out)


def _waves(chosen: tuple[Impact, ...], fleet: FleetFacts, case: _Case, pairing: Pairing) -> tuple[Wave, ...]:
    if case.strategy.name != "switch":
        return tuple(_wave(one, case) for one in group(chosen, case.strategy))
    first = tuple(_wave(one, case) for one in first_groups(chosen, fleet, pairing))
    held = {pair.old.name: held_reason(pair.old, case.partners) for pair in pairing.pairs}
    return (*first, *switch_wave(pairing, case.strategy, held))


def _check_exclude(exclude: tuple[tuple[str, str], ...], known: frozenset[str]) -> None:
    names = [prod for prod, _ in exclude]
    wrong = [because("prod-unknown", prod=prod) for prod in names if prod not in known]
    wrong += [because("exclude-twice", prod=prod) for prod in sorted(set(names)) if names.count(prod) > 1]
    wrong += [because("exclude-needs-reason", prod=prod) for prod, why in exclude if not why.strip()]
    if wrong:
        raise Refused(*wrong)


def _relocated(fleet: FleetFacts, strategy: Strategy) -> frozenset[str]:
    return served_alone(fleet) if strategy.alone == "relocate" else frozenset()


def _case(
    fleet: FleetFacts,
    version: VersionFacts,
    strategy: Strategy,
    partners: Partners,
    nowhere: Mapping[str, Reason],
    takes: Mapping[str, str],
) -> _Case:
    drained, relocated = can_be_drained(fleet), _relocated(fleet, strategy)
    return _Case(version, strategy, partners, drained, relocated, nowhere, takes)


def _wave(one: Group, case: _Case) -> Wave:
    prods = tuple(_planned(prod, why, case) for prod, why in one.members)
    return Wave(one.name, prods, parallel_limit(case.strategy.parallel, len(prods)))


def _planned(prod: ProdFacts, reason: Reason, case: _Case) -> PlannedProd:
    to = target(case.version.name, case.version.revision, prod)
    drained, relocated = prod.name in case.drained, prod.name in case.relocated
    steps = release_steps(prod, to, case.strategy, drained, relocated, case.takes.get(prod.name, ""))
    held = held_reason(prod, case.partners) or case.nowhere.get(prod.name)
    return PlannedProd(prod.name, reason, steps, prod.came_from, to.version, held)


def held_reason(prod: ProdFacts, partners: Partners) -> Reason | None:
    """Why `prod` could not start now: a Hold, its Cluster, or a partner that cannot stand in for it."""
    return prod.held or prod.cluster_reason or ill_partner_reason(prod.name, partners)


def _with_gates(
    waves: Sequence[Wave], strategy: Strategy, horizon: Horizon | None, done: int = 0
) -> tuple[Wave, ...]:
    """The first `done` waves have the gates that they were begun with."""
    gate = (ask(strategy.approvals),)
    new = (
        replace(wave, gates=gate if _asks(number, strategy.ask, horizon) else ())
        for number, wave in enumerate(waves[done:], start=done + 1)
    )
    return (*waves[:done], *new)


def _asks(number: int, when: str, horizon: Horizon | None) -> bool:
    if when == "horizon":
        return horizon is not None and number == horizon.wave
    return when == "each-wave" and number > 1


def plan_build(fleet: FleetFacts, blueprint: str, prods: Iterable[str], ready_timeout_s: int = 660) -> Plan:
    """The plan that makes each of `prods` what it asks for: one wave, all at once, nothing soaked.

    One that fails stops no other. `version` is the one that all ask for, or empty. Raises Refused for a
    Prod that is unknown, retired or of another Blueprint.
    """
    ours = {prod.name: prod for prod in fleet.prods if prod.blueprint == blueprint}
    names = sorted(set(prods))
    wrong = [name for name in names if name not in ours or ours[name].lifecycle == "retired"]
    if wrong:
        raise Refused(*(because("prod-unknown", prod=name) for name in wrong))
    found = impacts(fleet, (ours[name] for name in names), _NO_LIMIT)
    partners = read_partners(fleet)
    versions = {one.prod.version for one in found}
    built = tuple(_built(one, ready_timeout_s, partners) for one in found)
    return sealed(
        Plan(
            kind=RunKind.BUILD,
            blueprint=blueprint,
            version=versions.pop() if len(versions) == 1 else "",
            waves=(Wave("build", built, len(built)),) if built else (),
            excluded=(),
            failure_budget=len(built),
            horizon=None,
            fingerprint=fingerprint(found, partners),
            digest="",
        )
    )


def _built(one: Impact, ready_timeout_s: int, partners: Partners) -> PlannedProd:
    prod = one.prod
    to = From(prod.version, prod.blueprint_revision, prod.overrides_revision)
    steps: tuple[PlannedStep, ...] = (set_version(to), wait_ready(ready_timeout_s))
    why = because("asked-for", version=prod.version)
    return PlannedProd(prod.name, why, steps, prod.came_from, to.version, held_reason(prod, partners))
