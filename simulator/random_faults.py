"""Faults at random moments: the same seed always gives the same sequence. Pure, but for `RandomFaults`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator.fault_checks import ONE_SHOT, BadFault, checked
from simulator.faults import Fault, FaultBook
from simulator.settings import BadSetting, Range, parse_range
from simulator.values import Obj

Dice = random.Random
USUAL = (
    "refuse",
    "hang",
    "lost",
    "cut_users",
    "slow",
    "error",
    "past",
    "node_lost",
    "drop_watches",
    "compact",
)
WITH_PATTERN = ("image",)  # also drawn when a pattern says of which images
BAD_BEHAVIOURS = ("missing", "crash", "neverready", "slow", "failing", "laggy", "leak")
TOLD = 1000  # of what it did, at most


@dataclass(frozen=True, slots=True)
class Game:
    """What may be hit, how often (seconds from one fault to the next) and for how long."""

    seed: int
    kinds: tuple[str, ...]
    clusters: tuple[str, ...]
    nodes: int
    every_s: Range
    lasts_s: Range
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One fault: when it begins after the start, what it is, and how long it lasts."""

    at_s: float
    lasts_s: float
    fault: Obj


def parse_game(params: Obj, clusters: tuple[str, ...], nodes: int) -> Game:
    """The game that the parameters of a `random` fault ask for; BadFault."""
    checked("random", params)
    pattern = str(params.get("pattern") or "")
    allowed = (*USUAL, *(WITH_PATTERN if pattern else ()))
    given = params.get("kinds") or list(allowed)
    kinds = tuple(given.split(",")) if isinstance(given, str) else given
    if not isinstance(kinds, list | tuple) or not all(kind in allowed for kind in kinds):
        raise BadFault(
            f"random: kinds are of {', '.join(allowed)}{'' if pattern else '; image wants a pattern'}"
        )
    seed = params.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise BadFault("random: seed is a whole number")
    try:
        every_s = parse_range(params.get("every_s", "5-20"), "every_s")
        lasts_s = parse_range(params.get("lasts_s", "3-15"), "lasts_s")
    except BadSetting as error:
        raise BadFault(f"random: {error}") from error
    if every_s[0] < 0.05:
        raise BadFault("random: every_s is at least 0.05")
    chosen = (params["cluster"],) if params.get("cluster") else clusters
    return Game(seed, tuple(kinds), chosen, nodes, every_s, lasts_s, pattern)


def strokes(game: Game) -> Iterator[Stroke]:
    """The faults of a game, one after the other, without end; those that happen once last no time."""
    dice = Dice(f"{game.seed}/random faults")
    at_s = 0.0
    while True:
        at_s += dice.uniform(*game.every_s)
        lasts_s, kind, cluster = (
            dice.uniform(*game.lasts_s),
            dice.choice(game.kinds),
            dice.choice(game.clusters),
        )
        more = DRAWN.get(kind, _nothing)(dice, game, cluster)
        once = kind in ONE_SHOT
        yield Stroke(
            round(at_s, 3), 0.0 if once else round(lasts_s, 3), {"kind": kind, "cluster": cluster, **more}
        )


def _nothing(_dice: Dice, _game: Game, _cluster: str) -> Obj:
    return {}


def _way(dice: Dice, _game: Game, _cluster: str) -> Obj:
    return {"how": dice.choice(("refuse", "hang"))}


def _error(dice: Dice, _game: Game, _cluster: str) -> Obj:
    return {"status": dice.choice((429, 500, 503, 504)), "rate": dice.choice((0.05, 0.2, 0.5, 1.0))}


def _past(dice: Dice, _game: Game, _cluster: str) -> Obj:
    return {"back_s": dice.choice((0, 5, 30)), "how": dice.choice(("all", "cache"))}


def _node(dice: Dice, game: Game, cluster: str) -> Obj:
    return {"node": f"{cluster}-node-{dice.randint(1, game.nodes)}"}


def _image(dice: Dice, game: Game, _cluster: str) -> Obj:
    return {"pattern": game.pattern, "behaviour": dice.choice(BAD_BEHAVIOURS)}


DRAWN: dict[str, Callable[[Dice, Game, str], Obj]] = {
    "lost": _way,
    "cut_users": _way,
    "slow": lambda dice, _game, _cluster: {"delay_s": round(dice.uniform(0.1, 3.0), 2)},
    "error": _error,
    "past": _past,
    "node_lost": _node,
    "image": _image,
}


class RandomFaults:
    """Carries out the `random` faults of a book with `set_fault`; clearing one clears what it has set."""

    def __init__(self, book: FaultBook, set_fault: Callable[[Obj], Fault]) -> None:
        self._book, self._set_fault = book, set_fault
        self._timers: dict[
            str, dict[asyncio.TimerHandle, str]
        ] = {}  # to the fault that it will clear, if any
        book.listen(self._follow)

    def play(self, fault: Fault, game: Game) -> None:
        """Begin."""
        self._timers[fault.id] = {}
        self._wait(fault, strokes(game), asyncio.get_running_loop().time())

    def _wait(self, fault: Fault, rest: Iterator[Stroke], began: float) -> None:
        stroke, loop = next(rest), asyncio.get_running_loop()

        def strike() -> None:
            del self._timers[fault.id][timer]
            self._strike(fault, stroke)
            self._wait(fault, rest, began)

        timer = loop.call_at(began + stroke.at_s, strike)
        self._timers[fault.id][timer] = ""

    def _strike(self, fault: Fault, stroke: Stroke) -> None:
        """Set one fault, and see to it that it goes again."""
        child = self._set_fault(stroke.fault)
        fault.did.append(
            {"at_s": stroke.at_s, "lasts_s": stroke.lasts_s, "id": child.id, "fault": stroke.fault}
        )
        del fault.did[:-TOLD]
        if child.kind in ONE_SHOT:
            return

        def heal() -> None:
            del self._timers[fault.id][timer]
            self._book.clear(child.id)

        timer = asyncio.get_running_loop().call_later(stroke.lasts_s, heal)
        self._timers[fault.id][timer] = child.id

    def _follow(self) -> None:
        """Stop what was cleared, and undo what it has set."""
        for fault_id in [one for one in self._timers if self._book.get(one) is None]:
            for timer, child in self._timers.pop(fault_id).items():
                timer.cancel()
                if child:
                    self._book.clear(child)
