"""Prods that carry too much give Routes to Prods that carry little: as few as possible."""

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER, RouteNow, TrafficFacts
from .failback import is_settled
from .ground import Ground
from .moving import moved_for_good, refusal
from .plan import Left, Move, TrafficPlan, left, pairs
from .room import committed

REBALANCE = "rebalance"
MOST_PERCENT = 80


def plan_rebalance(facts: TrafficFacts, most_percent: int = MOST_PERCENT) -> TrafficPlan:
    """The fewest Routes, and of these the smallest that will do, leave each Prod that has promised more than
    `most_percent` of its capacity, for open Prods with room now that stay at or below it, the emptiest first, for good.
    That some of its pods are not ready is no reason to leave a Prod for good.

    Routes that are pinned, have a single writer, or are not at their targets now are not touched, and each
    moves once at most. A Prod that cannot be relieved is in `staying` by the largest Route that found no place.
    """
    return _Rebalance(Ground(facts), most_percent).plan()


class _Rebalance:
    """Keeps how much each Prod may still get before it has too much; below 0: what must go."""

    def __init__(self, ground: Ground, most_percent: int) -> None:
        self._ground = ground
        promised = committed(ground.facts.routes)
        self._spare = {
            name: place.capacity
            - promised.get(name, 0)
            - place.reserved
            - place.capacity * (100 - most_percent) // 100
            for name, place in ground.places.items()
        }
        self._gained: dict[str, int] = {}
        self._moves: dict[str, Move] = {}
        self._staying: list[Left] = []

    def plan(self) -> TrafficPlan:
        for _, prod in sorted((spare, name) for name, spare in self._spare.items() if spare < 0):
            self._relieve(prod)
        room = {prod: self._ground.rooms[prod] - load for prod, load in self._gained.items()}
        return TrafficPlan(
            REBALANCE, moves=tuple(self._moves.values()), staying=tuple(self._staying), room=pairs(room)
        )

    def _relieve(self, prod: str) -> None:
        routes = [route for route in self._ground.on(frozenset([prod])) if self._may_move(route)]
        stuck: Left | None = None
        while self._spare[prod] < 0 and routes:
            route = _least_that_does(routes, -self._spare[prod])
            routes.remove(route)
            to = self._new_home(route, prod)
            if to is None:
                stuck = stuck or left(route, because("no-prod-below", prod=prod, over=-self._spare[prod]))
                continue
            self._move(route, prod, to)
        if self._spare[prod] < 0 and stuck is not None:
            self._staying.append(stuck)

    def _may_move(self, route: RouteNow) -> bool:
        return (
            not route.pins
            and route.data_class != SINGLE_WRITER
            and is_settled(route.members)
            and route.name not in self._moves
            and route.load > 0
        )

    def _new_home(self, route: RouteNow, source: str) -> str | None:
        """The Prod with most to spare that may take the seat of `source`, ties by name."""
        able = [
            (-spare, name)
            for name, spare in self._spare.items()
            if spare >= route.load
            and self._ground.places[name].open
            and self._ground.rooms[name] - self._gained.get(name, 0) >= route.load
            and refusal(self._ground, route, source, name, for_good=True) is None
        ]
        return min(able)[1] if able else None

    def _move(self, route: RouteNow, source: str, to: str) -> None:
        self._spare[source] += route.load
        self._spare[to] -= route.load
        self._gained[to] = self._gained.get(to, 0) + route.load
        why: Reason = because("relieves", prod=source, to=to)
        self._moves[route.name] = moved_for_good(route, source, to, why)


def _least_that_does(routes: list[RouteNow], load: int) -> RouteNow:
    """The smallest of `routes` with at least `load`, else the largest; ties by name. (They are sorted, the
    largest first.)"""
    enough = [route for route in routes if route.load >= load]
    if not enough:
        return routes[0]
    return min(enough, key=lambda route: (route.load, route.name))
