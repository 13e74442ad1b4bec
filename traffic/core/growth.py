"""Who carries more after a change of weights than before, and how much."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from .facts import RouteNow


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
    old, new = _carried(before), _carried(after)
    grown = (Growth(prod, ceil(old[prod]), ceil(new[prod] - old[prod])) for prod in sorted(new))
    return tuple(one for one in grown if one.coming > 0)


def _carried(routes: Iterable[RouteNow]) -> defaultdict[str, Fraction]:
    """Prod -> its share of the load of its Routes, by weight."""
    loads: defaultdict[str, Fraction] = defaultdict(Fraction)
    for route in routes:
        whole = sum(weight for _, weight, _ in route.members)
        for prod, weight, _ in route.members:
            if weight:
                loads[prod] += Fraction(route.load * weight, whole)
    return loads
