"""From the event loop to the database and to callbacks, in threads that give their connection back."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

AGAIN_S = 0.5


class Threads:
    """A small pool. Every call ends with the database connection closed or back in its pool."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="observer")

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `call` returns or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _closing(call, *args, **kwargs))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _closing(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return call(*args, **kwargs)
    finally:
        connection.close()


class Notifier:
    """Tells `on_change` which Prods changed: one call at a time, what comes meanwhile in the next one.

    A callback that raises is logged and called again a little later: nobody else would tell.
    """

    def __init__(self, threads: Threads, on_change: Callable[[list[int]], None]) -> None:
        self._threads, self._on_change = threads, on_change
        self._changed: set[int] = set()
        self._wake = asyncio.Event()

    def tell(self, prod_ids: Iterable[int]) -> None:
        self._changed.update(prod_ids)
        if self._changed:
            self._wake.set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = sorted(self._changed), set()
            try:
                await self._threads.run(self._on_change, changed)
            except Exception:  # a callback's mistake must not stop the observation
                log.exception("on_change failed for %d prods", len(changed))
                await asyncio.sleep(AGAIN_S)
                self.tell(changed)
