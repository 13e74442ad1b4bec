"""What would happen: the same values that are then carried out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Avg, F

from access.roles import PERMISSIONS, allows
from clusters.models import Blueprint, Cluster, Prod, Version
from journal.core.reasons import FieldErrors, Reason, Refused, because
from journal.core.words import plain_words
from releases.core.allowed import ACTIONS, RunFacts, blockers_of
from releases.core.blockers import blockers
from releases.core.draining import writers_alone
from releases.core.facts import FleetFacts, VersionFacts
from releases.core.kinds import DISTURBING
from releases.core.notes import relocation_notes
from releases.core.outlook import freed
from releases.core.plan import Blocker, Plan
from releases.core.plan_json import plan_from_json
from releases.core.rollback import Refusal, RollbackPlan, plan_rollback, switched
from releases.core.scaling import given_more, warmed
from releases.core.states import RUN_ENDED, STEP_BROKEN, STEP_ENDED, RunKind, RunState
from releases.core.strategy import BadStrategy, Strategy, parse_strategy
from releases.core.switching import pair_standbys
from releases.core.waves import chosen_prods, plan_release
from releases.engine.preempting import releases_having
from releases.models import Run, Step
from traffic.core.facts import TrafficFacts
from traffic.core.failover import plan_rollback_traffic
from traffic.core.ground import Ground
from traffic.core.plan import Left, TrafficPlan
from traffic.core.switching import switched_back
from traffic.queries.facts import read_facts

from .fleet import fleet_facts, version_facts
from .relocations import loads_to_come, nowhere_reasons, planned_relocations
from .scaling import helped_plan
from .touched import Seen, Touched, kept_by_others, read_seen, read_touched
from .warming import warm_up_blockers

Excluded = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A release as it would run, and what holds it back. `notes` hold nothing back, but say what becomes of users
    meanwhile; `promised`: Prod -> load units of room that it counts on."""

    plan: Plan
    blockers: tuple[Blocker, ...]
    strategy: Strategy
    notes: tuple[Blocker, ...] = ()
    promised: Mapping[str, int] = field(default_factory=dict)


def known_version(blueprint: str, version: str) -> Version:
    """The Version. Raises Refused, naming what is unknown."""
    if not Blueprint.objects.filter(name=blueprint).exists():
        raise Refused(because("blueprint-unknown", blueprint=blueprint))
    found = Version.objects.filter(blueprint__name=blueprint, name=version).select_related("revision").first()
    if found is None:
        raise Refused(because("version-unknown", blueprint=blueprint, version=version))
    return found


def default_strategy() -> Strategy:
    """What a strategy is without being told."""
    return Strategy(soak_s=settings.DEFAULT_SOAK_S, ramp_watch_s=settings.RAMP_WATCH_S)


def known_strategy(strategy: object) -> Strategy:
    """The Strategy. Raises FieldErrors, each wrong field as `strategy.NAME`."""
    try:
        return parse_strategy(strategy, default_strategy())
    except BadStrategy as error:
        named = ((f"strategy.{path}" if path else "strategy", reason) for path, reason in error.errors)
        raise FieldErrors(tuple(named)) from error


def preview_release(
    blueprint: str, version: str, strategy: dict[str, Any], exclude: Sequence[Mapping[str, str]]
) -> Preview:
    """The plan that `start_release` would run now. Raises Refused for unknown names, and FieldErrors for
    a strategy that cannot be and reasons that are not plain."""
    row = known_version(blueprint, version)
    parsed = known_strategy(strategy)
    fleet = fleet_facts()
    facts = next(facts for facts in version_facts(blueprint) if facts.name == row.name)
    excluded = tuple(
        (str(item["prod"]), plain_words(item.get("reason", ""), f"exclude[{number}].reason"))
        for number, item in enumerate(exclude)
    )
    if parsed.name == "switch":
        return _preview_switch(fleet, blueprint, facts, parsed, excluded)
    plan = plan_release(fleet, blueprint, facts, parsed, excluded)
    relocations = planned_relocations(plan)
    nowhere = nowhere_reasons(relocations)
    if nowhere:
        plan = plan_release(fleet, blueprint, facts, parsed, excluded, nowhere)
    return Preview(
        plan,
        (*warm_up_blockers(plan), *blockers(plan, fleet, facts, nowhere=nowhere)),
        parsed,
        notes=relocation_notes(relocations, _writers(plan, fleet, parsed)),
        promised=loads_to_come(plan, relocations),
    )


