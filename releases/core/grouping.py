"""Prods in impact order, cut into waves by a Strategy. Empty waves vanish."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from journal.core.reasons import Reason, because

from .facts import ProdFacts
from .impact import Impact
from .strategy import Amount, Strategy

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Group:
    """A wave to be: its name, and each Prod with the Reason why it is there, in the order run."""

    name: str
    members: tuple[tuple[ProdFacts, Reason], ...]


def group(impacts: tuple[Impact, ...], strategy: Strategy) -> tuple[Group, ...]:
    """Every Prod of `impacts` in exactly one Group."""
    return _GROUPERS[strategy.name](impacts, strategy)


def _by_impact(impacts: tuple[Impact, ...], strategy: Strategy) -> tuple[Group, ...]:
    return _cut((one.name, one.prod, one.reason) for one in impacts)


def _by_percent(impacts: tuple[Impact, ...], strategy: Strategy) -> tuple[Group, ...]:
    bounds = percent_bounds([one.load for one in impacts], strategy.percents)
    return _cut(
        (f"{bound}%", one.prod, because("within-percent", percent=bound, load=one.load))
        for one, bound in zip(impacts, bounds, strict=True)
    )


def percent_bounds(loads: list[int], percents: tuple[int, ...]) -> list[int]:
    """For each load, in order, the lowest bound that the load up to and with it does not exceed.

    Of 1,423 units 23 are within 10 %, 323 within 30 %, 623 within 50 %. Where nobody has load, each Prod
    counts as 1, so that a fleet without Tenants is not released all at once.

    >>> percent_bounds([3, 20, 300, 300, 400, 400], (10, 30, 50, 100))
    [10, 10, 30, 50, 100, 100]
    >>> percent_bounds([0, 0, 0, 0], (25, 100))
    [25, 100, 100, 100]
    """
    counted = loads if any(loads) else [1] * len(loads)
    total = sum(counted)
    return [
        next(percent for percent in percents if reached * 100 <= percent * total)
        for reached in accumulate(counted)
    ]


def _by_label(impacts: tuple[Impact, ...], strategy: Strategy) -> tuple[Group, ...]:
    ranks = {value: rank for rank, value in enumerate(strategy.order)}
    labelled = [(one, dict(one.prod.labels).get(strategy.label, "")) for one in impacts]
    labelled.sort(key=lambda pair: ranks.get(pair[1], len(ranks)))
    return _cut(_by_value(one, value, strategy.label, value in ranks) for one, value in labelled)


def _by_value(one: Impact, value: str, label: str, listed: bool) -> tuple[str, ProdFacts, Reason]:
    if listed:
        return f"{label}={value}", one.prod, because("has-label", label=label, value=value)
    return OTHER, one.prod, because("has-no-listed-label", label=label)


def _cut(rows: Iterable[tuple[str, ProdFacts, Reason]]) -> tuple[Group, ...]:
    return tuple(_groups(rows))


def _groups(rows: Iterable[tuple[str, ProdFacts, Reason]]) -> Iterator[Group]:
    for name, members in groupby(rows, key=lambda row: row[0]):
        yield Group(name, tuple((prod, reason) for _, prod, reason in members))


def parallel_limit(parallel: Amount, prods: int) -> int:
    """How many of `prods` may be under way at once: rounded down, 1 at least.

    >>> parallel_limit(Amount(25, percent=True), 10), parallel_limit(Amount(3), 10)
    (2, 3)
    """
    return max(1, prods * parallel.value // 100) if parallel.percent else parallel.value


_GROUPERS: dict[str, Callable[[tuple[Impact, ...], Strategy], tuple[Group, ...]]] = {
    "by-impact": _by_impact,
    "percent": _by_percent,
    "label": _by_label,
}
