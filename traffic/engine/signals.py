"""The signals of one Cluster, for as long as its lease is ours: asked, judged, stored. See docs/failover.md."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone

from clusters.observe.beside import ApiProbes
from clusters.observe.rows import Lease
from clusters.observe.threads import Threads
from clusters.observe.users import Reply, UserSession
from traffic.core.detect import (
    API,
    INTERVAL_S,
    STALE_S,
    TIMEOUT_S,
    UNKNOWN,
    History,
    Probe,
    Verdict,
    detect,
)
from traffic.queries.probing import Way, Ways, read_ways

from .liveness import Told, last_state, store_signals

KEPT = timedelta(seconds=60)
# Where to ask is read this often.
WAYS_S = 4.0

log = logging.getLogger(__name__)


class Signals:
    """Runs beside the observer of one Cluster. `on_move` gets its name after its state has changed."""

    def __init__(
        self, lease: Lease, api: ApiProbes, threads: Threads, on_move: Callable[[str], None]
    ) -> None:
        self._lease, self._api, self._threads, self._on_move = lease, api, threads, on_move
        self._ways = Ways(judged=False)
        self._ways_s = float("-inf")
        self._asked: list[Probe] = []
        self._was = UNKNOWN
        self._began = timezone.now()

    async def run(self) -> None:
        """Until it is cancelled. A database that is away costs rounds, nothing else."""
        self._was = await self._survive(last_state, UNKNOWN, self._lease.cluster_id)
        async with UserSession(TIMEOUT_S) as session:
            while True:
                began_s = time.monotonic()
                await self._look_where(began_s)
                if self._ways.judged:
                    await self._round(session)
                await asyncio.sleep(max(0.0, began_s + INTERVAL_S - time.monotonic()))

    async def _look_where(self, now_s: float) -> None:
        if now_s - self._ways_s < WAYS_S:
            return
        found = await self._survive(read_ways, self._ways, self._lease.cluster_id)
        self._asked = forgiven(self._asked, self._ways.ways, found.ways)
        self._ways, self._ways_s = found, now_s

    async def _round(self, session: UserSession) -> None:
        replies = await asyncio.gather(*(session.ask(way.door) for way in self._ways.ways))
        now, answers = timezone.now(), list(zip(self._ways.ways, replies, strict=True))
        self._asked = [one for one in (*self._asked, *probes_of(answers, now)) if now - one.at <= KEPT]
        api = [Probe(at, API, good) for at, good in self._api.all() if now - at <= KEPT]
        probes = (*api, *self._asked)
        verdict = detect(History(self._was, probes), now)
        if verdict.state == UNKNOWN and now - self._began <= timedelta(seconds=STALE_S):
            return  # we have only just begun: what was known before stays, and shows its age
        await self._store(verdict, probes, answers, now)

    async def _store(
        self, verdict: Verdict, probes: tuple[Probe, ...], answers: list[tuple[Way, Reply]], now: datetime
    ) -> None:
        told = Told(verdict, probes, tuple(answers), self._ways.absent, now)
        moved = await self._survive(store_signals, None, self._lease, told)
        if moved is None:
            return
        self._was = verdict.state
        if moved:
            log.info("%s is %s by its signals", self._lease.cluster, verdict.state)
            try:
                await self._threads.run(self._on_move, self._lease.cluster)
            except Exception:  # what follows from it is asked for again by the tick
                log.exception("on_move failed for %s", self._lease.cluster)

    async def _survive(self, call: Callable, otherwise, *args):  # type: ignore[no-untyped-def]
        """What `call` returns; `otherwise` while the database is away."""
        try:
            return await self._threads.run(call, *args)
        except DatabaseError as error:
            log.warning("%s: signals: %s", self._lease.cluster, error)
            return otherwise


def probes_of(answers: Iterable[tuple[Way, Reply]], now: datetime) -> list[Probe]:
    """One probe for each signal that was asked: good if any of its ways was."""
    by_signal: dict[str, list[bool]] = defaultdict(list)
    for way, reply in answers:
        by_signal[way.signal].append(reply.good)
    return [Probe(now, signal, any(good)) for signal, good in by_signal.items()]


def forgiven(probes: list[Probe], before: tuple[Way, ...], after: tuple[Way, ...]) -> list[Probe]:
    """The probes without the misses of signals that are asked elsewhere now: those say nothing about the new place."""
    moved = {
        signal
        for signal in {way.signal for way in (*before, *after)}
        if {way for way in before if way.signal == signal} != {way for way in after if way.signal == signal}
    }
    return [one for one in probes if one.good or one.signal not in moved]
