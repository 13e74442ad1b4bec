"""Users that only one Prod serves live elsewhere for as long as that Prod is changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from journal.core.reasons import because

from .facts import SINGLE_WRITER, TEST, Place, RouteNow, TrafficFacts
from .ground import Ground
from .plan import Left, Move, TrafficPlan, left, pairs, weights_of
from .seek import Seeker
from .weights import hand_over

RELOCATION = "relocation"


def plan_relocation(ground: Ground, prod: str, avoid: Collection[str] = ()) -> TrafficPlan:
    """The published Routes that `prod` serves alone go, each, to a temporary member on the Version that `prod` runs:
    warm ones first, then the one with most room after it, none of `avoid`. Who finds no place stays, named.

    Not in it: test Routes, which wait, and those with a single writer, which move behind a fence only.
    """
    place = ground.places.get(prod)
    if place is None:
        return TrafficPlan(RELOCATION)

    def tier(other: Place) -> int | None:
        fits = (
            other.version == place.version and other.name != prod and other.name not in avoid and other.open
        )
        return int(not other.warm) if fits else None

    seeker = Seeker(ground, tier, "no-prod-on-version")
    moves: list[Move] = []
    staying: list[Left] = []
    for route in ground.on(frozenset([prod])):
        if can_be_relocated(route, prod):
            found = seeker.take(ground.need(route), route.load)
            if isinstance(found, str):
                moves.append(_move(route, prod, found, seeker.room(found)))
            else:
                staying.append(left(route, found))
    room = pairs({name: seeker.room(name) for name in seeker.taken})
    return TrafficPlan(RELOCATION, moves=tuple(moves), staying=tuple(staying), room=room)


def only_whole(facts: TrafficFacts) -> TrafficFacts:
    """The facts in which a Prod with pods short does not serve: who stands in so that another may go out has to be
    ready, or never-out-together holds the other back."""
    return replace(
        facts, places=tuple(replace(p, serving=p.serving and p.ready_percent == 100) for p in facts.places)
    )


def can_be_relocated(route: RouteNow, prod: str) -> bool:
    """Whether users of `route` need, and may have, another place while `prod` is out."""
    others = any(seat.weight or seat.target for seat in route.members if seat.prod != prod)
    movable = route.data_class != SINGLE_WRITER and route.redundancy != TEST
    return bool(route.routers) and movable and not others


def _move(route: RouteNow, prod: str, to: str, room: int) -> Move:
    was = weights_of(route)
    return Move(
        route=route.name,
        weights=pairs(hand_over(was, [prod], {to: 1})),
        was=pairs(was),
        why=because("moves-to", prod=to, room=room),
        tenants=route.tenants,
        load=route.load,
    )


def guests(plan: TrafficPlan) -> dict[str, int]:
    """Prod -> the load that `plan` puts on it."""
    found: dict[str, int] = {}
    for move in plan.moves:
        was = dict(move.was)
        for prod, weight in move.weights:
            if weight and not was.get(prod):
                found[prod] = found.get(prod, 0) + move.load
    return found


def promises(waves: Iterable[tuple[int, Iterable[Mapping[str, int]]]]) -> dict[str, int]:
    """Prod -> the most load that is put on it at a time, given each wave's (Prods at once, `guests` of each).

    Users that have been somewhere meanwhile leave it again, so what counts is who is there together.

    >>> promises([(1, [{"c-1": 400}, {"c-1": 300}]), (2, [{"c-1": 100}, {"c-1": 50}, {"c-1": 350, "b-2": 5}])])
    {'b-2': 5, 'c-1': 450}
    """
    most: dict[str, int] = {}
    for at_once, wave in waves:
        loads: dict[str, list[int]] = {}
        for one in wave:
            for prod, load in one.items():
                loads.setdefault(prod, []).append(load)
        for prod, found in loads.items():
            together = sum(sorted(found, reverse=True)[:at_once])
            most[prod] = max(most.get(prod, 0), together)
    return dict(sorted(most.items()))
