"""Kinds that are watched on a cluster only because a Blueprint has them: without them the rest is known."""

import asyncio
import time
from collections.abc import Callable, Iterable

from .tuning import Tuning
from .watch import Watch

MOST = 24
NOT_YET = "it has not been listed yet."
ABSENT = "the cluster does not have this kind."
TOO_MANY = f"more than {MOST} further kinds are not watched on one cluster."


class Extras:
    """Starts and ends a Watch for each kind. `begin` makes one; `unlisted` says of which kinds nothing is
    known now, and why."""

    def __init__(self, begin: Callable[[str], Watch], tuning: Tuning) -> None:
        self.unlisted: dict[str, str] = {}
        self._begin, self._tuning = begin, tuning
        self._running: dict[str, tuple[Watch, asyncio.Task[None]]] = {}
        self._kinds: frozenset[str] = frozenset()

    def set_kinds(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The kinds to watch from now on; those that are watched no longer. Call it inside the loop."""
        self._kinds = frozenset(kinds)
        gone = tuple(self._running.keys() - self._kinds)
        for kind in gone:
            self._running.pop(kind)[1].cancel()
        for kind in sorted(self._kinds - self._running.keys())[: MOST - len(self._running)]:
            watch = self._begin(kind)
            self._running[kind] = (watch, asyncio.create_task(watch.run()))
        self.look()
        return gone

    def look(self) -> bool:
        """Takes up what the watches say of themselves; whether anything is otherwise than before."""
        now = {kind: why for kind in self._kinds if (why := self._why(kind))}
        changed = now != self.unlisted
        self.unlisted = now
        return changed

    def restart(self) -> None:
        """What was seen before an outage is not trusted after it."""
        for watch, _ in self._running.values():
            watch.restart()
        self.look()

    def poke(self) -> None:
        """The cluster is back: try again now."""
        for watch, _ in self._running.values():
            watch.poke()

    def close(self) -> None:
        for _, task in self._running.values():
            task.cancel()
        self._running.clear()

    def _why(self, kind: str) -> str:
        if kind not in self._running:
            return TOO_MANY
        watch, task = self._running[kind]
        blind_since = time.monotonic() - self._tuning.blind_s
        if task.done():  # nothing that a watch expects
            return f"its watch has ended ({task.exception() if not task.cancelled() else 'cancelled'})."[:200]
        if not watch.listed:
            return watch.trouble or NOT_YET
        if watch.failing_since is not None and watch.failing_since < blind_since:
            return watch.trouble
        return ABSENT if watch.absent else ""
