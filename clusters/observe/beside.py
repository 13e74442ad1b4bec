"""What runs beside a watched cluster, under the same lease: it sees what the API's probes said."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from .rows import Lease
from .threads import Threads

log = logging.getLogger(__name__)

AGAIN_S = 5.0
KEPT = 120  # a minute of them, also where each is sent soon after a miss


class ApiProbes:
    """The last probes of one cluster's API: when their answer or their timeout came, and whether any answer did."""

    def __init__(self) -> None:
        self._probes: deque[tuple[datetime, bool]] = deque(maxlen=KEPT)

    def add(self, at: datetime, *, answered: bool) -> None:
        """One more. A server that answers that it is not well does answer."""
        self._probes.append((at, answered))

    def all(self) -> tuple[tuple[datetime, bool], ...]:
        """The oldest first."""
        return tuple(self._probes)


# Runs until it is cancelled.
Beside = Callable[[Lease, ApiProbes, Threads], Coroutine[Any, Any, None]]


async def keep_beside(beside: Beside | None, lease: Lease, api: ApiProbes, threads: Threads) -> None:
    """Runs until it is cancelled. What fell over begins anew: its mistake must not stop the observation."""
    while beside is not None:
        try:
            await beside(lease, api, threads)
        except Exception:
            log.exception("%s: what runs beside the observer fell over", lease.cluster)
        await asyncio.sleep(AGAIN_S)
