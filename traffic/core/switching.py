"""One Prod takes the place of another in a Route: now, or only in normal times."""

from dataclasses import replace

from .facts import SINGLE_WRITER, RouteNow, Seat, TrafficFacts


def exchange(route: RouteNow, source: str, to: str, *, at_once: bool = True) -> RouteNow:
    """`route` when `to` has the target of `source`, and its weight too if `at_once`; as it is where `source` has
    neither. What `to` had already is added up.

    >>> r = RouteNow("s", 9, 9, "none", "stateless", "shop", (Seat("blue", 50, 50), Seat("x", 50, 50)))
    >>> exchange(r, "blue", "green").members
    (Seat(prod='blue', weight=0, target=0), Seat(prod='green', weight=50, target=50), Seat(prod='x', weight=50, target=50))
    >>> exchange(r, "blue", "green", at_once=False).members[:2]
    (Seat(prod='blue', weight=50, target=0), Seat(prod='green', weight=0, target=50))
    """
    seats = {seat.prod: seat for seat in route.members}
    old, new = seats.get(source), seats.get(to, Seat(to, 0, 0))
    if old is None or not (old.weight or old.target):
        return route
    weight = old.weight if at_once else 0
    seats[source] = Seat(source, old.weight - weight, 0)
    seats[to] = Seat(to, min(100, new.weight + weight), min(100, new.target + old.target))
    return replace(route, members=tuple(seats[name] for name in sorted(seats)))


def switched_back(facts: TrafficFacts, pairs: tuple[tuple[str, str], ...]) -> TrafficFacts:
    """The facts when each (old, new) of `pairs` is undone, the last first, for Routes that `old` was a member of, but
    for those with a single writer, who was not switched. One that is not known to serve gets its place back, but nobody
    is sent to it."""
    well = {place.name for place in facts.places if place.serving and place.in_service}
    routes = list(facts.routes)
    for old, new in reversed(pairs):
        routes = [
            exchange(route, new, old, at_once=old in well)
            if route.data_class != SINGLE_WRITER and any(seat.prod == old for seat in route.members)
            else route
            for route in routes
        ]
    return replace(facts, routes=tuple(routes))
