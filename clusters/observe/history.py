"""What a cluster's probes and nodes were like over time: gathered here, written now and then."""

import asyncio
import logging
from datetime import datetime

import aiohttp
from django.db import DatabaseError
from django.utils import timezone

from clusters.core.nodes import nodes_to_json

from .history_writes import Minute, store_nodes, store_probes
from .probe import Answer, ask_nodes
from .rows import Lease
from .threads import Threads
from .tuning import Tuning

log = logging.getLogger(__name__)


class ProbeHistory:
    """The probes since the last writing, by minute."""

    def __init__(self) -> None:
        self._minutes: dict[datetime, Minute] = {}

    def add(self, answer: Answer, at: datetime) -> None:
        """Count one probe. A bad answer counts as failed, whatever it took."""
        minute = at.replace(second=0, microsecond=0)
        so_far = self._minutes.get(minute, Minute(minute))
        self._minutes[minute] = so_far.plus(None if answer.trouble else answer.latency_ms)

    def take(self) -> tuple[Minute, ...]:
        """What was counted, and forget it."""
        taken, self._minutes = tuple(self._minutes.values()), {}
        return taken


async def keep_history(history: ProbeHistory, lease: Lease, threads: Threads, tuning: Tuning) -> None:
    """Write the probes every `history_s`, until it is cancelled. What a lost database does not take is lost."""
    while True:
        await asyncio.sleep(tuning.history_s)
        minutes = history.take()
        try:
            if minutes:
                await threads.run(store_probes, lease.cluster_id, lease.epoch, minutes)
        except DatabaseError as error:
            log.warning("%s: probes not written: %s", lease.cluster, error)


async def keep_nodes(session: aiohttp.ClientSession, lease: Lease, threads: Threads, tuning: Tuning) -> None:
    """List and write the nodes every `nodes_s`, until it is cancelled."""
    while True:
        items = await ask_nodes(session, tuning)
        try:
            if items is not None:
                nodes = nodes_to_json(items)
                await threads.run(store_nodes, lease.cluster_id, lease.epoch, nodes, timezone.now())
        except DatabaseError as error:
            log.warning("%s: nodes not written: %s", lease.cluster, error)
        await asyncio.sleep(tuning.nodes_s if items is not None else tuning.retry_max_s)
