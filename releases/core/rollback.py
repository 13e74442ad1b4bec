"""The plan that takes the Prods of a Run back to where they came from, and what it would do."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from clusters.core.promises import may_share_data
from journal.core.reasons import Reason, because

from .digest import fingerprint, sealed
from .draining import needs_restoring
from .facts import FleetFacts, VersionFacts
from .impact import Impact, impacts
from .partners import Partners, read_partners
from .plan import From, Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import restore, set_version, wait_ready
from .states import RunKind
from .strategy import Amount, Strategy
from .waves import held_reason

READY_TIMEOUT_S = Strategy().ready_timeout_s
# Where a Prod goes back to, or why it cannot.
Target = From | Reason


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """`plan` is what runs; `moves` its (Prod, Version it goes to), in the order run. `left` are changed
    Prods that stay as they are, and why. `on_bad` are those of `moves` that are asked to run the bad
    Version now. `tenants` and `load` are of the Routes they serve, each counted once; `rounds` is how
    many times the moves must wait for each other, since partners are never out together."""

    plan: Plan
    moves: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, Reason], ...]
    on_bad: tuple[str, ...]
    tenants: int
    load: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing can be taken back; every Reason."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    run: int
    bad: str
    there: frozenset[str]
    versions: Mapping[str, VersionFacts]
    later: Mapping[str, Reason]
    done: Mapping[str, Collection[str]]
    handed_over: frozenset[str]


def plan_rollback(
    run_id: int,
    plan: Plan,
    changed: tuple[str, ...],
    fleet: FleetFacts,
    versions: tuple[VersionFacts, ...],
    bad_version: str,
    later: Mapping[str, Reason],
    done: Mapping[str, Collection[str]] | None = None,
) -> RollbackPlan | Refusal:
    """Each changed Prod back to its `from`; where that is vetoed or is the bad Version itself, to the
    newest proven Version that is neither and may share the bad one's data.

    `changed` are Prods whose set_version was ever started, `later` Prods that another Run has since and why that one keeps
    them, `done` the step kinds that have succeeded on each Prod. Prods that cannot go back are named and left; if none can:
    Refusal.
    """
    there = [prod.name for prod in fleet.prods if prod.lifecycle != "retired"]
    case = _case(run_id, plan, there, versions, bad_version, later, done or {})
    touched = _touched(plan, changed)
    refused = _refusal(case, plan, touched)
    if refused is not None:
        return Refusal((refused,))
    targets = {prod.name: _target(case, prod) for prod in touched}
    left = tuple((name, to) for name, to in targets.items() if isinstance(to, Reason))
    going = {name: to for name, to in targets.items() if isinstance(to, From)}
    if not going:
        return Refusal(tuple(dict.fromkeys(reason for _, reason in left)))
    return _rollback_plan(case, plan, fleet, going, left)


def rollback_targets(
    run_id: int,
    plan: Plan,
    changed: Collection[str],
    there: Iterable[str],
    versions: tuple[VersionFacts, ...],
    bad_version: str,
    later: Mapping[str, Reason],
    done: Mapping[str, Collection[str]],
) -> dict[str, Target]:
    """Where `plan_rollback` takes each of `changed`; where it refuses, the same why for all. `there`: the Prods that are
    not retired."""
    case = _case(run_id, plan, there, versions, bad_version, later, done)
    touched = _touched(plan, changed)
    refused = _refusal(case, plan, touched)
    return {prod.name: refused or _target(case, prod) for prod in touched}


def _case(
    run_id: int,
    plan: Plan,
    there: Iterable[str],
    versions: tuple[VersionFacts, ...],
    bad_version: str,
    later: Mapping[str, Reason],
    done: Mapping[str, Collection[str]],
) -> _Case:
    return _Case(
        run_id,
        bad_version,
        frozenset(there),
        {v.name: v for v in versions},
        later,
        done,
        frozenset(old for old, _ in switched(plan)),
    )


def _touched(plan: Plan, changed: Collection[str]) -> list[PlannedProd]:
    names = frozenset(changed)
    return [prod for wave in plan.waves for prod in wave.prods if prod.name in names]


def _refusal(case: _Case, plan: Plan, touched: list[PlannedProd]) -> Reason | None:
    if plan.kind == RunKind.ROLLBACK:
        return because("no-rollback-of-rollback")
    if not touched:
        return because("nothing-changed")
    bad = case.versions.get(case.bad)
    if bad is not None and bad.rollback == "never":
        return because("rollback-declared-never", version=case.bad)
    return None


def switched(plan: Plan) -> tuple[tuple[str, str], ...]:
    """(Prod that hands its users over, Prod that takes its place) of a release by `switch`, in its order."""
    return tuple((prod.name, to) for wave in plan.waves for prod in wave.prods if (to := handed_to(prod)))


def handed_to(prod: PlannedProd) -> str:
    """The Prod that takes the place of `prod`; "": none does."""
    return next((str(dict(step.params)["to"]) for step in prod.steps if step.kind == "switch"), "")


def _target(case: _Case, prod: PlannedProd) -> Target:
    if prod.name not in case.there:
        return because("prod-gone", prod=prod.name)
    if prod.name in case.later:
        return case.later[prod.name]
    if prod.came_from.version == "":
        return because("nothing-to-go-back-to", prod=prod.name)
    bad = case.versions.get(case.bad)
    if bad is not None and bad.until and bad.until in case.done.get(prod.name, ()):
        return because("past-going-back", prod=prod.name, version=case.bad, until=bad.until)
    if prod.name in case.handed_over:
        return prod.came_from
    if _is_good(case.versions.get(prod.came_from.version), case.bad):
        return prod.came_from
    other = newest_proven(_sharing(case.versions.values(), bad), case.bad)
    if other is None:
        return because("no-version-to-go-back-to", prod=prod.name, version=prod.came_from.version)
    return From(other.name, other.revision, prod.came_from.overrides_revision)


def _sharing(versions: Iterable[VersionFacts], bad: VersionFacts | None) -> list[VersionFacts]:
    """Those that may work on the data that the bad Version leaves. A Prod's own `from` need not declare
    it: that the bad Version can be taken back says the same."""
    if bad is None:
        return list(versions)
    return [
        version
        for version in versions
        if may_share_data(version.name, version.shares_data_with, bad.name, bad.shares_data_with)
    ]


def _is_good(version: VersionFacts | None, bad: str) -> bool:
    """Whether a Prod may go to `version`. One that is not known is not taken on trust."""
    return version is not None and version.veto is None and version.name != bad


def newest_proven(versions: Iterable[VersionFacts], bad: str) -> VersionFacts | None:
    """The newest Version that some completed Run has left on a Prod, neither vetoed nor `bad`."""
    proven = [version for version in versions if version.proven and _is_good(version, bad)]
    return max(proven, key=lambda version: version.order, default=None)


def _rollback_plan(
    case: _Case,
    plan: Plan,
    fleet: FleetFacts,
    going: Mapping[str, From],
    left: tuple[tuple[str, Reason], ...],
) -> RollbackPlan:
    found = impacts(fleet, (prod for prod in fleet.prods if prod.name in going), Amount(0))
    ordered = tuple(sorted(found, key=_order))
    tenants, load = _served(fleet, frozenset(going))
    partners = read_partners(fleet)
    return RollbackPlan(
        plan=_plan(case, plan, fleet, ordered, going),
        moves=tuple((one.prod.name, going[one.prod.name].version) for one in ordered),
        left=left,
        on_bad=tuple(one.prod.name for one in ordered if one.prod.version == case.bad),
        tenants=tenants,
        load=load,
        rounds=count_rounds(tuple(one.prod.name for one in ordered), partners),
    )


def count_rounds(prods: tuple[str, ...], partners: Partners) -> int:
    """How many rounds `prods` take if each starts as soon as its partners before it are through.

    >>> two = Partners({"a-2": ("shop",), "b-1": ("shop",)}, {"shop": ("a-2", "b-1")}, frozenset())
    >>> count_rounds(("a-1", "a-2", "b-1"), two)
    2
    """
    busy: dict[str, int] = {}
    most = 0
    for prod in prods:
        routes = partners.routes.get(prod, ())
        mine = 1 + max((busy.get(route, 0) for route in routes), default=0)
        busy.update(dict.fromkeys(routes, mine))
        most = max(most, mine)
    return most


def _order(one: Impact) -> tuple[bool, int, str]:
    """The test Prod first, then those with most users."""
    return one.prod.role != "test", -one.load, one.prod.name


def _served(fleet: FleetFacts, prods: frozenset[str]) -> tuple[int, int]:
    routes = [
        route for route in fleet.routes if any(name in prods and weight > 0 for name, weight in route.members)
    ]
    return sum(route.tenants for route in routes), sum(route.load for route in routes)


def _plan(
    case: _Case, plan: Plan, fleet: FleetFacts, ordered: tuple[Impact, ...], going: Mapping[str, From]
) -> Plan:
    partners = read_partners(fleet)
    warm = _warm_ups(plan)
    back = {prod: (*warm.get(prod, ()), restore()) for prod in needs_restoring(fleet)}
    prods = tuple(
        _planned(case, one, going[one.prod.name], partners, back.get(one.prod.name, ())) for one in ordered
    )
    versions = {to.version for to in going.values()}
    return sealed(
        Plan(
            kind=RunKind.ROLLBACK,
            blueprint=plan.blueprint,
            version=versions.pop() if len(versions) == 1 else "",
            waves=(Wave("rollback", prods, len(prods)),),
            excluded=(),
            failure_budget=len(prods),
            horizon=None,
            fingerprint=fingerprint(ordered, partners),
            digest="",
        )
    )


def _warm_ups(plan: Plan) -> dict[str, tuple[PlannedStep, ...]]:
    """Prod -> how `plan` was to warm it up before its own users came back: so they come back from there too."""
    return {
        prod.name: tuple(
            step for step in prod.steps if step.kind == "warm_up" and "users_of" not in dict(step.params)
        )
        for wave in plan.waves
        for prod in wave.prods
    }


def _planned(
    case: _Case, one: Impact, to: From, partners: Partners, back: tuple[PlannedStep, ...]
) -> PlannedProd:
    why = because("goes-back", run=case.run, version=to.version)
    steps = (set_version(to), wait_ready(READY_TIMEOUT_S), *back)
    if one.prod.name in case.handed_over:  # it was never changed: all that it lacks are its users
        why, steps = because("takes-back", run=case.run, version=to.version), (restore(),)
    held = held_reason(one.prod, partners)
    return PlannedProd(one.prod.name, why, steps, one.prod.came_from, to.version, held)
