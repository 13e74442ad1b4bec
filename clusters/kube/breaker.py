"""A circuit breaker: a cluster that does not answer costs one call in a while instead of every call."""

import threading
import time
from collections.abc import Callable

from journal.core.reasons import because

from .protocol import Unavailable

MISSES_TO_OPEN = 3
OPEN_S = 5.0


class Breaker:
    """Opens after three misses in a row; then every call fails at once, but for one probe each 5 s.

    Thread-safe. `clock` counts seconds and never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._misses = 0
        self._next_probe_at = 0.0

    def enter(self) -> None:
        """Raises Unavailable while open, except for the caller whose turn it is to probe."""
        with self._lock:
            if self._misses < MISSES_TO_OPEN:
                return
            now = self._clock()
            if now < self._next_probe_at:
                wait_ms = round((self._next_probe_at - now) * 1000)
                raise Unavailable(because("cluster-silent", next_probe_ms=wait_ms), maybe_done=False)
            self._next_probe_at = now + OPEN_S

    def answered(self) -> None:
        """The cluster gave an answer, whatever it was."""
        with self._lock:
            self._misses = 0

    def missed(self) -> None:
        """The cluster gave no usable answer."""
        with self._lock:
            self._misses += 1
            if self._misses == MISSES_TO_OPEN:
                self._next_probe_at = self._clock() + OPEN_S
