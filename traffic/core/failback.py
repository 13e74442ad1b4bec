"""The way back to the target weights, one Route at a time and a little at a time."""

from collections.abc import Collection

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER, RouteNow, Seat, TrafficFacts
from .ground import Ground, may_serve_data
from .plan import Left, Move, TrafficPlan, left, pairs, targets_of, weights_of
from .weights import ramp

FAILBACK = "failback"
PERCENTS = (10, 30, 50, 100)


def plan_failback(
    facts: TrafficFacts, prods: Collection[str] | None = None, percents: tuple[int, ...] = PERCENTS
) -> TrafficPlan:
    """Each Route that is not at its target weights goes there, the smallest first, each through all `percents`
    before the next begins. `prods`: only these come back (None: all). What cannot come back yet stays, named.
    """
    ground = Ground(facts)
    moves: list[Move] = []
    staying: list[Left] = []
    for route in sorted(ground.routes, key=lambda route: (route.load, route.name)):
        away = sorted(seat.prod for seat in route.members if seat.weight < seat.target)
        asked = [prod for prod in away if prods is None or prod in prods]
        whys = {prod: why_not_back(ground, route, prod) for prod in asked}
        moves += _moves(route, [prod for prod, why in whys.items() if why is None], percents)
        staying += [left(route, why) for why in whys.values() if why is not None][:1]
    return TrafficPlan(FAILBACK, moves=tuple(moves), staying=tuple(staying))


def why_not_back(ground: Ground, route: RouteNow, prod: str) -> Reason | None:
    """Why `prod` must not get its part of `route` back now; None: it may. Nobody is in a hurry, and a ramp goes on
    only where all of it is ready."""
    place = ground.places.get(prod)
    if place is None or not place.in_service or not place.serving or place.ready_percent < 100:
        return because("member-not-serving", prod=prod)
    if place.vetoed:
        return because("member-on-vetoed-version", prod=prod, version=place.version)
    if not may_serve_data(place, ground.need(route)):
        return because("member-may-not-share-data", prod=prod, version=place.version)
    if ground.rooms[prod] < 0:
        return because("member-has-no-room", prod=prod, lacks=-ground.rooms[prod])
    return None


def _moves(route: RouteNow, back: list[str], percents: tuple[int, ...]) -> list[Move]:
    moves = []
    now, targets = weights_of(route), targets_of(route)
    for percent in percents:
        was = now
        for prod in back:
            now = _raised(now, targets, prod, percent)
        if now != was:
            moves.append(_move(route, was, now, percent, back))
    return moves


def _raised(now: dict[str, int], targets: dict[str, int], prod: str, percent: int) -> dict[str, int]:
    """`prod` at `percent` of its target; where it has more already, as it is."""
    ramped = ramp(now, targets, prod, percent)
    if isinstance(ramped, Reason) or ramped[prod] <= now[prod]:
        return now
    return ramped


def _move(route: RouteNow, was: dict[str, int], now: dict[str, int], percent: int, back: list[str]) -> Move:
    return Move(
        route=route.name,
        weights=pairs(now),
        was=pairs(was),
        why=because("comes-back", prods=", ".join(back), percent=percent),
        tenants=route.tenants,
        load=route.load,
        fence=route.data_class == SINGLE_WRITER,
        percent=percent,
    )


def is_settled(members: Collection[Seat]) -> bool:
    """Whether the weights asked for are those of normal times.

    >>> is_settled([Seat("a-1", 100, 100)]), is_settled([Seat("a-1", 0, 100), Seat("c-1", 100, 0)])
    (True, False)
    """
    return all(seat.weight == seat.target for seat in members)
