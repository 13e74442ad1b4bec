"""The Steps of a Run as they stand: wave by wave, Prod by Prod, in the order shown."""

from collections.abc import Iterable
from dataclasses import dataclass

from .kinds import KINDS
from .progress import RunNow, StepNow, WaveLimits
from .states import STEP_BROKEN, STEP_DONE, StepState


@dataclass(frozen=True, slots=True)
class ProdNow:
    """One Prod's Steps in the order they run. Empty name: the gates of the wave."""

    name: str
    steps: tuple[StepNow, ...]


@dataclass(frozen=True, slots=True)
class WaveNow:
    """One wave: its limits, its gates, and its Prods in the order of the plan."""

    limits: WaveLimits
    gates: ProdNow
    prods: tuple[ProdNow, ...]


def waves_now(run: RunNow) -> tuple[WaveNow, ...]:
    """The waves of a Run, first to last."""
    return waves_of(run.waves, run.steps)


def waves_of(waves: Iterable[WaveLimits], steps: Iterable[StepNow]) -> tuple[WaveNow, ...]:
    """The same of its parts. Steps are numbered in the order of the plan, so the order shown is the order stored
    is the order run."""
    ordered = sorted(waves, key=lambda limits: limits.number)
    grouped: dict[int, dict[str, list[StepNow]]] = {limits.number: {} for limits in ordered}
    for step in sorted(steps, key=lambda step: step.id):
        grouped[step.wave].setdefault(step.prod, []).append(step)
    return tuple(_wave(limits, grouped[limits.number]) for limits in ordered)


def _wave(limits: WaveLimits, steps: dict[str, list[StepNow]]) -> WaveNow:
    prods = {name: _prod(name, mine) for name, mine in steps.items()}
    gates = prods.pop("", ProdNow("", ()))
    return WaveNow(limits, gates, tuple(prods.values()))


def _prod(name: str, steps: list[StepNow]) -> ProdNow:
    return ProdNow(name, tuple(sorted(steps, key=lambda step: step.position)))


def has_started(prod: ProdNow) -> bool:
    """Whether it was ever touched. One that a person retries is no new Prod."""
    return any(step.attempt > 0 or step.state != StepState.WAITING for step in prod.steps)


def is_done(prod: ProdNow) -> bool:
    """Whether every Step succeeded or was skipped. Without Steps: yes."""
    return all(step.state in STEP_DONE for step in prod.steps)


def is_beside(prod: ProdNow) -> bool:
    """Whether all that is done to it is a help that nobody waits for."""
    return bool(prod.steps) and all(KINDS[step.kind].beside for step in prod.steps)


def broken_step(prod: ProdNow) -> StepNow | None:
    """The first Step that failed, errored or was given up; None if none."""
    return next((step for step in prod.steps if _is_broken(step)), None)


def _is_broken(step: StepNow) -> bool:
    return step.state in STEP_BROKEN or step.state == StepState.ABORTED


def is_in_flight(prod: ProdNow) -> bool:
    """Whether it counts against the wave's limit: started, not done, not broken, not about to be retried."""
    going = has_started(prod) and not is_done(prod)
    return going and broken_step(prod) is None and not is_retried(prod)


def is_retried(prod: ProdNow) -> bool:
    """Whether its turn is at a Step that was attempted before and waits again: a person retries it."""
    step = next_step(prod)
    return step is not None and step.attempt > 0


def next_step(prod: ProdNow) -> StepNow | None:
    """The waiting Step whose turn it is; None while one runs, is broken, or when all are done."""
    first = next((step for step in prod.steps if step.state not in STEP_DONE), None)
    return first if first is not None and first.state == StepState.WAITING else None


def prods_in_turn(waves: Iterable[WaveNow]) -> frozenset[str]:
    """The Prods that `decide` may ask about how they are, with those that take their place: all that have begun and
    are not done, those whose wave may be open, and those that the plan held, which let later waves pass. It asks
    about nobody behind a gate or a wave that has to be done first, whatever becomes of them. `waves` are those
    of a Run `after_answers`: a wave may end and the next begin in one pass."""
    found: set[str] = set()
    closed = False
    for wave in waves:
        behind = closed or not is_done(wave.gates)
        for prod in wave.prods:
            if is_done(prod) or is_beside(prod):
                continue
            passed = prod.name in wave.limits.held and not has_started(prod)
            if not behind or passed or has_started(prod):
                found |= {prod.name, *(step.to for step in prod.steps if step.to)}
            closed = closed or not passed
        closed = closed or behind
    return frozenset(found)
