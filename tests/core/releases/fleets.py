"""Fleets and Runs as plain values: builders with defaults, and the fleet that every text speaks of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from releases.core.facts import FleetFacts, ProdFacts, RouteFacts, VersionFacts
from releases.core.partners import read_partners
from releases.core.plan import From, Plan
from releases.core.progress import RunNow, StepNow, WaveLimits
from releases.core.states import STEP_DONE, RunState, StepState

NOW = datetime(2025, 6, 1, 3, 0, tzinfo=UTC)
OLD = From("v1.0.0", 1, 1)
V1 = VersionFacts("v1.0.0", revision=1, proven=True, order=1)
V2 = VersionFacts("v1.1.0", revision=2, order=2)

DOMAINS = {"a": "tokyo-dc1", "b": "ap-northeast-1", "c": "fukuoka-dc1"}


def make_prod(name: str, **changes: object) -> ProdFacts:
    """A live Prod in service and ready, on v1.0.0, on the Cluster that its name begins with."""
    cluster = name.split("-", maxsplit=1)[0]
    prod = ProdFacts(
        name=name,
        blueprint="shop",
        cluster=cluster,
        domain=DOMAINS.get(cluster, cluster),
        role="live",
        capacity=1000,
        lifecycle="in-service",
        version="v1.0.0",
        blueprint_revision=1,
        overrides_revision=1,
        came_from=OLD,
        health="ready",
    )
    return replace(prod, **changes)


def make_route(name: str, load: int, *prods: str, redundancy: str = "none") -> RouteFacts:
    """A Route with one tenant per load unit, its weight shared evenly."""
    weight = 100 // max(1, len(prods))
    return RouteFacts(name, redundancy, load, load, tuple((prod, weight) for prod in prods))


def example_fleet(**changes: dict[str, object]) -> FleetFacts:
    """The fleet of the source; `changes` by Prod name with an underscore: `a_1={"health": "unknown"}`."""
    names = ("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")
    own = {name.replace("_", "-"): fields for name, fields in changes.items()}
    prods = tuple(
        make_prod(name, **{"role": "test" if name == "c-2" else "live", **own.get(name, {})})
        for name in names
    )
    routes = (
        *(make_route(f"shop-r-{n}", 100, "a-2", "b-1", redundancy="two-domain") for n in (1, 2, 3)),
        *(make_route(f"shop-s-{n}", 100, "a-1") for n in (1, 2, 3, 4)),
        *(make_route(f"shop-t-{n}", 100, "b-2") for n in (1, 2, 3, 4)),
        make_route("shop-u-1", 20, "c-1"),
        make_route("staff-1", 3, "c-2", redundancy="test"),
    )
    return FleetFacts(prods, routes)


def names_of(plan: Plan) -> list[list[str]]:
    """The Prods of each wave, in order."""
    return [[prod.name for prod in wave.prods] for wave in plan.waves]


def make_run(plan: Plan, fleet: FleetFacts, state: RunState = RunState.RUNNING) -> RunNow:
    """The Run of `plan` before its first pass: all Steps wait, numbered in the order of the plan."""
    partners = read_partners(fleet)
    return RunNow(
        id=1,
        kind=plan.kind,
        state=state,
        reason=None,
        waves=tuple(
            WaveLimits(number, wave.parallel, frozenset(prod.name for prod in wave.prods if prod.held))
            for number, wave in enumerate(plan.waves, start=1)
        ),
        failure_budget=plan.failure_budget,
        steps=_steps(plan),
        routes=partners.routes,
        members=partners.members,
        outs={},
        ill=partners.ill,
        blocked={},
        unknown=partners.unknown,
    )


def _steps(plan: Plan) -> tuple[StepNow, ...]:
    rows = [
        (number, position, prod, step.kind, str(dict(step.params).get("to", "")))
        for number, wave in enumerate(plan.waves, start=1)
        for prod, steps in [("", wave.gates), *((prod.name, prod.steps) for prod in wave.prods)]
        for position, step in enumerate(steps)
    ]
    return tuple(
        StepNow(
            id=index,
            wave=wave,
            position=position,
            prod=prod,
            kind=kind,
            state=StepState.WAITING,
            attempt=0,
            tries=0,
            since=NOW,
            due_at=None,
            reason=None,
            to=to,
        )
        for index, (wave, position, prod, kind, to) in enumerate(rows, start=1)
    )


def telling(steps: Iterable[StepNow]) -> tuple[StepNow, ...]:
    """What `releases.telling` chooses."""
    columns: dict[tuple[int, str], list[StepNow]] = {}
    for step in steps:
        columns.setdefault((step.wave, step.prod), []).append(step)
    found: list[StepNow] = []
    for mine in columns.values():
        done = all(step.state in STEP_DONE for step in mine)
        untouched = all(step.state is StepState.WAITING and not step.attempt for step in mine)
        first = min(step.position for step in mine)
        going = not done and not untouched
        found += [s for s in mine if going or s.position == first or s.state is StepState.SKIPPED]
    return tuple(sorted(found, key=lambda step: step.id))
