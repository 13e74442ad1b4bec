"""What the simulated workloads count of the requests of their users, in Prometheus' text format.

Source: prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulator.wire.messages import Response

METRICS_PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUESTS, ERRORS, DURATION = "http_requests", "http_request_errors", "http_request_duration_seconds"
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Who has answered."""

    cluster: str
    namespace: str
    prod: str
    component: str
    version: str

    @property
    def labels(self) -> Labels:
        """The labels of its series."""
        return tuple((name, getattr(self, name)) for name in self.__slots__)


@dataclass(slots=True)
class Meter:
    """The answers of one source so far. `codes` by status; `slots` by the bucket that they fall into."""

    codes: dict[int, int] = field(default_factory=dict)
    slots: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def count(self, status: int, seconds: float) -> None:
        """One more."""
        self.codes[status] = self.codes.get(status, 0) + 1
        self.slots[bisect_left(BUCKETS_S, seconds)] += 1
        self.total_s += seconds


class Meters:
    """The meters of one cluster. They live as long as the simulator, whatever becomes of pods."""

    def __init__(self) -> None:
        self._meters: dict[Source, Meter] = {}

    def count(self, source: Source, status: int, seconds: float) -> None:
        """One more answer of a source."""
        self._meters.setdefault(source, Meter()).count(status, seconds)

    def of(self, **wanted: str) -> dict[Source, Meter]:
        """The meters of the sources that have these properties."""
        return {
            source: meter
            for source, meter in self._meters.items()
            if all(getattr(source, name) == value for name, value in wanted.items())
        }


def page(meters: dict[Source, Meter]) -> Response:
    """A page for Prometheus to scrape."""
    return Response(200, "".join(f"{line}\n" for line in lines(meters)).encode(), CONTENT_TYPE)


def lines(meters: dict[Source, Meter]) -> Iterator[str]:
    """The lines of such a page; a family without a series is left out."""
    found = sorted(meters.items(), key=lambda entry: entry[0].labels)
    if not found:
        return
    yield from _head(f"{REQUESTS}_total", "counter", "Requests of users that were answered, by status.")
    for source, meter in found:
        for code in sorted(meter.codes):
            yield _sample(f"{REQUESTS}_total", (*source.labels, ("code", str(code))), meter.codes[code])
    yield from _head(f"{ERRORS}_total", "counter", "Those answered with 500 or above.")
    for source, meter in found:
        failed = sum(count for code, count in meter.codes.items() if code >= 500)
        yield _sample(f"{ERRORS}_total", source.labels, failed)
    yield from _head(DURATION, "histogram", "How long the answers took.")
    for source, meter in found:
        yield from _histogram(source.labels, meter)


def _histogram(labels: Labels, meter: Meter) -> Iterator[str]:
    so_far = 0
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), meter.slots, strict=True):
        so_far += count
        yield _sample(f"{DURATION}_bucket", (*labels, ("le", bound)), so_far)
    yield _sample(f"{DURATION}_sum", labels, round(meter.total_s, 6))
    yield _sample(f"{DURATION}_count", labels, so_far)


def _head(name: str, kind: str, text: str) -> Iterable[str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _sample(name: str, labels: Labels, value: float) -> str:
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{told}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
