"""What one pass knows and what it may ask for: values between `decide` and the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from journal.core.reasons import Reason

from .answers import Answer
from .states import RunState, StepState


@dataclass(frozen=True, slots=True)
class StepNow:
    """A Step as it stands. Empty `prod`: a gate in front of its wave (waves count from 1).

    `answer` is what a running, rows-only step says now; None for acts and for steps that do not run. `to`: the
    Prod that takes the place of `prod`, if one does.
    """

    id: int
    wave: int
    position: int
    prod: str
    kind: str
    state: StepState
    attempt: int
    tries: int
    since: datetime
    due_at: datetime | None
    reason: Reason | None
    answer: Answer | None = None
    to: str = ""


@dataclass(frozen=True, slots=True)
class WaveLimits:
    """Of wave `number`: how many Prods may be under way at once, and which were held in the plan."""

    number: int
    parallel: int
    held: frozenset[str]


@dataclass(frozen=True, slots=True)
class RunNow:
    """A Run with all that a pass may look at.

    `routes`: Prod -> names of its Routes. `members`: Route -> its serving Prods. `outs`: Route -> the
    Prod that is out, over all Runs. `ill`: Prods not ready, not serving or unknown; `unknown`: those of
    them that may well be serving, so that starting them is no repair.
    `blocked`: Prods that must not start now and why. `stopped`: why nothing may start at all. `nowhere`: Prods
    whose users have no place to be in meanwhile, and why. `preempted`: why no Prod begins before somebody has read
    anew what is left; None: nothing has come between. `epochs`: Route -> that of the weights that are judged here.
    """

    id: int
    kind: str
    state: RunState
    reason: Reason | None
    waves: tuple[WaveLimits, ...]
    failure_budget: int
    steps: tuple[StepNow, ...]
    routes: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]
    outs: Mapping[str, str]
    ill: frozenset[str]
    blocked: Mapping[str, Reason]
    stopped: Reason | None = None
    unknown: frozenset[str] = frozenset()
    nowhere: Mapping[str, Reason] = field(default_factory=dict)
    preempted: Reason | None = None
    epochs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """waiting -> running, a new attempt. `outs` are the Routes that must be out for it first."""

    step: int
    outs: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Redo:
    """A running act whose lease or back-off is over: a new attempt, one more try."""

    step: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """running -> `state`; when a Run ends, also waiting -> aborted."""

    step: int
    state: StepState
    reason: Reason


@dataclass(frozen=True, slots=True)
class Explain:
    """The step stays as it is, but what it waits for is now `reason`."""

    step: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class MoveRun:
    """The Run goes to `state` (or stays in it with another reason)."""

    state: RunState
    reason: Reason


Intent = Start | Redo | Settle | Explain | MoveRun


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now, in order, and when to look again at the latest (None: only when woken)."""

    intents: tuple[Intent, ...]
    wake_at: datetime | None
