"""One Route, or one Tenant, moves because a person says so."""

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER, TWO_DOMAIN, RouteNow, TrafficFacts
from .ground import Ground, misfit
from .plan import Move, TrafficPlan, pairs, targets_of, weights_of
from .sharding import Placing, TenantNow, place_tenants

MOVE = "move"

# What keeps the one Prod that was asked for from taking a Route.
_UNFIT = {
    "no-prod-of-role": "prod-of-another-kind",
    "pinned-elsewhere": "route-pinned-elsewhere",
    "no-prod-serving": "member-not-serving",
    "no-version-shares-data": "member-may-not-share-data",
}


def plan_move_route(facts: TrafficFacts, route: str, source: str, to: str) -> TrafficPlan | Reason:
    """`to` takes the seat of `source` in `route` for good: its weight and its target. Or why not."""
    ground = Ground(facts)
    found = next((one for one in ground.routes if one.name == route), None)
    if found is None:
        return because("no-such-route", route=route)
    why = refusal(ground, found, source, to)
    if why is not None:
        return why
    room = ground.rooms[to] - found.load
    if room < 0:
        return because("no-room", load=found.load, most=max(0, ground.rooms[to]))
    move = moved_for_good(found, source, to, because("moves-to", prod=to, room=room))
    return TrafficPlan(MOVE, moves=(move,), room=((to, room),))


def refusal(
    ground: Ground, route: RouteNow, source: str, to: str, *, for_good: bool = False
) -> Reason | None:
    """Why `to` may not take the seat of `source` in `route`, whatever its room; None: it may. `for_good`: only
    a Prod of the role that Tenants live on in normal times."""
    place = ground.places.get(to)
    seats = {seat.prod for seat in route.members}
    if source not in seats:
        return because("not-a-member", route=route.name, prod=source)
    if place is None:
        return because("move-to-unknown-prod", prod=to)
    if to in seats:
        return because("already-a-member", route=route.name, prod=to)
    code = misfit(place, ground.need(route))
    if code is None and for_good and place.role == "standby":
        code = "no-prod-of-role"
    if code is not None:
        return because(_UNFIT[code], prod=to, route=route.name, version=place.version)
    if place.vetoed:
        return because("member-on-vetoed-version", prod=to, version=place.version)
    return _domain_taken(ground, route, source, to)


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


def place_elsewhere(
    facts: TrafficFacts, tenant: TenantNow, route: str, to: tuple[str, ...] = (), stem: str = ""
) -> Placing:
    """Where `tenant`, now in `route`, goes: to another Route, on the Prods `to` alone where some are named. Its
    hostnames must be bound to the new Route before they leave the old one."""
    return place_tenants([tenant], facts, stem=stem, among=to, avoid=[route])
