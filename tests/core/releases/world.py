"""A tiny interpreter for Decisions: writes intents as the engine would, and answers for the world."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from journal.core.reasons import because
from releases.core.answers import Answer, Failed, Running, Succeeded
from releases.core.decide import decide
from releases.core.inflight import is_done, waves_now
from releases.core.kinds import KINDS
from releases.core.progress import Decision, RunNow, Start, StepNow
from releases.core.states import RUN_ENDED, STEP_MOVES, RunState, StepState
from releases.core.strategy import Strategy
from releases.core.waves import plan_release
from releases.core.written import as_written
from tests.core.releases.fleets import NOW, V2, example_fleet, make_run

Say = Callable[[StepNow], Answer | None]


def all_well(step: StepNow) -> Answer:
    """The world in which everything works at once."""
    return Succeeded(because("fine"))


@dataclass
class World:
    """A Run, the time, and `say`: what a running Step answers now (None for an act: nothing yet)."""

    run: RunNow
    say: Say = all_well
    now: datetime = NOW
    started: list[tuple[str, str]] = field(default_factory=list)
    most_passes: int = 5000
    is_quiet: bool = True

    def one_pass(self) -> Decision:
        """Load answers, decide, write; then the acts answer, and Routes of finished Prods are free."""
        self.run = replace(self.run, steps=tuple(map(self._load, self.run.steps)))
        decision = decide(self.run, self.now)
        steps = {step.id: step for step in self.run.steps}
        for intent in decision.intents:
            if isinstance(intent, Start):
                assert steps[intent.step].state is StepState.WAITING
                self.started.append((steps[intent.step].prod, steps[intent.step].kind))
        self.run = as_written(self.run, decision.intents, self.now)
        self._give_back()
        self._let_acts_answer()
        return decision

    def settle(self) -> Decision:
        """Passes until one decides nothing and no act has answered since."""
        for _ in range(self.most_passes):
            decision = self.one_pass()
            if not decision.intents and self.is_quiet:
                return decision
        raise AssertionError("passes do not come to rest")

    def finish(self) -> RunState:
        """Passes, letting time go by, until the Run has ended or nothing is due any more."""
        for _ in range(self.most_passes):
            decision = self.settle()
            if self.run.state in RUN_ENDED or not self._something_runs():
                return self.run.state
            assert decision.wake_at is not None, "a step runs and nobody will look"
            self.now = max(decision.wake_at, self.now + timedelta(seconds=1))
        raise AssertionError("the Run does not end")

    def set_step(self, prod: str, kind: str, **changes: object) -> None:
        """Change a Step as a person's action or the world would."""
        self.run = replace(
            self.run,
            steps=tuple(
                replace(step, **changes) if (step.prod, step.kind) == (prod, kind) else step
                for step in self.run.steps
            ),
        )

    def set_run(self, **changes: object) -> None:
        self.run = replace(self.run, **changes)

    def in_flight(self) -> set[str]:
        """Prods with a Step that was started, until all their Steps are done."""
        columns = [prod for wave in waves_now(self.run) for prod in wave.prods]
        return {
            prod.name for prod in columns if any(step.attempt for step in prod.steps) and not is_done(prod)
        }

    def _load(self, step: StepNow) -> StepNow:
        asked = step.state is StepState.RUNNING and not KINDS[step.kind].acts
        return replace(step, answer=self.say(step) if asked else None)

    def _let_acts_answer(self) -> None:
        """An answer of an act wakes the Run: then this pass was not the last."""
        before = self.run.steps
        self.run = replace(self.run, steps=tuple(map(self._act, before)))
        self.is_quiet = self.run.steps == before

    def _act(self, step: StepNow) -> StepNow:
        if step.state is not StepState.RUNNING or not KINDS[step.kind].acts:
            return step
        answer = self.say(step)
        if answer is None or isinstance(answer, Running):
            return step
        state = StepState.SUCCEEDED if isinstance(answer, Succeeded) else StepState.FAILED
        assert state in STEP_MOVES[step.state]
        return replace(step, state=state, reason=answer.reason, due_at=None)

    def _give_back(self) -> None:
        done = {prod.name for wave in waves_now(self.run) for prod in wave.prods if is_done(prod)}
        outs = {route: prod for route, prod in self.run.outs.items() if prod not in done}
        self.run = replace(self.run, outs=outs)

    def _something_runs(self) -> bool:
        return any(step.state is StepState.RUNNING for step in self.run.steps)


BROKE = because("image-missing", component="api", image="shop:2")


def release_world(fleet=None, **strategy) -> World:
    fleet = fleet or example_fleet()
    plan = plan_release(fleet, "shop", V2, Strategy(**strategy))
    return World(make_run(plan, fleet))


def failing(*prods: str, kind: str = "wait_ready"):
    """Everything works but `kind` on these Prods."""
    return lambda step: Failed(BROKE) if step.prod in prods and step.kind == kind else all_well(step)


def hanging(*prods: str, kind: str = "wait_ready"):
    """`kind` on these Prods never gets anywhere."""
    slow = Running(because("pods-starting"), 30)
    return lambda step: slow if step.prod in prods and step.kind == kind else all_well(step)


def act_world(**changes) -> World:
    """A Run whose first act is under way and silent."""
    world = release_world()
    world.say = lambda step: None
    world.settle()
    world.set_step("c-2", "set_version", **changes)
    return world


def set_versions(world: World) -> list[str]:
    return [prod for prod, kind in world.started if kind == "set_version"]


def step_of(run: RunNow, prod: str, kind: str) -> StepNow:
    """The Step of that kind of that Prod (empty: a gate)."""
    return next(step for step in run.steps if (step.prod, step.kind) == (prod, kind))
