"""A Router in memory. It passes the contract suite beside it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from journal.core.reasons import Reason, because
from tests.adapters.routers.faults import Faults
from traffic.routers.protocol import Actual, Asked, Stale, Traits, Unreachable, Write
from traffic.routers.rules import check, first_difference, weights_of

ADDED, MOVED, TRIMMED = range(3)  # the stages of a plan


@dataclass(frozen=True, slots=True)
class Change:
    """One Route from what was read to what it shall be."""

    before: Actual | None
    after: Actual


class FakeRouter:
    """Routes in a dict, compared and swapped. It is its own World (`tests.adapters.routers.faults`).

    `writes` is what was carried out, in order. `before_write` is called at the beginning of each write, so that
    a test can hold it or publish something else meanwhile.
    """

    traits = Traits(health_checks=True, compare_and_swap=True)

    def __init__(self) -> None:
        self.published: dict[str, Actual] = {}
        self.writes: list[Write] = []
        self.faults = Faults()
        self.before_write: Callable[[Write], None] = lambda write: None

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        def found() -> dict[str, Actual]:
            return {
                route: actual
                for route, actual in sorted(self.published.items())
                if routes is None or route in routes
            }

        return self.faults.call(found, write=False, silent=_silent, lie=found)

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        check(asked, actual)
        takers = {host: one.route for one in asked for host in one.hostnames}
        writes = [
            _write(change, stage, takers)
            for one in sorted(asked, key=lambda one: one.route)
            for stage, change in _steps(one, actual.get(one.route))
        ]
        return tuple(sorted(writes, key=lambda write: write.stage))

    def apply(self, write: Write) -> None:
        self.before_write(write)
        self.faults.call(lambda: self._swap(write), write=True, silent=_silent, lie=lambda: None)

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        found = self.read([one.route for one in asked]) if actual is None else actual
        return {one.route: first_difference(one, found.get(one.route)) for one in asked}

    def remove(self, routes: Collection[str]) -> None:
        def gone() -> None:
            for route in routes:
                self.published.pop(route, None)

        self.faults.call(gone, write=True, silent=_silent, lie=lambda: None)

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        before = self.published[route]
        self.published[route] = replace(before, epoch=epoch, weights=tuple(sorted(weights.items())))

    def _swap(self, write: Write) -> None:
        change = write.call
        assert isinstance(change, Change)
        now = self.published.get(change.after.route)
        if now == change.after:
            return
        if now != change.before:
            raise Stale(because("router-moved-on", route=change.after.route))
        self.published[change.after.route] = change.after
        self.writes.append(write)


def _steps(asked: Asked, actual: Actual | None) -> list[tuple[int, Change]]:
    """By stage. A new Route at once; else what is added, then the weights, then without what is no longer asked."""
    final = Actual(asked.route, asked.epoch, weights_of(asked), tuple(sorted(asked.hostnames)))
    if actual is None:
        return [(ADDED, Change(None, final))]
    old, new = dict(actual.weights), dict(final.weights)
    members = {**dict.fromkeys(new, 0), **old}
    hostnames = tuple(sorted({*actual.hostnames, *final.hostnames}))
    added = replace(actual, weights=tuple(sorted(members.items())), hostnames=hostnames)
    moved = replace(
        final, weights=tuple(sorted({**dict.fromkeys(old, 0), **new}.items())), hostnames=hostnames
    )
    states = enumerate(pairwise([actual, added, moved, final]))
    return [(stage, Change(before, after)) for stage, (before, after) in states if before != after]


def _write(change: Change, stage: int, takers: Mapping[str, str]) -> Write:
    route, epoch = change.after.route, change.after.epoch
    gone = set(change.before.hostnames) - set(change.after.hostnames) if change.before else set()
    needs = {route, *(takers[host] for host in gone if host in takers)} if stage == TRIMMED else set()
    what = because("router-write-route", route=route, epoch=epoch)
    return Write((route,), what, change, stage, tuple(sorted(needs)))


def _silent(maybe_done: bool) -> Unreachable:
    return Unreachable(because("router-no-answer", router="fake", error="fault"), maybe_done=maybe_done)
