"""What users ask for, Prod by Prod: what a source of numbers says, and small charts of the last minutes. Pure.

A source answers with rates: requests and errors per second, errors among the requests, by Prod and by the Version
that answered. An error that no Version answered has the empty one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

EVERY_S = 5
KEPT_S = 300
OLD_S = 15
SLOTS = KEPT_S // EVERY_S
WIDE, HIGH = 4, 28  # of one sample, and of the whole chart
LEAST_TOP = 2.0  # requests per second: the chart of a quiet Prod is not all noise

Key = tuple[str, str]


class BadAnswer(ValueError):
    """A source that says what makes no sense."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Per second. Errors are among the requests."""

    requests: float = 0.0
    errors: float = 0.0


@dataclass(frozen=True, slots=True)
class DemandChart:
    """The last five minutes, now at the right. `good` and `bad` are SVG paths: all requests, and the errors among
    them; `requests` and `errors` the newest rates, `seen_at` when they were true, `is_old`: too old to be trusted."""

    good: str
    bad: str
    width: int
    height: int
    requests: float
    errors: float
    seen_at: datetime
    is_old: bool


def parse_counters(body: Any) -> dict[Key, Rate]:
    """The rates in what the simulated users answer to `/counters?by=prod,version`; BadAnswer.

    >>> parse_counters({"series": [{"prod": "a-1", "version": "v1", "requests": [4, 6], "errors": [0, 1]}]})
    {('a-1', 'v1'): Rate(requests=5.0, errors=0.5)}
    """
    try:
        return {
            (str(one["prod"]), str(one["version"])): Rate(_mean(one["requests"]), _mean(one["errors"]))
            for one in body["series"]
        }
    except (TypeError, KeyError, ValueError) as error:
        raise BadAnswer(f"not the counters of users: {error}") from error


def parse_vectors(requests: Any, errors: Any) -> dict[Key, Rate]:
    """The rates in two answers of Prometheus to an instant query, by the labels `prod` and `version`; BadAnswer.

    >>> said = {"data": {"result": [{"metric": {"prod": "a-1"}, "value": [1, "2.5"]}]}}
    >>> parse_vectors(said, {"data": {"result": []}})
    {('a-1', ''): Rate(requests=2.5, errors=0.0)}
    """
    all_of_them, failed = _vector(requests), _vector(errors)
    keys = [*all_of_them, *(key for key in failed if key not in all_of_them)]
    return {
        key: Rate(max(all_of_them.get(key, 0.0), failed.get(key, 0.0)), failed.get(key, 0.0)) for key in keys
    }


def chart(samples: Sequence[tuple[datetime, Rate]], now: datetime, top: float = 0.0) -> DemandChart | None:
    """The chart of one series, oldest first; None without any sample. `top`: requests per second at its upper edge,
    at least; so that several charts may be compared."""
    if not samples:
        return None
    begins = now - timedelta(seconds=KEPT_S)
    highest = max(LEAST_TOP, top, *(rate.requests for _, rate in samples))
    slots: dict[int, Rate] = {}
    for at, rate in samples:
        slots[min(SLOTS - 1, int((at - begins).total_seconds() // EVERY_S))] = rate
    seen_at, last = samples[-1]
    return DemandChart(
        good=_path({slot: rate.requests / highest for slot, rate in slots.items()}),
        bad=_path({slot: rate.errors / highest for slot, rate in slots.items()}),
        width=SLOTS * WIDE,
        height=HIGH,
        requests=last.requests,
        errors=last.errors,
        seen_at=seen_at,
        is_old=now - seen_at > timedelta(seconds=OLD_S),
    )


def together(rates: Sequence[Rate]) -> Rate:
    """Their sum."""
    return Rate(sum(rate.requests for rate in rates), sum(rate.errors for rate in rates))


def _path(shares: Mapping[int, float]) -> str:
    """A column of each share (0-1 of the height) above 0; what is above 0 is seen.

    >>> _path({0: 0.5, 1: 0.0, 59: 0.001})
    'M0 28V14H4V28ZM236 28V27H240V28Z'
    """
    columns = []
    for slot, share in sorted(shares.items()):
        if share > 0 and slot >= 0:
            left, up = slot * WIDE, HIGH - max(1, round(HIGH * share))
            columns.append(f"M{left} {HIGH}V{up}H{left + WIDE}V{HIGH}Z")
    return "".join(columns)


def _mean(counts: Any) -> float:
    numbers = [float(count) for count in counts]
    return sum(numbers) / len(numbers) if numbers else 0.0


def _vector(body: Any) -> dict[Key, float]:
    try:
        return {
            (str(one["metric"]["prod"]), str(one["metric"].get("version", ""))): _number(one["value"][1])
            for one in body["data"]["result"]
        }
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise BadAnswer(f"not a vector with a label prod: {error}") from error


def _number(text: Any) -> float:
    """Prometheus says NaN for 0 divided by 0."""
    found = float(text)
    return found if 0 <= found < float("inf") else 0.0
