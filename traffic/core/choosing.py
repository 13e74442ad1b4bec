"""Why a Route with new Tenants is on the Prods that it is on."""

from collections.abc import Collection

from journal.core.reasons import Reason, because, within

from .filling import Filling
from .ground import MISFITS, Ground, Need, misfit
from .homes import Homes


def why_prods(route: Filling, ground: Ground, homes: Homes) -> Reason:
    """What made its Prods the ones, with the room that the tightest of them has now that all Tenants are placed."""
    prods = tuple(seat.prod for seat in route.members if seat.weight or seat.target)
    names, room = ", ".join(prods), min(homes.room(prod) for prod in prods)
    if not route.new:
        return because("route-was-there", routes=route.of, prods=names, room=room)
    if len(prods) == 1:
        return because("roomiest-prod", fitting=route.of, prods=names, room=room)
    domains = ", ".join(sorted({ground.places[prod].domain for prod in prods}))
    return because("roomiest-in-domains", fitting=route.of, domains=domains, prods=names, room=room)


def narrowed(why: Reason, need: Need, among: Collection[str], left_out: int) -> Reason:
    """`why`, within what left few Prods to choose from: a person who has named some (`among`), or pins; and `left_out`
    Prods whose Versions may not work on the data.

    >>> narrowed(because("roomiest-prod"), Need("shop", ("live",), pins=("a-1", "b-1")), (), 0).params
    (('pins', 'a-1, b-1'), ('why', 'roomiest-prod'))
    """
    if left_out:
        why = within("data-leave-out", why, left_out=left_out, version=", ".join(need.versions))
    if among:
        return within("asked-among", why, among=", ".join(sorted(among)))
    return within("only-pinned", why, pins=", ".join(need.pins)) if need.pins else why


def left_out(ground: Ground, need: Need, among: Collection[str]) -> int:
    """How many Prods would do but for the data that a Tenant brings."""
    if not need.versions:
        return 0
    could = (place for place in ground.places.values() if not among or place.name in among)
    return sum(place.open and not place.vetoed and misfit(place, need) == MISFITS[-1] for place in could)