def _preview_switch(
    fleet: FleetFacts, blueprint: str, version: VersionFacts, strategy: Strategy, excluded: Excluded
) -> Preview:
    """Nobody is switched while one of those who serve finds no standby Prod: half a switch is another strategy."""
    chosen = chosen_prods(fleet, blueprint, strategy, excluded)
    pairing = pair_standbys(chosen, fleet, Ground(read_facts()).rooms)
    plan = plan_release(fleet, blueprint, version, strategy, excluded, pairing=pairing)
    missing = tuple(Blocker(reason) for reason in pairing.missing)
    promised = {pair.new.name: pair.load for pair in pairing.pairs}
    stops = (*missing, *warm_up_blockers(plan), *blockers(plan, fleet, version))
    return Preview(plan, stops, strategy, promised=promised)


def _writers(plan: Plan, fleet: FleetFacts, strategy: Strategy) -> dict[str, tuple[str, ...]]:
    """Prod -> its Routes that a relocation leaves out, of the Prods that it would be for."""
    planned = (
        {prod.name for wave in plan.waves for prod in wave.prods} if strategy.alone == "relocate" else set()
    )
    return {prod: routes for prod, routes in writers_alone(fleet).items() if prod in planned}


def run_facts(run: Run) -> RunFacts:
    """What the table of allowed actions asks of `run`. Three queries."""
    steps = list(Step.objects.filter(run=run).values_list("prod", "kind", "state", "attempt"))
    changed = {prod for prod, kind, _, attempt in steps if kind in DISTURBING and attempt}
    return RunFacts(
        kind=RunKind(run.kind),
        state=RunState(run.state),
        changed=len(changed),
        broken=sum(state in STEP_BROKEN for _, _, state, _ in steps),
        skippable=sum(state not in STEP_ENDED for _, _, state, _ in steps),
        asking=sum(kind == "ask" and state == "running" for _, kind, state, _ in steps),
        successor=_successor(run, changed),
        deleted=sum(kind == "delete_objects" and attempt > 0 for _, kind, _, attempt in steps),
        lost=len(kept_by_others(run, changed)),
        preempted=run.preempted_by_id is not None,
    )


def _successor(run: Run, changed: set[int]) -> int | None:
    """The number of the rollback that has taken `run` back, or is about to. One that was aborted, or that
    left a Prod on the bad Version, may be followed by another."""
    rollbacks = Run.objects.filter(rollback_of=run).order_by("-pk")
    live = rollbacks.exclude(state__in=[state.value for state in RUN_ENDED]).first()
    if live:
        return live.pk
    done = rollbacks.filter(state=RunState.SUCCEEDED).first()
    still_bad = Prod.objects.filter(pk__in=changed, version=run.version_id).exists()
    return done.pk if done and not still_bad else None


def action_blockers(run: Run, role: str) -> dict[str, tuple[Reason, ...]]:
    """For each action: why `role` cannot do it to `run` now; empty means it can."""
    facts = run_facts(run)
    return {action: _role_blockers(action, role) + blockers_of(action, facts) for action in ACTIONS}


def _role_blockers(action: str, role: str) -> tuple[Reason, ...]:
    if allows(role, f"run.{action}"):
        return ()
    return (because("role-may-not", role=role, needs=str(PERMISSIONS[f"run.{action}"])),)


@dataclass(frozen=True, slots=True)
class RollbackPreview:
    """What a rollback would do now: (Prod, Version it goes to), (Prod, why) of those that it leaves,
    tenants and load concerned, a guess of the time. With `reasons` it is refused. `at_once`: tenants that are
    sent to good Prods before anything is deployed; `staying`: Routes whose tenants cannot be. `scaled`: Prods that
    get more pods for who comes, `warmed`: that are warmed up as they come. `preempts`: releases from which it takes Prods over
    that they have not begun."""

    moves: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, Reason], ...]
    tenants: int
    load: int
    estimate_s: int
    reasons: tuple[Reason, ...]
    at_once: int = 0
    staying: tuple[Left, ...] = ()
    scaled: tuple[str, ...] = ()
    warmed: tuple[str, ...] = ()
    preempts: tuple[Run, ...] = ()


