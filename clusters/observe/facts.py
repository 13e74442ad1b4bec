"""From dirty Prods to stored Observations: at once for the first change, then in small bundles."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from django.db import DatabaseError
from django.utils import timezone

from clusters.core.observed import ObservedProd

from .rows import Lease, Watched
from .store import Home, Store
from .threads import Threads
from .tuning import Tuning
from .writes import store_observations

RETRY_S = 0.5

log = logging.getLogger(__name__)


class FactsWriter:
    """Writes the facts of the Prods of one Cluster when they change; the loop's only writer of them.

    `on_written` gets the ids of the Prods whose facts changed, after the commit.
    """

    def __init__(
        self,
        lease: Lease,
        store: Store,
        threads: Threads,
        tuning: Tuning,
        on_written: Callable[[set[int]], None],
    ) -> None:
        self._lease, self._store, self._threads, self._tuning = lease, store, threads, tuning
        self._on_written = on_written
        self._prods: dict[Home, Watched] = {}
        self._written: dict[int, ObservedProd] = {}
        self._due: dict[Home, float] = {}
        self._last: dict[Home, float] = {}
        self._sequence = 0
        self._open = False
        self._wake = asyncio.Event()
        self.pending = 0

    def set_prods(self, prods: Iterable[Watched]) -> None:
        """The Prods to write of. New ones are written at once, others are forgotten."""
        before, self._prods = self._prods, {(prod.namespace, prod.name): prod for prod in prods}
        self.touch(home for home in self._prods if home not in before)
        for home in before.keys() - self._prods.keys():
            self._written.pop(before[home].prod_id, None)
            self._last.pop(home, None)

    def open(self) -> None:
        """Begin to write, or write all again: the lists are known."""
        self._open = True
        self.touch(self._prods)
        self._wake.set()

    def close(self) -> None:
        """Hold back: the lists are not known."""
        self._open = False

    def touch(self, homes: Iterable[Home]) -> None:
        """The facts of these may have changed."""
        for home in homes:
            if home in self._prods and home not in self._due:
                self._due[home] = self._last.get(home, 0.0) + self._tuning.coalesce_s
                self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether everything that is known is written."""
        return self._open and not self._due and not self.pending

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._wait()
            try:
                await self._write(self._take_due())
            except DatabaseError as error:
                log.warning("%s: observations not written: %s", self._lease.cluster, error)
                self._last.clear()
                self.touch(self._prods)
                await asyncio.sleep(RETRY_S)

    async def _wait(self) -> None:
        """Until at least one Prod is due."""
        while not self._open or not self._due:
            self._wake.clear()
            await self._wake.wait()
        delay_s = min(self._due.values()) - time.monotonic()
        if delay_s > 0:
            await asyncio.sleep(delay_s)

    def _take_due(self) -> list[Watched]:
        now = time.monotonic()
        due = [home for home, at in self._due.items() if at <= now and home in self._prods]
        self._due = {home: at for home, at in self._due.items() if at > now}
        self._last.update(dict.fromkeys(due, now))
        return [self._prods[home] for home in due]

    async def _write(self, prods: list[Watched]) -> None:
        now = timezone.now()
        seen = {prod.prod_id: self._store.facts((prod.namespace, prod.name), now) for prod in prods}
        fresh = {prod_id: facts for prod_id, facts in seen.items() if self._differs(prod_id, facts)}
        if not fresh:
            return
        self._sequence += 1
        self.pending = len(fresh)
        try:
            written = await self._threads.run(
                store_observations, self._lease.cluster_id, self._lease.epoch, self._sequence, fresh, now
            )
        finally:
            self.pending = 0
        self._written.update({prod_id: facts for prod_id, facts in fresh.items() if prod_id in written})
        self._on_written(written)

    def _differs(self, prod_id: int, facts: ObservedProd) -> bool:
        known = self._written.get(prod_id)
        return known is None or replace(known, observed_at=facts.observed_at) != facts
