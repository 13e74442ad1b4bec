"""Where users can be while their Prod is changed, read from rows: for the preview, for a pass, for the act."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from journal.core.reasons import Reason, because
from releases.core.plan import Plan
from releases.core.progress import StepNow
from releases.core.states import STEP_DONE, STEP_ENDED, StepState
from releases.models import Claim, Run, Step
from traffic.core.ground import Ground
from traffic.core.plan import TrafficPlan
from traffic.core.relocation import guests, only_whole, plan_relocation, promises
from traffic.queries.facts import read_facts

KIND = "relocate"


def needs_room(strategy: Mapping[str, Any]) -> bool:
    """Whether a release by this strategy may put users on Prods that do not serve them in normal times."""
    return strategy.get("alone") == "relocate" or strategy.get("name") == "switch"


def planned_relocations(plan: Plan) -> dict[str, TrafficPlan]:
    """Prod -> where its users go, for those that `plan` relocates, as things are now. A Prod that the plan changes
    before is no place to be: it has left the Version by then."""
    moving = relocated_prods(plan)
    if not moving:
        return {}
    ground, avoid = _ground(None), set(_unfit(None))
    found: dict[str, TrafficPlan] = {}
    for wave in plan.waves:
        for prod in wave.prods:
            if prod.name in moving:
                found[prod.name] = plan_relocation(ground, prod.name, avoid)
            avoid.add(prod.name)
    return found


def relocated_prods(plan: Plan) -> frozenset[str]:
    """The Prods that `plan` has a `relocate` for."""
    prods = (prod for wave in plan.waves for prod in wave.prods)
    return frozenset(prod.name for prod in prods if any(step.kind == KIND for step in prod.steps))


def nowhere_reasons(relocations: dict[str, TrafficPlan]) -> dict[str, Reason]:
    """Prod -> why its users have no place to be in, for those of which some have none."""
    return {prod: nowhere_reason(plan) for prod, plan in relocations.items() if plan.staying}


def nowhere_reason(plan: TrafficPlan) -> Reason:
    """Why not all of them have one: the first that has none."""
    first = plan.staying[0]
    return because(
        "nowhere-to-go",
        **{
            **dict(first.why.params),
            "route": first.route,
            "more": len(plan.staying) - 1,
            "why": first.why.code,
        },
    )


def loads_to_come(plan: Plan, relocations: dict[str, TrafficPlan]) -> dict[str, int]:
    """Prod -> the most load that the relocations of `plan` put on it at a time."""
    return promises(
        (wave.parallel, [guests(relocations[prod.name]) for prod in wave.prods if prod.name in relocations])
        for wave in plan.waves
    )


def nowhere_now(run: Run, plan: Plan, steps: Iterable[StepNow], now: datetime) -> dict[str, Reason]:
    """Prod -> why its users have nowhere to go now, for those whose turn it may be. Costs nothing where no such step
    waits."""
    waiting = _turns(plan, steps)
    if not waiting:
        return {}
    ground, avoid = _ground(now, run.pk), _unfit(run.pk)
    return nowhere_reasons({prod: plan_relocation(ground, prod, avoid) for prod in waiting})


def relocation_now(run: Run, prod: str, now: datetime) -> TrafficPlan:
    """Where the users of `prod` go now. The caller has the lock on room."""
    return plan_relocation(_ground(now, run.pk), prod, _unfit(run.pk))


def _ground(now: datetime | None, run_id: int | None = None) -> Ground:
    return Ground(only_whole(read_facts(now, run_id=run_id)))


def _turns(plan: Plan, steps: Iterable[StepNow]) -> list[str]:
    """The Prods whose `relocate`, the first Step that they have, waits, in the waves up to the first that others must
    finish."""
    waiting = {s.prod for s in steps if s.prod and s.kind == KIND and s.state == StepState.WAITING}
    going = {s.prod for s in steps if s.prod and s.state not in STEP_DONE} if waiting else set()
    found: list[str] = []
    for wave in plan.waves:
        found += [prod.name for prod in wave.prods if prod.name in waiting]
        if any(prod.name in going and prod.held is None for prod in wave.prods):
            break
    return found


def _unfit(run_id: int | None) -> frozenset[str]:
    """The Prods that nobody is sent to for a while: those of other Runs, and those that `run_id` is changing."""
    claimed = Claim.objects.exclude(run=run_id).values_list("prod__name", flat=True)
    open_steps = Count("pk", filter=~Q(state__in=[state.value for state in STEP_ENDED]))
    begun = Count("pk", filter=Q(attempt__gt=0))
    rows = Step.objects.filter(run=run_id, prod__isnull=False).values("prod__name")
    mine = rows.annotate(open=open_steps, begun=begun).filter(open__gt=0, begun__gt=0)
    return frozenset({*claimed, *mine.values_list("prod__name", flat=True)})
