"""Who carries more after a change of weights than before, and how much."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from .facts import RouteNow

# Sums of load times weight, by the sum of all weights that they are parts of: almost always one, so that adding up
# thousands of Routes is cheap and exact.
_Share = dict[int, int]


class Growth(NamedTuple):
    """`prod` carries `load` and gets `coming` more. Load units, each rounded up."""

    prod: str
    load: int
    coming: int


def growth(before: Iterable[RouteNow], after: Iterable[RouteNow]) -> tuple[Growth, ...]:
    """The Prods that carry more of the Routes as they are `after` than as they were `before`, by name.

    >>> from .facts import Seat
    >>> def route(*seats):
    ...     return RouteNow("r", 300, 300, "two-domain", "stateless", "shop", seats)
    >>> growth([route(Seat("a", 50, 50), Seat("b", 50, 50))], [route(Seat("a", 0, 50), Seat("b", 50, 50))])
    (Growth(prod='b', load=150, coming=150),)
    """
    old, new = _shares(before), _shares(after)
    changed = (prod for prod in sorted(new) if new[prod] != old.get(prod))
    grown = (_growth(prod, old.get(prod, {}), new[prod]) for prod in changed)
    return tuple(one for one in grown if one.coming > 0)


def _growth(prod: str, old: _Share, new: _Share) -> Growth:
    load = _sum(old)
    return Growth(prod, ceil(load), ceil(_sum(new) - load))


def _shares(routes: Iterable[RouteNow]) -> dict[str, _Share]:
    """Prod -> its share of the load of its Routes, by weight."""
    shares: defaultdict[str, _Share] = defaultdict(dict)
    for route in routes:
        whole = sum(weight for _, weight, _ in route.members)
        for prod, weight, _ in route.members:
            if weight:
                mine = shares[prod]
                mine[whole] = mine.get(whole, 0) + route.load * weight
    return dict(shares)


def _sum(share: _Share) -> Fraction:
    return sum((Fraction(part, whole) for whole, part in share.items()), Fraction())
