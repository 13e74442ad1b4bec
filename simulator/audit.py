"""What was asked of the clusters and what their pods did, from which tests judge clients."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from simulator.values import Obj

READ_VERBS = frozenset({"get", "list", "watch"})
READS_KEPT = 5000


class Audit:
    """An ordered log. Writes and pod transitions are kept for good, reads up to a bound."""

    def __init__(self, path: Path | None = None) -> None:
        self._started = time.monotonic()
        self._seq = 0
        self._kept: list[Obj] = []
        self._reads: deque[Obj] = deque(maxlen=READS_KEPT)
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def add(self, entry: Obj) -> None:
        """Append an entry; sets its `seq`, `t` (seconds since start) and `at` (RFC 3339)."""
        self._seq += 1
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        full = {"seq": self._seq, "t": round(time.monotonic() - self._started, 6), "at": now, **entry}
        is_read = entry["type"] == "request" and entry["verb"] in READ_VERBS
        (self._reads if is_read else self._kept).append(full)
        if self._file:
            self._file.write(json.dumps(full, separators=(",", ":")) + "\n")
            self._file.flush()

    def since(self, seq: int, limit: int) -> dict[str, Any]:
        """Up to `limit` entries after `seq`, and the `next` to ask from."""
        found = sorted([*_after(self._kept, seq), *(e for e in self._reads if e["seq"] > seq)],
                       key=lambda entry: entry["seq"])[:limit]  # fmt: skip
        return {"entries": found, "next": found[-1]["seq"] if found else max(seq, self._seq)}

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


def _after(entries: list[Obj], seq: int) -> Iterator[Obj]:
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle]["seq"] > seq:
            high = middle
        else:
            low = middle + 1
    yield from entries[low:]
