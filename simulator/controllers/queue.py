"""Work that is due: one entry per key, run by the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)
Key = tuple[str, str]  # namespace, name
RETRY_S = 0.5


class WorkQueue:
    """Calls `work(key)` once for any number of adds before it is due; errors are retried."""

    def __init__(self, name: str, work: Callable[[Key], None]) -> None:
        self._name, self._work = name, work
        self._due: dict[
            Key, tuple[float, asyncio.TimerHandle]
        ] = {}  # when: uvloop's handles do not always tell
        self._stopped = False

    def add(self, key: Key, after_s: float = 0.0) -> None:
        """Have the key worked on no later than in `after_s` seconds."""
        if self._stopped:
            return
        loop = asyncio.get_running_loop()
        at, waiting = loop.time() + after_s, self._due.get(key)
        if waiting is not None:
            if waiting[0] <= at:
                return
            waiting[1].cancel()
        self._due[key] = at, loop.call_later(after_s, self._run, key)

    def stop(self) -> None:
        """Drop everything that is due."""
        self._stopped = True
        for _, handle in self._due.values():
            handle.cancel()
        self._due.clear()

    def _run(self, key: Key) -> None:
        self._due.pop(key, None)
        try:
            self._work(key)
        except Exception:
            log.exception("simulator: %s failed on %s", self._name, key)
            self.add(key, RETRY_S)
