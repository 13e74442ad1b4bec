"""Whom a rollback of a release could still send away at once after each wave to come, by the facts of the moment."""

from collections.abc import Collection, Mapping, Sequence

from clusters.facts import is_emptied, read_prods
from clusters.models import Cluster, Prod
from releases.core.facts import FleetFacts
from releases.core.outlook import AfterWave, Undoing, foresee, targets_by_version, what_comes
from releases.core.partners import read_partners
from releases.core.plan import Plan
from releases.core.plan_json import plan_from_json
from releases.core.rollback import rollback_targets, switched
from releases.core.states import RUN_ENDED, STEP_ENDED, RunKind, RunState
from releases.core.waves import held_reason
from releases.models import Run, Step
from traffic.core.facts import TrafficFacts
from traffic.queries.facts import read_facts

from .fleet import version_facts
from .touched import Seen, Touched

_NOTHING_COMES = RUN_ENDED | {RunState.STOPPING}


def looks_ahead(run: Run) -> bool:
    """Whether waves of `run` are to come that bring a Version."""
    return run.kind == RunKind.RELEASE and run.state not in _NOTHING_COMES


def read_outlook(run: Run, seen: Seen) -> tuple[AfterWave, ...]:
    """What a rollback after each wave that `run` has not done yet would do at once; empty where none is to come. One
    query beside what was `seen`.

    A Prod that the plan held and that is held still lets the other waves pass, so it stays as it is.
    """
    if not looks_ahead(run):
        return ()
    plan = plan_from_json(run.plan)
    rows = Step.objects.filter(run=run, prod__isnull=False)
    rows = rows.exclude(state__in=[state.value for state in STEP_ENDED])
    left = set(rows.values_list("prod__name", flat=True).distinct())
    waiting = _waiting(plan, seen.fleet) - set(seen.touched.changed)
    return _outlook(run.pk, plan, left - waiting, seen.touched, seen.facts, seen.prods)


def _waiting(plan: Plan, fleet: FleetFacts) -> set[str]:
    """The Prods that `plan` held and that cannot start now. Whether users who had nowhere to go would have a place now
    is asked when their Prod begins, not here."""
    held = {prod.name: prod.held for wave in plan.waves for prod in wave.prods if prod.held}
    if not held:
        return set()
    partners = read_partners(fleet)
    shut = {prod.name for prod in fleet.prods if prod.name in held and held_reason(prod, partners)}
    return shut | {name for name, why in held.items() if why.code == "nowhere-to-go"}


def preview_outlook(plan: Plan) -> tuple[AfterWave, ...]:
    """The same of a release that has not begun, if it began now; Prods that `plan` holds stay as they are."""
    prods = read_prods()
    going = {prod.name for wave in plan.waves for prod in wave.prods if not prod.held}
    touched = Touched((), {}, {}, version_facts(plan.blueprint, with_proof=True))
    return _outlook(0, plan, going, touched, read_facts(urgent=True, prods=prods), prods)


def _outlook(
    run_id: int,
    plan: Plan,
    going: Collection[str],
    touched: Touched,
    facts: TrafficFacts,
    prods: Sequence[Prod],
) -> tuple[AfterWave, ...]:
    begun = touched.changed
    shut = {prod.name for prod in prods if is_emptied(prod)}
    targets = rollback_targets(
        *(run_id, plan, {*begun, *going}, [prod.name for prod in prods], touched.versions),
        *(plan.version, touched.later, _done_then(plan, going, touched.done)),
    )
    dead = {prod.cluster.name for prod in prods if prod.cluster.health == Cluster.Health.UNREACHABLE}
    undoing = Undoing(
        bad=plan.version,
        begun=begun,
        pairs=tuple(pair for pair in switched(plan) if pair[0] in begun),
        targets=targets_by_version(targets),
        dead=tuple(sorted(dead)),
    )
    return foresee(undoing, facts, what_comes(plan, begun, going, shut))


def _done_then(
    plan: Plan, going: Collection[str], done: Mapping[str, Collection[str]]
) -> dict[str, Collection[str]]:
    """Prod -> the step kinds that will have succeeded on it once its wave is through."""
    all_of_it = {
        prod.name: {step.kind for step in prod.steps}
        for wave in plan.waves
        for prod in wave.prods
        if prod.name in going
    }
    return {**done, **all_of_it}
