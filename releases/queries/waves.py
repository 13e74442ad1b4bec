"""Waves as columns: Prods as tiles with their steps, and gates between the columns."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from journal.core.reasons import Reason
from releases.core.kinds import BESIDE
from releases.core.outlook import AfterWave
from releases.core.plan import Plan, PlannedProd, Wave
from releases.core.scaling import BACK, BESIDE_WAVES, UP, WARM
from releases.core.states import (
    RUN_ENDED,
    STEP_BROKEN,
    STEP_DONE,
    STEP_ENDED,
    STEP_SEVERITY,
    RunState,
    StepState,
)
from releases.durations import whole_words
from releases.marks import NEXT, PLANNED, STEP_DOING, STEP_MARKS, STEP_NAMES, WAITS, Mark

from .progress import StepRow

WAVE_NAMES = {
    "test": _("test"),
    "few": _("few users"),
    "redundant": _("redundant"),
    "single": _("single"),
    "reserve": _("reserve"),
    "standby": _("standby"),
    "switch": _("switch"),
    "build": _("build"),
    "rollback": _("back"),
    "change": _("change"),
    "heal": _("heal"),
    "retire": _("retire"),
    "move": _("users leave"),
    "failback": _("users come back"),
    WARM: _("warm up"),
    UP: _("more pods"),
    BACK: _("pods as before"),
}
# Waves that bring no Version: what is said of a Prod is its own, and its Version does not change.
OF_USERS = frozenset({"move", "failback", *BESIDE_WAVES})


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a tile. `said` is what it waits for or why it failed; `until` when a soak is over."""

    id: int
    mark: Mark
    name: str
    detail: str
    took: timedelta | None
    since: datetime | None
    until: datetime | None
    said: Reason | None


@dataclass(frozen=True, slots=True)
class RunProd:
    """A Prod in a Run. `reason` is why it is in its wave (`tells`: it is said on the tile), `waits` why nothing
    happens now."""

    name: str
    mark: Mark
    before: str
    after: str
    reason: Reason
    steps: tuple[StepLine, ...]
    waits: Reason | None
    held: bool
    broken: int | None
    open: bool
    tells: bool


@dataclass(frozen=True, slots=True)
class GateView:
    """A gate in front of a wave."""

    id: int
    name: str
    mark: Mark
    said: Reason | None
    asks: bool


@dataclass(frozen=True, slots=True)
class WaveColumn:
    """A wave. `reasons` are why its Prods are in it, each once. `beside`: its Prods only help others. `after`: what a
    rollback after it would do at once (None: it is done, or brings no Version)."""

    number: int
    name: str | Promise
    mark: Mark
    now: bool
    parallel: int
    reasons: tuple[Reason, ...]
    prods: tuple[RunProd, ...]
    gates: tuple[GateView, ...]
    beside: bool
    after: AfterWave | None = None


def wave_columns(
    plan: Plan,
    steps: Sequence[StepRow],
    names: Mapping[int, str],
    held: AbstractSet[str],
    state: RunState,
    leaving: str = "",
    ahead: Iterable[AfterWave] = (),
) -> tuple[WaveColumn, ...]:
    """The waves of `plan` in its order, with where their steps stand. `leaving` is the Version that a
    rollback takes its Prods away from; `ahead` what one would do after each wave to come."""
    by_prod: dict[tuple[int, str], list[StepRow]] = defaultdict(list)
    for step in steps:
        by_prod[step.wave, names.get(step.prod_id or 0, "")].append(step)
    left = [step.wave for step in steps if step.state not in STEP_ENDED]
    afters = {one.wave: one for one in ahead}
    board = _Board(by_prod, held, min(left, default=0), state, leaving, afters)
    return tuple(_column(number, wave, board) for number, wave in enumerate(plan.waves, start=1))


@dataclass(frozen=True, slots=True)
class _Board:
    """What every column needs: steps by (wave, Prod), "" for gates; `current` is the first wave that has
    steps left, 0 if none has."""

    steps: Mapping[tuple[int, str], list[StepRow]]
    held: AbstractSet[str]
    current: int
    state: RunState
    leaving: str
    ahead: Mapping[int, AfterWave]


def _column(number: int, wave: Wave, board: _Board) -> WaveColumn:
    mine = [step for prod in wave.prods for step in board.steps.get((number, prod.name), ())]
    gates = board.steps.get((number, ""), [])
    return WaveColumn(
        number=number,
        name=WAVE_NAMES.get(wave.name, wave.name),
        mark=_wave_mark(gates, mine, number, board),
        now=number == board.current and board.state not in RUN_ENDED,
        parallel=wave.parallel,
        reasons=() if wave.name in OF_USERS else _each_once(wave.prods),
        prods=tuple(_prod(prod, number, board, wave.name in OF_USERS) for prod in wave.prods),
        gates=tuple(_gate(gate) for gate in gates),
        beside=wave.name in BESIDE_WAVES,
        after=board.ahead.get(number),
    )


