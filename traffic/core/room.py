"""Room: how much more load each Prod could take."""

from collections.abc import Iterable

from .facts import Place, RouteNow, TrafficFacts


def committed(routes: Iterable[RouteNow]) -> dict[str, int]:
    """Prod -> the load it has promised to carry. A member commits the whole load of its Routes, since it must
    be able to carry them alone; so does one that is away for a while, since it comes back.

    >>> from .facts import Seat
    >>> away = (Seat("a-1", 0, 100), Seat("c-1", 100, 0))
    >>> committed([RouteNow("shop-s-1", 100, 100, "none", "stateless", "shop", away)])
    {'a-1': 100, 'c-1': 100}
    """
    loads: dict[str, int] = {}
    for route in routes:
        load = route.load
        for prod, weight, target in route.members:
            if weight or target:
                loads[prod] = loads.get(prod, 0) + load
    return loads


def carries(place: Place) -> int:
    """The load units that its ready pods can carry.

    >>> carries(Place("a-1", "a", "tokyo", "live", 1000, "v1", "shop", ready_percent=33))
    330
    """
    return place.capacity * place.ready_percent // 100


def rooms(facts: TrafficFacts) -> dict[str, int]:
    """Prod -> what is free of it, in load units: below 0 where it has promised more than it can carry."""
    loads = committed(facts.routes)
    return {
        place.name: carries(place) - loads.get(place.name, 0) - place.reserved
        for place in sorted(facts.places, key=lambda place: place.name)
    }
