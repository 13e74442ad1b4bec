"""How many requests and errors there were in each second, by Prod, Version and tenant group. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

KEPT_S = 300
FIELDS = ("prod", "version", "group", "gateway")
Key = tuple[str, str, str, str]


@dataclass(slots=True)
class Count:
    """Requests of one second and one key; errors are among the requests."""

    requests: int = 0
    errors: int = 0
    latency_ms: float = 0.0


class BadQuery(ValueError):
    """A question that makes no sense; the message says why."""


class Counters:
    """The last five minutes. A second holds at most one key per request, so the rate bounds the memory."""

    def __init__(self, kept_s: int = KEPT_S) -> None:
        self._kept_s = kept_s
        self._seconds: OrderedDict[int, dict[Key, Count]] = OrderedDict()
        self.requests = self.errors = 0

    def add(self, second: int, key: Key, failed: bool, latency_ms: float) -> None:
        """Count a request that ended in a second (since the epoch)."""
        bucket = self._seconds.setdefault(second, {})
        count = bucket.setdefault(key, Count())
        count.requests += 1
        count.errors += failed
        count.latency_ms += latency_ms
        self.requests += 1
        self.errors += failed
        while next(iter(self._seconds)) <= second - self._kept_s:
            self._seconds.popitem(last=False)

    def series(self, now: int, seconds: int, by: Sequence[str]) -> list[dict[str, object]]:
        """Per value of the fields in `by`, requests and errors of each of the `seconds` whole seconds before `now`,
        and the mean latency over all of them; BadQuery."""
        unknown = [name for name in by if name not in FIELDS]
        if unknown:
            raise BadQuery(f"there is no field {unknown[0]!r}; there are: {', '.join(FIELDS)}")
        places = [FIELDS.index(name) for name in by]
        rows: dict[tuple[str, ...], list[Count]] = {}
        for place, second in enumerate(range(now - seconds, now)):
            for key, count in self._seconds.get(second, {}).items():
                row = rows.setdefault(tuple(key[at] for at in places), [Count() for _ in range(seconds)])
                row[place].requests += count.requests
                row[place].errors += count.errors
                row[place].latency_ms += count.latency_ms
        return [dict(zip(by, value, strict=True)) | _shown(row) for value, row in sorted(rows.items())]


def _shown(row: list[Count]) -> dict[str, object]:
    requests = sum(count.requests for count in row)
    latency = sum(count.latency_ms for count in row) / requests if requests else 0.0
    return {
        "requests": [count.requests for count in row],
        "errors": [count.errors for count in row],
        "latency_ms": round(latency, 1),
    }
