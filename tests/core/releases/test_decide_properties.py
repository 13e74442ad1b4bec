"""What holds for every Run over every fleet, whatever the world answers."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.answers import Answer, Failed, Running, Succeeded, TryAgain
from releases.core.decide import decide
from releases.core.facts import FleetFacts
from releases.core.inflight import broken_step, has_started, is_done, is_in_flight, waves_now
from releases.core.kinds import KINDS
from releases.core.progress import Redo, RunNow, Settle, Start, StepNow
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.states import (
    RUN_ENDED,
    RUN_MOVES,
    STEP_BROKEN,
    STEP_ENDED,
    STEP_MOVES,
    RunState,
    StepState,
)
from releases.core.waves import plan_build, plan_release
from releases.core.written import as_written
from tests.core.releases.fleet_strategies import fleets, strategies
from tests.core.releases.fleets import V1, V2, make_run
from tests.core.releases.world import World

MOST_SECONDS = 4000


class Fickle(World):
    """A world that answers as drawn, checks the rules after every pass, and ends every Run in the end."""

    draw: st.DrawFn

    def __init__(self, run: RunNow, data: st.DataObject) -> None:
        super().__init__(run, say=self._say)
        self.data = data
        self.patience = Counter[int]()
        self.mended: set[str] = set()  # Prods that were down when they were last disturbed

    def _say(self, step: StepNow) -> Answer | None:
        self.patience[step.id] += 1
        if self.patience[step.id] > 3:
            return Succeeded(because("fine"))
        choice = self.data.draw(st.sampled_from("SSSSSRTNF"))
        answers: dict[str, Answer | None] = {
            "S": Succeeded(because("fine")),
            "R": Running(because("pods-starting"), 7),
            "T": TryAgain(because("facts-old")),
            "N": None,
            "F": Failed(because("image-missing")),
        }
        if KINDS[step.kind].acts and choice in "RT":
            return None
        return answers[choice]

    def one_pass(self):
        before, state = self.run, self.run.state
        decision = super().one_pass()
        check_moves(before, decision.intents)
        check_limits(self.run)
        self._note_mended(before, decision.intents)
        check_routes(self.run, self.mended)
        assert self.run.state is state or self.run.state in RUN_MOVES[state]
        return decision

    def _note_mended(self, before: RunNow, intents) -> None:
        steps = {step.id: step for step in before.steps}
        for intent in intents:
            if isinstance(intent, Start) and KINDS[steps[intent.step].kind].disturbs:
                prod = steps[intent.step].prod
                (self.mended.add if prod in before.ill - before.unknown else self.mended.discard)(prod)


def check_moves(run: RunNow, intents) -> None:
    """Only moves of the tables, at most one intent of each sort for each Step."""
    steps = {step.id: step for step in run.steps}
    for intent in intents:
        if isinstance(intent, Settle):
            before = steps[intent.step].state
            assert intent.state in STEP_MOVES[before], (before, intent)
        if isinstance(intent, Redo):
            assert steps[intent.step].state is StepState.RUNNING
    assert max(Counter((type(i), getattr(i, "step", 0)) for i in intents).values(), default=1) == 1


def check_limits(run: RunNow) -> None:
    for wave in waves_now(run):
        assert sum(map(is_in_flight, wave.prods)) <= wave.limits.parallel


def check_routes(run: RunNow, mended: set[str]) -> None:
    """Two members of one Route are never in flight together, but where one that is down is repaired; that one
    may get well while it is under way."""
    started = {
        prod.name
        for wave in waves_now(run)
        for prod in wave.prods
        if any(step.attempt for step in prod.steps) and not is_done(prod)
    }
    for members in run.members.values():
        under_way = [prod for prod in members if prod in started]
        down = [prod for prod in under_way if prod in mended or prod in run.ill - run.unknown]
        serving = [prod for prod in under_way if prod not in down]
        assert len(serving) <= 1
        assert run.kind != "release" or len(serving) + len(down) <= 1


def check_order(world: World) -> None:
    """A Prod starts after every Prod of the waves before it is done, but for those left behind."""
    waves = {step.prod: step.wave for step in world.run.steps if step.prod}
    held = {name for limits in world.run.waves for name in limits.held}
    began = [waves[p] for p, kind in world.started if kind == "set_version" and p not in held]
    assert began == sorted(began)


def check_rest(world: World) -> None:
    """A Run that rests says why, and so does everything in it that waits."""
    run = world.run
    assert run.state in RUN_ENDED or run.reason is not None
    if run.state in RUN_ENDED:
        return
    for wave in waves_now(run):
        for prod in wave.prods:
            if not has_started(prod):
                assert prod.steps[0].reason is not None
            assert not is_in_flight(prod) or run.state is RunState.PAUSED or _waits_with_reason(prod)
    broken = any(broken_step(p) for w in waves_now(run) for p in (w.gates, *w.prods))
    assert (run.state is RunState.FAILED) is broken


def _waits_with_reason(prod) -> bool:
    return any(step.state is StepState.WAITING and step.reason for step in prod.steps)


def recovered(run: RunNow) -> RunNow:
    """The world is well again: nothing is ill, blocked or stopped."""
    return replace(run, ill=frozenset(), unknown=frozenset(), blocked={}, stopped=None)


def blocked_by_plan(plan, fleet: FleetFacts) -> dict:
    facts = {prod.name: prod for prod in fleet.prods}
    names = [prod.name for wave in plan.waves for prod in wave.prods]
    return {n: r for n in names if (r := facts[n].held or facts[n].cluster_reason)}


@given(fleets(), strategies, st.data())
def test_a_release_keeps_every_rule_and_comes_to_rest_with_a_reason(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = replace(make_run(plan, fleet), blocked=blocked_by_plan(plan, fleet))
    world = Fickle(run, data)
    world.finish()
    check_order(world)
    check_rest(world)


@given(fleets(), strategies, st.data())
def test_a_release_of_a_fleet_that_gets_well_always_ends(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = replace(make_run(plan, fleet), blocked=blocked_by_plan(plan, fleet))
    world = Fickle(run, data)
    for _ in range(60):
        world.finish()
        if world.run.state in RUN_ENDED:
            break
        retry(world)
        world.run = recovered(world.run)
    assert world.run.state is RunState.SUCCEEDED
    started = [prod for prod, kind in world.started if kind == "set_version"]
    assert set(started) == {step.prod for step in world.run.steps if step.prod}


def retry(world: World) -> None:
    """What a person does with a failed Run: every broken Step again."""
    broken = {StepState.FAILED, StepState.ERRORED}
    steps = tuple(
        replace(step, state=StepState.WAITING) if step.state in broken else step for step in world.run.steps
    )
    state = RunState.RUNNING if world.run.state is RunState.FAILED else world.run.state
    world.run = replace(world.run, steps=steps, state=state)


@given(fleets(), strategies, st.integers(0, 30), st.data())
def test_a_pre_empted_release_begins_no_other_prod_and_ends_or_rests(fleet, strategy, passes, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = replace(make_run(plan, fleet), blocked=blocked_by_plan(plan, fleet))
    world = Fickle(run, data)
    for _ in range(passes):
        world.one_pass()
    begun = begun_of(world.run)
    world.run = replace(world.run, preempted=because("pre-empted", run=12))
    world.finish()
    assert begun_of(world.run) == begun
    left = any(step.prod and step.prod not in begun for step in world.run.steps)
    if left and not any(step.prod in begun and step.state not in STEP_ENDED for step in world.run.steps):
        broken = any(step.state in STEP_BROKEN for step in world.run.steps)
        assert world.run.state is (RunState.FAILED if broken else RunState.PAUSED)


def begun_of(run: RunNow) -> set[str]:
    waves = waves_now(run)
    return {prod.name for wave in waves for prod in wave.prods if has_started(prod)}


@given(fleets(), strategies, st.integers(0, 30), st.data())
def test_abort_always_reaches_the_end(fleet, strategy, passes, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = replace(make_run(plan, fleet), blocked=blocked_by_plan(plan, fleet))
    world = Fickle(run, data)
    for _ in range(passes):
        world.one_pass()
    if world.run.state in RUN_ENDED:
        return
    world.run = replace(world.run, state=RunState.STOPPING)
    started = list(world.started)
    world.finish()
    assert world.run.state is RunState.ABORTED
    assert world.started == started
    assert not {step.state for step in world.run.steps} & {StepState.WAITING, StepState.RUNNING}


@given(fleets(), strategies, st.integers(0, 30), st.data())
def test_pause_starts_nothing_and_resume_goes_on(fleet, strategy, passes, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    world = Fickle(recovered(make_run(plan, fleet)), data)
    for _ in range(passes):
        world.one_pass()
    if world.run.state not in (RunState.RUNNING, RunState.AWAITING_APPROVAL):
        return
    world.run = replace(world.run, state=RunState.PAUSED, reason=because("pause-by-person"))
    started = list(world.started)
    world.finish()
    assert (world.started, world.run.state) == (started, RunState.PAUSED)
    world.run = replace(world.run, state=RunState.RUNNING)
    world.finish()
    check_rest(world)


@given(fleets(), strategies, st.integers(0, 30), st.data())
def test_a_second_pass_over_the_same_facts_decides_nothing(fleet, strategy, passes, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = replace(make_run(plan, fleet), blocked=blocked_by_plan(plan, fleet))
    world = Fickle(run, data)
    for _ in range(passes):
        world.one_pass()
    now = world.now
    once = as_written(world.run, decide(world.run, now).intents, now)
    for _ in range(3):  # a Run may pass through `running` on its way to where it belongs
        once = as_written(once, decide(once, now).intents, now)
    assert decide(once, now).intents == ()


@given(fleets(), st.data())
def test_a_build_of_anything_comes_to_rest(fleet, data):
    alive = [prod.name for prod in fleet.prods if prod.lifecycle != "retired"]
    world = Fickle(make_run(plan_build(fleet, "shop", alive), fleet), data)
    world.finish()
    check_rest(world)


@given(fleets(), strategies, st.data())
def test_a_rollback_comes_to_rest_and_a_fleet_that_gets_well_is_brought_back(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    names = [prod.name for wave in plan.waves for prod in wave.prods]
    changed = tuple(name for name in names if data.draw(st.booleans()))
    planned = plan_rollback(1, plan, changed, fleet, (V1, V2), "v1.1.0", {})
    if not isinstance(planned, RollbackPlan):
        return
    world = Fickle(make_run(planned.plan, fleet), data)
    for _ in range(40):
        world.finish()
        check_rest(world)
        retry(world)
        world.run = recovered(world.run)
    assert world.run.state is RunState.SUCCEEDED
    assert {prod for prod, _ in world.started} == {prod for prod, _ in planned.moves}


@given(fleets(well=True), strategies, st.data())
def test_a_healthy_fleet_in_a_kind_world_is_released_in_the_order_shown(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    world = World(make_run(plan, fleet))
    assert world.finish() is RunState.SUCCEEDED
    shown = [wave.prods for wave in plan.waves]
    ran = [prod for prod, kind in world.started if kind == "set_version"]
    for prods in shown:
        assert set(ran[: len(prods)]) == {prod.name for prod in prods}
        ran = ran[len(prods) :]
    assert world.now - timedelta(seconds=MOST_SECONDS) < fleet_time(world)


def fleet_time(world: World):
    return max(step.since for step in world.run.steps) if world.run.steps else world.now


@given(fleets(), strategies, st.data())
def test_starts_are_only_of_waiting_steps_of_live_runs(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    run = make_run(plan, fleet)
    states = data.draw(st.lists(st.sampled_from(list(StepState)), min_size=len(run.steps)))
    steps = tuple(replace(step, state=state) for step, state in zip(run.steps, states, strict=False))
    run = replace(run, steps=steps, state=data.draw(st.sampled_from(list(RunState))))
    decision = decide(run, run.steps[0].since if run.steps else world_now())
    waiting = {step.id for step in steps if step.state is StepState.WAITING}
    starts = {intent.step for intent in decision.intents if isinstance(intent, Start)}
    assert starts <= waiting
    if run.state not in (RunState.RUNNING, RunState.AWAITING_APPROVAL, RunState.FAILED):
        assert not starts
    if run.state in RUN_ENDED:
        assert decision.intents == ()


def world_now():
    return World(None).now