def rollback_plan(run: Run, fleet: FleetFacts, touched: Touched | None = None) -> RollbackPlan | Refusal:
    """The rollback of `run` as it would be carried out now. `touched`: as it was read already."""
    touched = touched or read_touched(run)
    return plan_rollback(
        run.pk,
        plan_from_json(run.plan),
        touched.changed,
        fleet,
        touched.versions,
        run.version.name if run.version else "",
        touched.later,
        touched.done,
    )


def begun_switches(run: Run) -> tuple[tuple[str, str], ...]:
    """(Prod, Prod that took its place) of those that `run` has switched over, in its order."""
    rows = Step.objects.filter(run=run, kind="switch", attempt__gt=0)
    begun = set(rows.values_list("prod__name", flat=True))
    if not begun:
        return ()
    return tuple(pair for pair in switched(plan_from_json(run.plan)) if pair[0] in begun)


def plan_traffic(run: Run, planned: RollbackPlan, facts: TrafficFacts, prods: Iterable[Prod]) -> TrafficPlan:
    """Where the users of the bad Prods go at once, and who stays until their Prod is deployed again. `facts` are those
    after every switch was undone. Whoever has a single writer stays: a rollback asks nobody whether the old one is
    stopped. `prods`: what `read_prods` has read."""
    bad = set(planned.on_bad)
    back = {name: version for name, version in planned.moves if name in bad}
    dead = {prod.cluster.name for prod in prods if prod.cluster.health == Cluster.Health.UNREACHABLE}
    version = run.version.name if run.version else ""
    return plan_rollback_traffic(facts, version, back, dead=dead)


def _refused(reasons: tuple[Reason, ...]) -> RollbackPreview:
    return RollbackPreview((), (), 0, 0, 0, reasons)


def preview_rollback(run: Run, seen: Seen | None = None) -> RollbackPreview:
    """What the red button would do. `seen`: what it goes by, where that was read already."""
    reasons = blockers_of("rollback", run_facts(run))
    if reasons:
        return _refused(reasons)
    seen = seen or read_seen(run)
    planned = rollback_plan(run, seen.fleet, seen.touched)
    if isinstance(planned, Refusal):
        return _refused(planned.reasons)
    facts = switched_back(seen.facts, begun_switches(run))
    traffic = plan_traffic(run, planned, facts, seen.prods)
    helped = helped_plan(run, planned.plan, seen.fleet, seen.facts, facts, traffic)
    return RollbackPreview(
        moves=planned.moves,
        left=planned.left,
        tenants=planned.tenants,
        load=planned.load,
        estimate_s=_estimate_s(run, planned.rounds),
        reasons=(),
        at_once=sum(one.tenants for one in freed(seen.facts, facts, traffic, planned.on_bad)),
        staying=traffic.staying,
        scaled=given_more(helped),
        warmed=warmed(helped),
        preempts=_preempted(run, planned, seen.fleet),
    )


def _preempted(run: Run, planned: RollbackPlan, fleet: FleetFacts) -> tuple[Run, ...]:
    moved = {prod for prod, _ in planned.moves}
    theirs = [
        prod.name for prod in fleet.prods if prod.name in moved and prod.claimed_by not in (None, run.pk)
    ]
    return tuple(releases_having(theirs).select_related("version", "blueprint")) if theirs else ()


def _estimate_s(run: Run, rounds: int) -> int:
    """How long it took lately to get a Prod ready, times the Prods that must follow each other."""
    done = Step.objects.filter(run__blueprint=run.blueprint_id, kind="wait_ready", state="succeeded")
    latest = done.order_by("-pk").values("pk")[:50]
    took = Step.objects.filter(pk__in=latest).aggregate(mean=Avg(F("finished_at") - F("started_at")))
    one = took["mean"].total_seconds() if took["mean"] else 60.0
    return max(1, round(one * rounds))