def _each_once(prods: Sequence[PlannedProd]) -> tuple[Reason, ...]:
    """One Reason per code: the numbers stand on the tiles."""
    return tuple({prod.reason.code: prod.reason for prod in prods}.values())


def worst(steps: Sequence[StepRow]) -> StepState:
    """The state that a group of steps shows."""
    states = {step.state for step in steps}
    return next((state for state in STEP_SEVERITY if state in states), StepState.SUCCEEDED)


def _wave_mark(gates: Sequence[StepRow], steps: Sequence[StepRow], number: int, board: _Board) -> Mark:
    """As its Prods are; while all of them wait, as its gate is."""
    shown = worst(steps)
    if shown == StepState.WAITING and any(gate.state in STEP_BROKEN for gate in gates):
        shown = worst(gates)
    if shown != StepState.WAITING:
        return STEP_MARKS[shown]
    if number == board.current:
        return WAITS
    return NEXT if number == board.current + 1 and board.state not in RUN_ENDED else PLANNED


def _prod(planned: PlannedProd, number: int, board: _Board, of_users: bool) -> RunProd:
    steps = board.steps.get((number, planned.name), [])
    left = next((step for step in steps if step.state not in STEP_DONE), None)
    broken = next((step.id for step in steps if step.state in STEP_BROKEN), None)
    before, after = ("", planned.version) if of_users else _moves(planned, board.leaving)
    return RunProd(
        name=planned.name,
        mark=_prod_mark(steps, left, due=number <= board.current),
        before=before,
        after=after,
        reason=planned.reason,
        steps=tuple(_line(step, step is left) for step in steps),
        waits=left.reason if left and left.state == StepState.WAITING else None,
        held=planned.name in board.held,
        broken=broken,
        open=bool(left is None or left.state != StepState.WAITING or left.position),
        tells=of_users,
    )


def _moves(planned: PlannedProd, leaving: str) -> tuple[str, str]:
    """From what to what: Versions, or the revisions of overrides where the Version stays; before: empty
    where nothing of this changes."""
    old = leaving or planned.came_from.version
    if old != planned.version:
        return old, planned.version
    asked = next((dict(step.params) for step in planned.steps if step.kind == "set_version"), {})
    revision, former = asked.get("overrides_revision"), planned.came_from.overrides_revision
    if revision is None or revision == former:
        return "", planned.version
    words = str(_("overrides r%s"))
    return words % former, words % revision


def _prod_mark(steps: Sequence[StepRow], left: StepRow | None, due: bool) -> Mark:
    shown = worst(steps)
    if left is None or (shown != StepState.WAITING and left.state != StepState.RUNNING):
        return STEP_MARKS[shown]
    if left.state == StepState.RUNNING or (left.position and not left.reason):
        return Mark("busy", "turn", STEP_DOING[left.kind])
    return WAITS if left.reason and due else PLANNED


def _line(step: StepRow, current: bool) -> StepLine:
    running = step.state == StepState.RUNNING
    speaks = running or step.state in STEP_BROKEN or step.state == StepState.SKIPPED or step.kind in BESIDE
    return StepLine(
        id=step.id,
        mark=STEP_MARKS[StepState(step.state)],
        name=STEP_NAMES[step.kind],
        detail=_detail(step),
        took=step.took,
        since=step.started_at if running else None,
        until=_until(step) if running else None,
        said=step.reason if speaks or current else None,
    )


def _until(step: StepRow) -> datetime | None:
    """When a running soak is over."""
    if step.kind != "soak" or step.started_at is None:
        return None
    return step.started_at + timedelta(seconds=int(step.params.get("soak_s", 0)))


def _detail(step: StepRow) -> str:
    """What tells this step from another of its kind."""
    match step.kind:
        case "set_version":
            return str(step.params.get("version", ""))
        case "switch":
            return str(step.params.get("to", ""))
        case "ramp":
            return f"{step.params.get('route', '')} {step.params.get('percent', 100)} %".strip()
        case "warm_up" | "warm_beside":
            return f"{step.params.get('requests', '')}×"
        case "soak":
            return whole_words(int(step.params.get("soak_s", 0)))
        case "wait_ready" if step.reason and step.state == StepState.SUCCEEDED:
            pods = dict(step.reason.params).get("pods")
            return f"{pods} / {pods}" if pods else ""
    return ""


def _gate(step: StepRow) -> GateView:
    running = step.state == StepState.RUNNING
    mark = Mark("wait", "person", _("asks")) if running else STEP_MARKS[StepState(step.state)]
    return GateView(step.id, STEP_NAMES[step.kind], mark, step.reason, running)
