"""Why not: one table of what holds back a plan of each kind. Empty means go."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .facts import FleetFacts, ProdFacts, VersionFacts
from .leaving import left_unserved
from .partners import Partners, ill_partner_reason, read_partners
from .plan import Blocker, Plan
from .states import RunKind

Pairs = Iterable[tuple[Reason, str]]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a rule looks at: the plan, the facts of its Prods in the plan's order, its Versions."""

    plan: Plan
    fleet: FleetFacts
    prods: tuple[ProdFacts, ...]
    partners: Partners
    versions: tuple[VersionFacts, ...]
    run: int | None
    nowhere: Mapping[str, Reason]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The blockers that stand while a Run goes on: for the whole Run, and by Prod."""

    stopped: Reason | None
    blocked: dict[str, Reason]


def blockers(
    plan: Plan,
    fleet: FleetFacts,
    *versions: VersionFacts,
    run: int | None = None,
    nowhere: Mapping[str, Reason] | None = None,
) -> tuple[Blocker, ...]:
    """Everything that holds back `plan`, whole-plan blockers first. `versions` are those it goes to;
    `run` is the number of the Run whose own claims do not count; `nowhere` are Prods whose users have no place to
    be in meanwhile."""
    case = _case(plan, fleet, versions, run, nowhere or {})
    found = [blocker for rule in _TABLE[RunKind(plan.kind)] for blocker in rule(case)]
    return tuple(sorted(found, key=lambda blocker: bool(blocker.prods)))


def held_back(plan: Plan, fleet: FleetFacts, *versions: VersionFacts) -> HeldBack:
    """The same table for a pass over a Run that is under way, without what `decide` judges itself:
    partners, and claims, which the Run has."""
    case = _case(plan, fleet, versions, None, {})
    rules = [rule for rule in _TABLE[RunKind(plan.kind)] if rule in _STANDING]
    found = [blocker for rule in rules for blocker in rule(case)]
    whole = [blocker.reason for blocker in found if not blocker.prods]
    blocked: dict[str, Reason] = {}
    for blocker in found:
        for prod in blocker.prods:
            blocked.setdefault(prod, blocker.reason)
    return HeldBack(whole[0] if whole else None, blocked)


def stale_blocker(expected: str, actual: str) -> Blocker | None:
    """A plan that is no longer the one a person read; None if it is."""
    if expected == actual:
        return None
    return Blocker(because("plan-stale", shown=expected[:12], now=actual[:12]))


def _case(
    plan: Plan,
    fleet: FleetFacts,
    versions: tuple[VersionFacts, ...],
    run: int | None,
    nowhere: Mapping[str, Reason],
) -> _Case:
    facts = {prod.name: prod for prod in fleet.prods}
    names = [prod.name for wave in plan.waves for prod in wave.prods]
    prods = tuple(facts[name] for name in names if name in facts)
    return _Case(plan, fleet, prods, read_partners(fleet), versions, run, nowhere)


def _no_prods(case: _Case) -> Iterable[Blocker]:
    if not any(wave.prods for wave in case.plan.waves):
        yield Blocker(because("no-prods", blueprint=case.plan.blueprint))


def _freeze(case: _Case) -> Iterable[Blocker]:
    if case.fleet.freeze is not None:
        yield Blocker(case.fleet.freeze)


def _veto(case: _Case) -> Iterable[Blocker]:
    for version in case.versions:
        if version.veto is not None:
            yield from _of_version(case, version, version.veto)


def _missing_images(case: _Case) -> Iterable[Blocker]:
    for version in case.versions:
        if version.missing:
            components = ", ".join(sorted(version.missing))
            why = because("images-missing", version=version.name, components=components)
            yield from _of_version(case, version, why)


def _of_version(case: _Case, version: VersionFacts, reason: Reason) -> Iterable[Blocker]:
    planned = [prod for wave in case.plan.waves for prod in wave.prods]
    prods = tuple(prod.name for prod in planned if prod.version == version.name)
    if version.name == case.plan.version or len(prods) == len(planned):
        yield Blocker(reason)
    elif prods:
        yield Blocker(reason, prods)


def _secrets(case: _Case) -> Iterable[Blocker]:
    """Pods that miss a Secret never start. Where the Cluster cannot be asked, that is said already."""
    needed = {version.name: version.secrets for version in case.versions}
    planned = {prod.name: prod.version for wave in case.plan.waves for prod in wave.prods}
    asked = (prod for prod in case.prods if prod.cluster_reason is None)
    pairs = (
        (reason, prod.name)
        for prod in asked
        for reason in _secret_reasons(prod, needed.get(planned[prod.name], ()))
    )
    return _grouped(pairs)


def _secret_reasons(prod: ProdFacts, needed: tuple[str, ...]) -> Iterable[Reason]:
    states = dict(prod.secrets)
    by_state: dict[str, list[str]] = {}
    for name in sorted({*needed, *prod.patch_secrets}):
        by_state.setdefault(states.get(name, "unknown"), []).append(name)
    for state, code in (("missing", "secrets-missing"), ("unknown", "secrets-unknown")):
        if state in by_state:
            names = ", ".join(by_state[state])
            yield because(code, prod=prod.name, namespace=prod.namespace, secrets=names)


def _claims(case: _Case) -> Iterable[Blocker]:
    return _grouped(
        (because("claimed", run=prod.claimed_by, kind=prod.claimed_kind), prod.name)
        for prod in case.prods
        if prod.claimed_by is not None and prod.claimed_by != case.run
    )


def _holds(case: _Case) -> Iterable[Blocker]:
    return _grouped((prod.held, prod.name) for prod in case.prods if prod.held is not None)


def _clusters(case: _Case) -> Iterable[Blocker]:
    pairs = ((prod.cluster_reason, prod.name) for prod in case.prods if prod.cluster_reason is not None)
    return _grouped(pairs)


def _partners(case: _Case) -> Iterable[Blocker]:
    acted_on = (prod for prod in case.prods if prod.cluster_reason is None)
    pairs = ((ill_partner_reason(prod.name, case.partners), prod.name) for prod in acted_on)
    return _grouped((reason, name) for reason, name in pairs if reason is not None)


def _no_room(case: _Case) -> Iterable[Blocker]:
    return _grouped((case.nowhere[prod.name], prod.name) for prod in case.prods if prod.name in case.nowhere)


def _unserved(case: _Case) -> Iterable[Blocker]:
    pairs = ((reason, prod.name) for prod in case.prods for reason in _left(case, prod.name))
    return _grouped(pairs)


def _left(case: _Case, prod: str) -> tuple[Reason, ...]:
    return left_unserved(prod, case.fleet, case.partners)


def _grouped(pairs: Pairs) -> Iterable[Blocker]:
    """One Blocker for each Reason, with its Prods in the plan's order."""
    prods: dict[Reason, list[str]] = {}
    for reason, prod in pairs:
        prods.setdefault(reason, []).append(prod)
    return [Blocker(reason, tuple(names)) for reason, names in prods.items()]


