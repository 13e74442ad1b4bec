"""What is wrong with Routes as they are, whatever happens next."""

from collections.abc import Iterator, Mapping

from journal.core.reasons import Reason, because

from .facts import TWO_DOMAIN, Place, RouteNow, TrafficFacts
from .plan import Left, left


def route_troubles(facts: TrafficFacts) -> tuple[Left, ...]:
    """Every trouble of every Route, by name; a Route may have several."""
    places = {place.name: place for place in facts.places}
    routes = sorted(facts.routes, key=lambda route: route.name)
    return tuple(left(route, why) for route in routes for why in _troubles(route, places))


def _troubles(route: RouteNow, places: Mapping[str, Place]) -> Iterator[Reason]:
    if not route.members:
        yield because("route-without-members")
        return
    total = sum(seat.weight for seat in route.members)
    if total == 0:
        yield because("weights-sum-to-nothing")
    elif total != 100:
        yield because("weights-not-100", total=total)
    yield from (
        because("member-unknown", prod=seat.prod) for seat in sorted(route.members) if seat.prod not in places
    )
    known = [(seat, places[seat.prod]) for seat in route.members if seat.prod in places]
    if total and not any(seat.weight and place.serving for seat, place in known):
        yield because("no-member-serves")
    domains = {place.domain for seat, place in known if seat.target or seat.weight}
    if route.redundancy == TWO_DOMAIN and len(domains) == 1:
        yield because("redundancy-not-given", domain=min(domains))
