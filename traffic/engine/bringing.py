"""Bringing a router to what is asked, so that nothing is taken from users before what replaces it is read back."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from journal.core.reasons import Reason, within
from traffic.models import Publication
from traffic.routers.protocol import Actual, Asked, Rejected, Router, RouterError, Stale, Write

from .keeping import Homes, keeping, nowhere

State = Publication.State
ROUNDS = 8  # more than a plan has stages
Done = tuple[int, Reason]  # stage and words of a write: the same in another plan is the same write


@dataclass(frozen=True, slots=True)
class Found:
    """Of one Route: why it is not as asked (None: it is), and the state that follows. `left`: nobody mends it."""

    state: str
    reason: Reason | None = None
    left: bool = False


def bring(
    router: Router, asked: Collection[Asked], homes: Homes = nowhere
) -> tuple[dict[str, Found], dict[str, Actual]]:
    """Write what differs, and read it back: what became of each Route, and what was read last. Raises Unreachable where
    the instance does not answer.

    Mostly that is one round. Writes that take away what others replace wait for the next, whose plan is made of what
    was read back. `homes` is asked about hostnames that a Route would lose and no other of `asked` is to get.
    """
    names = [one.route for one in asked]
    if not names:
        return {}, {}
    actual = router.read(names)
    found: dict[str, Found] = {}
    done: set[Done] = set()
    held: dict[str, Reason] = {}
    waiting: dict[str, Write] = {}
    for _ in range(ROUNDS):
        refused = len(found)
        writes, held = _planned(router, asked, actual, found, homes)
        turn, waiting = _in_turn(writes, done)
        for _, stage in groupby(turn, key=lambda write: write.stage):
            _carry_out(router, list(stage), found)
        done |= set(map(_done, turn))
        if turn:
            actual = router.read(names)
        # Writes that a Route shared which is refused since are planned anew, without it.
        if not turn or (len(turn) == len(writes) and len(found) == refused):
            break
    verified = router.verify([one for one in asked if one.route not in found], actual)
    held |= {route: write.what for route, write in waiting.items()}
    return found | {route: _state(why, held.get(route)) for route, why in verified.items()}, actual


def _state(why: Reason | None, missing: Reason | None) -> Found:
    if why and missing:
        why = within("replacement-not-there", missing)
    return Found(State.PENDING if why else State.PUBLISHED, why)


def _in_turn(writes: Sequence[Write], done: Collection[Done]) -> tuple[list[Write], dict[str, Write]]:
    """(the writes to carry out now, Route -> the write that the rest of its own waits for). What is `done` and planned
    again was not taken: the same again, now, would not be either."""
    first: dict[str, Write] = {}
    for write in writes:
        for route in write.routes:
            first.setdefault(route, write)
    turn: list[Write] = []
    stuck: set[str] = set()
    waiting: dict[str, Write] = {}
    for write in writes:
        needed = [first[route] for route in write.needs if route in first]
        missing = next((one for one in needed if one.stage < write.stage), None)
        if missing:
            waiting = dict.fromkeys(write.routes, missing) | waiting
        if missing or _done(write) in done or not stuck.isdisjoint(write.routes):
            stuck.update(write.routes)
        else:
            turn.append(write)
    return turn, waiting


def _done(write: Write) -> Done:
    return write.stage, write.what


def _planned(
    router: Router,
    asked: Collection[Asked],
    actual: Mapping[str, Actual],
    found: dict[str, Found],
    homes: Homes,
) -> tuple[Sequence[Write], dict[str, Reason]]:
    """(the writes that are left for all but the Routes in `found`, Route -> why it keeps hostnames that it is to lose).
    Routes that the router can never take stand in `found` afterwards."""
    while True:
        able = [one for one in asked if one.route not in found]
        wanted, kept = keeping(router, able, asked, actual, homes)
        try:
            return router.plan(wanted, actual), kept
        except (Stale, Rejected):  # not all of them can be: those that can are
            if not [one for one in wanted if _refused(router, one, actual, found)]:
                raise


def _carry_out(router: Router, writes: Sequence[Write], found: dict[str, Found]) -> None:
    """Carry out writes that do not need each other, as many at once as the router takes. Returns, or raises
    Unreachable, when none is under way. A Route that is refused stands in `found`, and no write of it begins any more."""
    if router.traits.together == 1 or len(writes) == 1:
        for write in writes:
            _apply(router, write, found)
        return
    with ThreadPoolExecutor(router.traits.together, "publish") as pool:
        begun = [pool.submit(_apply, router, write, found) for write in writes]
        try:
            for one in begun:
                one.result()
        finally:
            pool.shutdown(
                wait=False, cancel_futures=True
            )  # a router that is away is not asked again and again


def _apply(router: Router, write: Write, found: dict[str, Found]) -> None:
    if any(route in found for route in write.routes):
        return
    try:
        router.apply(write)
    except Stale as error:  # somebody wrote since we read: we look again
        found.update(_about(error, write, State.PENDING))
    except Rejected as error:
        found.update(_about(error, write, State.REFUSED))


def _about(error: RouterError, write: Write, state: str) -> dict[str, Found]:
    each = error.each or dict.fromkeys(write.routes, error.reason)
    return {route: Found(state, why) for route, why in each.items()}


def _refused(router: Router, one: Asked, actual: Mapping[str, Actual], found: dict[str, Found]) -> bool:
    """Whether the router can never take this one: something newer is there, or it cannot hold it."""
    try:
        router.plan([one], actual)
    except (Stale, Rejected) as error:
        found[one.route] = Found(State.REFUSED, error.reason)
        return True
    return False