_Rule = Callable[[_Case], Iterable[Blocker]]

# What a Version needs so that its pods can start.
_RUNNABLE: tuple[_Rule, ...] = (_missing_images, _secrets)

# A rollback takes over claims and passes a freeze; its planner chooses Versions that are not vetoed,
# and the veto is looked at again here in case one came in between. A change brings no new Version to
# anybody, so a Veto does not stop a person from scaling a Prod that runs the vetoed one.
_TABLE: dict[RunKind, tuple[_Rule, ...]] = {
    RunKind.RELEASE: (_no_prods, _freeze, _veto, *_RUNNABLE, _claims, _holds, _clusters, _partners, _no_room),
    RunKind.BUILD: (_no_prods, _freeze, _veto, *_RUNNABLE, _claims, _holds, _clusters, _partners),
    RunKind.ROLLBACK: (_no_prods, _veto, _holds, _clusters),
    RunKind.CHANGE: (_no_prods, _freeze, *_RUNNABLE, _claims, _holds, _clusters, _partners),
    RunKind.HEAL: (_no_prods, _freeze, _missing_images, _claims, _holds, _clusters, _partners),
    RunKind.FAILOVER: (_no_prods,),
    RunKind.EVACUATION: (_no_prods,),
    RunKind.FAILBACK: (_no_prods, _freeze, _claims, _holds, _clusters),
    RunKind.RETIRE: (_no_prods, _freeze, _claims, _holds, _clusters, _unserved),
}

_STANDING = frozenset({_freeze, _veto, *_RUNNABLE, _holds, _clusters, _unserved})
