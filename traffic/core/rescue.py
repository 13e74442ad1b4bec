"""What becomes of each Route when some Prods must not serve it any more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER, TEST, Place, RouteNow
from .ground import Ground, Need, may_serve_data
from .plan import Left, Move, TrafficPlan, left, pairs, weights_of
from .seek import Seeker, Tier
from .weights import apportion, hand_over

KEEPS, RETURNS, MOVES, NOWHERE = "keeps", "returns", "moves", "nowhere"


@dataclass(frozen=True, slots=True)
class Case:
    """Why Prods lose their users. `gone`: these Prods. `tier`: where users may go instead, and what first;
    `nowhere`: the code of the Reason where that leaves no Prod. `good`: whether another member may take over (None: each may).
    `alive`: those of `gone` still serve, so who has no other place stays. `back`: Prod of `gone` -> the
    Version it came from, which is trusted with the data. `held`: why a single writer stays on that Prod of `gone`
    (None: whoever carries the plan out fences those that move)."""

    kind: str
    gone: frozenset[str]
    tier: Tier
    nowhere: str
    alive: bool
    good: Callable[[Place], bool] | None = None
    back: Mapping[str, str] = field(default_factory=dict)
    held: Callable[[str], Reason] | None = None


class Fate(NamedTuple):
    """`takers`: (Prod, share) of those that take over, the largest first. `why` is set for NOWHERE, `room` of a new Prod after."""

    route: RouteNow
    how: str
    takers: tuple[tuple[str, int], ...] = ()
    why: Reason | None = None
    room: int = 0


def fates(case: Case, ground: Ground, seeker: Seeker) -> list[Fate]:
    """The Fate of each Route that `case.gone` serves, the largest first: serving members carry on, else members
    that were away come back, else it goes to the Prod that `seeker` finds."""
    return [_fate(case, ground, seeker, route) for route in ground.on(case.gone)]


def _fate(case: Case, ground: Ground, seeker: Seeker, route: RouteNow) -> Fate:
    serving, away, gone, good = [], [], case.gone, case.good
    for prod, weight, target in route.members:
        place = ground.places.get(prod)
        if prod in gone or place is None or not place.serving or (good is not None and not good(place)):
            continue
        if weight:
            serving.append((prod, weight))
        elif target and place.in_service:
            away.append((prod, target))
    if serving:
        return Fate(route, KEEPS, _by_share(serving))
    if case.held is not None and route.data_class == SINGLE_WRITER:
        writer = next(prod for prod, weight, _ in route.members if weight and prod in gone)
        return Fate(route, NOWHERE, (), case.held(writer))
    need = ground.need(route, _trusted(case, route))
    usable = [(prod, share) for prod, share in away if may_serve_data(ground.places[prod], need)]
    if case.alive:  # nobody is lost, so nobody goes where users are being taken away
        usable = [seat for seat in usable if ground.places[seat[0]].open]
    return _away_or_elsewhere(ground, seeker, route, need, usable)


def _away_or_elsewhere(
    ground: Ground, seeker: Seeker, route: RouteNow, need: Need, away: list[tuple[str, int]]
) -> Fate:
    places = ground.places
    best = [seat for seat in away if places[seat[0]].open and not places[seat[0]].vetoed]
    if best:
        return Fate(route, RETURNS, _by_share(best))
    found = seeker.take(need, route.load, [seat.prod for seat in route.members if seat.weight or seat.target])
    if isinstance(found, str):
        return Fate(route, MOVES, ((found, 1),), None, seeker.room(found))
    return Fate(route, RETURNS, _by_share(away)) if away else Fate(route, NOWHERE, (), found)


def _by_share(seats: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(seats, key=lambda seat: (-seat[1], seat[0]))) if len(seats) > 1 else tuple(seats)


def _trusted(case: Case, route: RouteNow) -> tuple[str, ...]:
    """The Version that all bad members of `route` came from, if it is one."""
    if not case.back:
        return ()
    came = {case.back.get(seat.prod, "") for seat in route.members if seat.prod in case.gone and seat.weight}
    return tuple(came - {""}) if len(came) == 1 else ()


def plan_case(case: Case, ground: Ground, gap: Callable[[RouteNow], Reason | None]) -> TrafficPlan:
    """The plan of `case`. `gap` tells why a Route whose member dies is not safe by itself."""
    seeker = Seeker(ground, case.tier, case.nowhere)
    found = fates(case, ground, seeker)
    safe = [fate for fate in found if fate.how == KEEPS and (case.alive or gap(fate.route) is None)]
    calm = {fate.route.name for fate in safe}
    urgent = [fate for fate in found if fate.how != NOWHERE and fate.route.name not in calm]
    nowhere = [fate for fate in found if fate.how == NOWHERE]
    test = [fate for fate in nowhere if fate.route.redundancy == TEST and not case.alive]
    return TrafficPlan(
        kind=case.kind,
        moves=tuple(_move(case, fate) for fate in (*urgent, *safe)),
        safe=tuple(left(fate.route, _carried_by(fate)) for fate in safe),
        waiting=_left(test),
        staying=_left(nowhere) if case.alive else (),
        lost=() if case.alive else _left(fate for fate in nowhere if fate.route.redundancy != TEST),
        room=pairs({prod: seeker.room(prod) for prod in seeker.taken}),
    )


def _left(fates: Iterable[Fate]) -> tuple[Left, ...]:
    return tuple(left(fate.route, fate.why) for fate in fates if fate.why is not None)


def _move(case: Case, fate: Fate) -> Move:
    was = weights_of(fate.route)
    return Move(
        route=fate.route.name,
        weights=pairs(new_weights(case, fate)),
        was=pairs(was),
        why=_why(fate),
        tenants=fate.route.tenants,
        load=fate.route.load,
        fence=fate.route.data_class == SINGLE_WRITER,
    )


def new_weights(case: Case, fate: Fate) -> dict[str, int]:
    """What the members of the Route get, 100 in all. Of a dead source, members that do not serve well lose
    their part too; of one that is alive, only those that must leave."""
    now = weights_of(fate.route)
    whole = now if sum(now.values()) == 100 else apportion(100, now)
    takers = dict(fate.takers)
    givers = case.gone if case.alive else set(now) - set(takers)
    return hand_over(whole, givers, takers)


def _why(fate: Fate) -> Reason:
    if fate.how == MOVES:
        return because("moves-to", prod=fate.takers[0][0], room=fate.room)
    if fate.how == RETURNS:
        return because("goes-back-to", prods=", ".join(sorted(prod for prod, _ in fate.takers)))
    return _carried_by(fate)


def _carried_by(fate: Fate) -> Reason:
    return because("others-carry", prods=", ".join(sorted(prod for prod, _ in fate.takers)))
