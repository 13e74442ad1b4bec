"""Which Steps start now, and why each of the others has to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from journal.core.reasons import Reason, because

from .inflight import (
    ProdNow,
    WaveNow,
    broken_step,
    has_started,
    is_beside,
    is_done,
    is_in_flight,
    next_step,
    waves_now,
)
from .kinds import KINDS
from .partners import ill_partner_reason, partner_reason, partners_of
from .progress import Explain, Intent, RunNow, Start, StepNow
from .states import STEP_ENDED, RunState, StepState

_PROVEN = frozenset({StepState.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass: `taken` is Route -> the Prod that is out, and grows with every Start of this pass.

    `stopped` is why no new Prod may start in any wave, `resting` why nothing at all may start.
    """

    run: RunNow
    now: datetime
    taken: dict[str, str]
    stopped: Reason | None
    resting: Reason | None


def start_steps(run: RunNow, now: datetime) -> tuple[Intent, ...]:
    """Starts and explanations in the order shown. Explains only what is not yet explained so."""
    waves = waves_now(run)
    stopped = _failure_reason(run, waves) or run.preempted
    this = _Pass(run, now, dict(run.outs), stopped, _resting_reason(run, waves))
    intents: list[Intent] = []
    unfinished = 0
    for wave in waves:
        intents.extend(_wave_intents(this, wave, unfinished))
        unfinished = unfinished if _lets_pass(run, wave) else wave.limits.number
    return tuple(intents)


def _lets_pass(run: RunNow, wave: WaveNow) -> bool:
    """Whether later waves may go on: gates and Prods done, but for those that are left behind or only helped."""
    return is_done(wave.gates) and all(
        is_done(prod) or is_beside(prod) or _is_left_behind(run, wave, prod) for prod in wave.prods
    )


def _is_left_behind(run: RunNow, wave: WaveNow, prod: ProdNow) -> bool:
    """Whether the plan held `prod`, it has not started, and something outside still holds it."""
    if prod.name not in wave.limits.held or has_started(prod):
        return False
    held = prod.name in run.blocked or prod.name in run.nowhere
    return held or ill_partner_reason(prod.name, partners_of(run)) is not None


def _failure_reason(run: RunNow, waves: tuple[WaveNow, ...]) -> Reason | None:
    for wave in waves:
        broken = [prod.name for prod in wave.prods if broken_step(prod) is not None]
        if len(broken) > run.failure_budget:
            return because(
                "wave-stopped",
                wave=wave.limits.number,
                prod=broken[0],
                failed=len(broken),
                allowed=run.failure_budget,
            )
    return None


def _resting_reason(run: RunNow, waves: tuple[WaveNow, ...]) -> Reason | None:
    """Why nothing starts. A failed Run goes on when a person has mended enough of it, or when what the
    others waited for has come: its failure budget may allow what is broken."""
    if run.state == RunState.PAUSED:
        return because("run-paused")
    if run.state == RunState.FAILED and is_spent(run, waves):
        return because("run-failed")
    return None


def is_spent(run: RunNow, waves: tuple[WaveNow, ...]) -> bool:
    """Whether what is broken allows no new Prod anywhere: over the failure budget, or a gate."""
    gates = any(broken_step(wave.gates) is not None for wave in waves)
    return gates or _failure_reason(run, waves) is not None


def _wave_intents(this: _Pass, wave: WaveNow, unfinished: int) -> list[Intent]:
    closed = because("waits-for-wave", wave=unfinished) if unfinished else None
    intents = [_gate_intent(this, wave.gates, closed)]
    closed = closed or _gate_reason(wave)
    in_flight = sum(is_in_flight(prod) for prod in wave.prods)
    for prod in wave.prods:
        intent = _prod_intent(this, prod, closed, _limit_reason(wave, in_flight))
        in_flight += isinstance(intent, Start) and not is_in_flight(prod)
        intents.append(intent)
    return [intent for intent in intents if intent is not None]


def _gate_intent(this: _Pass, gates: ProdNow, closed: Reason | None) -> Intent | None:
    step = next_step(gates)
    if step is None:
        return None
    return _start_or_explain(this, step, closed or this.stopped or this.run.stopped or this.resting)


def _gate_reason(wave: WaveNow) -> Reason | None:
    gate = next((step for step in wave.gates.steps if not is_done(ProdNow("", (step,)))), None)
    return because("waits-for-gate", wave=wave.limits.number, gate=gate.kind) if gate else None


def _limit_reason(wave: WaveNow, in_flight: int) -> Reason | None:
    limit = wave.limits.parallel
    return because("wave-limit", limit=limit) if in_flight >= limit else None


def _prod_intent(this: _Pass, prod: ProdNow, closed: Reason | None, full: Reason | None) -> Intent | None:
    step = next_step(prod)
    if step is None:
        return None
    if KINDS[step.kind].beside:
        return _start_or_explain(this, step, closed or _unfit_reason(this.run, step) or this.resting)
    disturbs = KINDS[step.kind].disturbs or not has_started(prod)
    why = _disturb_reason(this, prod.name) if disturbs else None
    if not has_started(prod):
        why = closed or this.stopped or why
    if not is_in_flight(prod):
        why = why or full
    return _start_or_explain(this, step, why or _unfit_reason(this.run, step) or this.resting)


def _unfit_reason(run: RunNow, step: StepNow) -> Reason | None:
    """Nobody is given users whose Prod is not known to serve, or was skipped before it was proven; and nobody leaves
    who has nowhere to go. Nothing is taken back while it may still be given."""
    taker = step.to or step.prod
    if step.kind == "scale_back" and any(
        other.prod == step.prod and other.kind == "scale_up" and other.state not in STEP_ENDED
        for other in run.steps
    ):
        return because("waits-for-scale-up")
    if step.kind in ("ramp", "switch") and taker in run.ill:
        return because("prod-not-well", prod=taker)
    if step.kind == "switch" and any(
        other.prod == taker and other.state not in _PROVEN for other in run.steps
    ):
        return because("taker-not-proven", prod=taker)
    return run.nowhere.get(step.prod) if step.kind == "relocate" else None


def _disturb_reason(this: _Pass, prod: str) -> Reason | None:
    run = this.run
    return run.stopped or run.blocked.get(prod) or partner_reason(run, prod, this.taken)


def _start_or_explain(this: _Pass, step: StepNow, why: Reason | None) -> Intent | None:
    if why is None:
        return _start(this, step)
    return Explain(step.id, why) if why != step.reason else None


def _start(this: _Pass, step: StepNow) -> Start:
    kind = KINDS[step.kind]
    routes = this.run.routes.get(step.prod, ()) if kind.disturbs else ()
    outs = tuple(route for route in routes if this.taken.get(route, step.prod) == step.prod)
    this.taken.update(dict.fromkeys(outs, step.prod))
    due_at = this.now + timedelta(seconds=kind.lease_s) if kind.acts else None
    return Start(step.id, outs, due_at)
