"""What was asked of the clusters and what their pods did, from which tests judge clients."""

from __future__ import annotations

import itertools
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from simulator.values import Obj, packed

READ_VERBS = frozenset({"get", "list", "watch"})
READS_KEPT = 5000
WRITES_KEPT = 50_000  # about 40 MB; the demo runs for days


class Line(NamedTuple):
    """An entry and when it was written, since the start and since 1970."""

    seq: int
    t: float
    at: float
    entry: Obj

    def told(self) -> Obj:
        """The entry as it is read."""
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {"seq": self.seq, "t": round(self.t, 6), "at": at, **self.entry}


class Audit:
    """An ordered log. The last writes and pod transitions are kept, and the last reads, each up to a bound."""

    def __init__(self, path: Path | None = None, writes_kept: int = WRITES_KEPT) -> None:
        self._started = time.monotonic()
        self._seq = 0
        self.dropped = 0  # writes and pod transitions that are no longer kept
        self._writes: deque[Line] = deque(maxlen=writes_kept)
        self._reads: deque[Line] = deque(maxlen=READS_KEPT)
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def add(self, entry: Obj) -> None:
        """Append an entry; whoever reads it finds its `seq`, `t` (seconds since start) and `at` (RFC 3339)."""
        self._seq += 1
        line = Line(self._seq, time.monotonic() - self._started, time.time(), entry)
        if entry["type"] == "request" and entry["verb"] in READ_VERBS:
            self._reads.append(line)
        else:
            self.dropped += len(self._writes) == self._writes.maxlen
            self._writes.append(line)
        if self._file:
            self._file.write(packed(line.told()).decode() + "\n")
            self._file.flush()

    def since(self, seq: int, limit: int) -> dict[str, Any]:
        """Up to `limit` entries after `seq`, the `next` to ask from, and how many writes are `dropped` in all."""
        found = [*_after(self._writes, seq), *_after(self._reads, seq)]
        found = sorted(found, key=lambda line: line.seq)[:limit]
        return {
            "entries": [line.told() for line in found],
            "next": found[-1].seq if found else max(seq, self._seq),
            "dropped": self.dropped,
        }

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


def _after(lines: deque[Line], seq: int) -> list[Line]:
    """Those after `seq`, newest first."""
    return list(itertools.takewhile(lambda line: line.seq > seq, reversed(lines)))
