"""A pass loads only what may matter: whatever it leaves out, `decide` decides the same."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.answers import Failed, Running, Succeeded
from releases.core.decide import after_answers, decide
from releases.core.inflight import prods_in_turn, waves_now
from releases.core.progress import RunNow, Start, StepNow
from releases.core.states import RUN_LIVE, RunState, StepState
from releases.core.strategy import Amount, Strategy
from releases.core.waves import plan_release
from tests.core.releases.fleet_strategies import fleets, strategies
from tests.core.releases.fleets import NOW, V2, example_fleet, make_run, telling

PLAIN = Strategy()
MIXED = st.sampled_from(StepState)
RARELY = st.sampled_from([False] * 4 + [True])
ANSWERS = st.sampled_from(
    [
        None,
        Running(because("soaks"), 5.0),
        Failed(because("pods-failed")),
        *[Succeeded(because("all-ready"))] * 4,
    ]
)
STATES = st.sampled_from([RunState.RUNNING] * 4 + sorted(RUN_LIVE - {RunState.PLANNED, RunState.STOPPING}))


@given(fleets(), strategies, st.data())
def test_what_a_pass_leaves_out_changes_nothing(fleet, strategy, data):
    run = drawn(make_run(plan_release(fleet, "shop", V2, strategy), fleet), data)
    assert decide(narrowed(run), NOW) == decide(run, NOW)


def drawn(run: RunNow, data: st.DataObject) -> RunNow:
    """`run` under way in any way; held and ill ones at random."""
    names = sorted({step.prod for step in run.steps})
    ill = some([*names, *run.ill], data)
    steps = [step for name in names for step in progressed(run, name, data)]
    return replace(
        run,
        state=data.draw(STATES),
        preempted=because("pre-empted", run=12) if data.draw(RARELY) else None,
        steps=tuple(sorted(steps, key=lambda step: step.id)),
        waves=tuple(replace(wave, held=some(names, data)) for wave in run.waves),
        ill=ill,
        unknown=some(ill, data),
        blocked=dict.fromkeys(some(names, data), because("held")),
        nowhere=dict.fromkeys(some(names, data), because("nowhere-to-go")),
    )


def progressed(run: RunNow, prod: str, data: st.DataObject) -> list[StepNow]:
    """The Prod's Steps, some of them done; what follows waits as it was made, or for the second time, or runs, or is
    anything."""
    steps = [step for step in run.steps if step.prod == prod]
    done = data.draw(st.integers(0, len(steps)))
    ended = data.draw(st.sampled_from([StepState.SUCCEEDED] * 4 + [StepState.SKIPPED]))
    found = [replace(step, state=ended, attempt=1) for step in steps[:done]]
    match data.draw(st.sampled_from(["new", "new", "again", "runs", "runs", "any"])):
        case "again":
            return found + [replace(step, attempt=1) for step in steps[done:]]
        case "runs":
            running = replace(steps[done], state=StepState.RUNNING, attempt=1) if done < len(steps) else None
            answered = [replace(running, answer=data.draw(ANSWERS))] if running else []
            return found + answered + steps[done + 1 :]
        case "any":
            return found + [replace(step, state=data.draw(MIXED), attempt=1) for step in steps[done:]]
    return found + steps[done:]


def some(names: Iterable[str], data: st.DataObject) -> frozenset[str]:
    return frozenset(name for name in sorted(set(names)) if data.draw(RARELY))


def narrowed(run: RunNow) -> RunNow:
    """`run` as a pass loads it: facts of the Prods in turn, of their Routes, and of the members of these."""
    near = prods_in_turn(waves_now(after_answers(run, NOW)))
    members = {route: prods for route, prods in run.members.items() if near & set(prods)}
    around = near | {prod for prods in members.values() for prod in prods}
    return replace(
        run,
        steps=telling(run.steps),
        members=members,
        routes={prod: tuple(r for r in routes if r in members) for prod, routes in run.routes.items()},
        outs={route: prod for route, prod in run.outs.items() if route in members},
        ill=run.ill & around,
        unknown=run.unknown & around,
        blocked={prod: why for prod, why in run.blocked.items() if prod in near},
    )


@pytest.mark.parametrize(
    ("done", "held", "expected"),
    [
        ([], [], {"c-2"}),
        (["c-2"], [], {"c-1"}),
        (["c-2", "c-1"], [], {"a-2", "b-1"}),
        ([], ["c-2"], {"c-2", "c-1"}),
        ([], ["b-2"], {"c-2", "b-2"}),
        (["c-2", "c-1", "a-2", "b-1", "a-1", "b-2"], [], set()),
    ],
    ids=["first wave", "second", "third", "held ones let pass", "held later", "all done"],
)
def test_only_those_whose_turn_it_may_be_are_asked_about(done, held, expected):
    assert prods_in_turn(waves_now(example_run(done, held))) == expected


def test_nobody_behind_a_gate_is_asked_about():
    waves = waves_now(example_run(["c-2"], [], Strategy(ask="each-wave")))
    assert [step.kind for step in waves[1].gates.steps] == ["ask"]
    assert prods_in_turn(waves) == frozenset()


def example_run(done: list[str], held: list[str], strategy: Strategy = PLAIN) -> RunNow:
    """A release of the example fleet that is through with `done`; `held` were held in its plan."""
    run = make_run(plan_release(example_fleet(), "shop", V2, strategy), example_fleet())
    return replace(
        run,
        waves=tuple(replace(wave, held=frozenset(held)) for wave in run.waves),
        steps=tuple(
            replace(step, state=StepState.SUCCEEDED, attempt=1) if step.prod in done else step
            for step in run.steps
        ),
    )


def test_a_wave_that_ends_in_this_very_pass_opens_the_next_with_all_that_is_known_of_it():
    run = example_run(["c-2", "c-1"], [], Strategy(parallel=Amount(2)))
    last = max(step.id for step in run.steps if step.prod == "c-1")
    ending = [
        replace(step, state=StepState.RUNNING, answer=Succeeded(because("soaked")))
        if step.id == last
        else step
        for step in run.steps
    ]
    run = replace(run, steps=tuple(ending))
    decision = decide(narrowed(run), NOW)
    assert decision == decide(run, NOW)
    prods = {step.id: step.prod for step in run.steps}
    begun = [prods[intent.step] for intent in decision.intents if isinstance(intent, Start)]
    assert len(set(begun) & {"a-2", "b-1"}) == 1
