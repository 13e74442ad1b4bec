"""Whether one Prod may take the place of another in a Route, or a part of its requests."""

from collections.abc import Mapping

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER, TWO_DOMAIN, Place, RouteNow
from .ground import Ground, misfit
from .plan import Move, pairs, targets_of, weights_of
from .writers import split_writers

# What keeps the one Prod that was asked for from taking a Route.
_UNFIT = {
    "no-prod-of-role": "prod-of-another-kind",
    "pinned-elsewhere": "route-pinned-elsewhere",
    "no-prod-serving": "member-not-serving",
    "no-version-shares-data": "member-may-not-share-data",
}


def refusal(
    ground: Ground, route: RouteNow, source: str, to: str, *, for_good: bool = False
) -> Reason | None:
    """Why `to` may not take the seat of `source` in `route`, whatever its room; None: it may. `for_good`: only
    a Prod of the role that Tenants live on in normal times."""
    place = ground.places.get(to)
    seats = {seat.prod for seat in route.members if seat.weight or seat.target}  # others have left
    if source not in seats:
        return because("not-a-member", route=route.name, prod=source)
    if place is None:
        return because("move-to-unknown-prod", prod=to)
    if to in seats:
        return because("already-a-member", route=route.name, prod=to)
    return _unfit(ground, route, place, for_good=for_good) or _domain_taken(ground, route, source, to)


def split_refusal(
    ground: Ground, route: RouteNow, to: str, weights: Mapping[str, int], *, for_good: bool = False
) -> Reason | None:
    """Why `to`, no member of `route` yet, may not get a part of its requests when the weights become `weights`; None:
    it may. A member must be able to carry the whole Route alone. `for_good`: in normal times too.
    """
    place = ground.places.get(to)
    if place is None:
        return because("move-to-unknown-prod", prod=to)
    split = split_writers(route.name, route.data_class, weights)
    if split is not None:
        return split
    why = _unfit(ground, route, place, for_good=for_good)
    if why is not None:
        return why
    if not place.open:
        return because("prod-on-closed-cluster", prod=to, cluster=place.cluster)
    room = ground.rooms[to]
    if room < route.load:
        return because("prod-has-no-room", prod=to, route=route.name, load=route.load, room=max(0, room))
    return _one_domain(ground, route, place, weights)


def _one_domain(ground: Ground, route: RouteNow, place: Place, weights: Mapping[str, int]) -> Reason | None:
    served = {
        ground.places[prod].domain for prod, weight in weights.items() if weight and prod in ground.places
    }
    if route.redundancy == TWO_DOMAIN and len(served) < 2:
        return because("split-in-one-domain", prod=place.name, route=route.name, domain=place.domain)
    return None


def _unfit(ground: Ground, route: RouteNow, place: Place, *, for_good: bool) -> Reason | None:
    code = misfit(place, ground.need(route))
    if code is None and for_good and place.role == "standby":
        code = "no-prod-of-role"
    if code is not None:
        return because(_UNFIT[code], prod=place.name, route=route.name, version=place.version)
    if place.vetoed:
        return because("member-on-vetoed-version", prod=place.name, version=place.version)
    return None


def _domain_taken(ground: Ground, route: RouteNow, source: str, to: str) -> Reason | None:
    domain = ground.places[to].domain
    others = [
        seat.prod
        for seat in route.members
        if seat.prod != source and seat.target and seat.prod in ground.places
    ]
    shared = [prod for prod in others if ground.places[prod].domain == domain]
    if route.redundancy == TWO_DOMAIN and shared:
        return because("domain-taken", prod=to, other=shared[0], domain=domain)
    return None


def moved_for_good(route: RouteNow, source: str, to: str, why: Reason) -> Move:
    """The Move that gives the seat of `source` to `to`."""
    was, targets = weights_of(route), targets_of(route)
    weights = {**was, to: was[source], source: 0}
    return Move(
        route=route.name,
        weights=pairs(weights),
        was=pairs(was),
        why=why,
        tenants=route.tenants,
        load=route.load,
        fence=route.data_class == SINGLE_WRITER,
        targets=pairs({**targets, to: targets[source], source: 0}),
    )
