"""What is wrong with Routes as they are, whatever happens next."""

from collections.abc import Collection
from typing import NamedTuple

from journal.core.reasons import Reason, because

from .facts import TWO_DOMAIN, TrafficFacts
from .ground import by_size
from .plan import Left, left


class Standing(NamedTuple):
    """A member, now or in normal times: its failure domain, its weight now, whether it is known to serve."""

    domain: str
    weight: int
    serving: bool


def standing_troubles(redundancy: str, members: Collection[Standing]) -> tuple[Reason, ...]:
    """Every trouble of a Route with these members; none: it is as it should be.

    >>> near = [Standing("tokyo", 50, True), Standing("tokyo", 50, True)]
    >>> [why.code for why in standing_troubles("two-domain", near)]
    ['redundancy-not-given']
    """
    if not members:
        return (because("route-without-members"),)
    found = []
    if not any(one.weight and one.serving for one in members):
        found.append(because("no-member-serves"))
    domains = {one.domain for one in members}
    if redundancy == TWO_DOMAIN and len(domains) == 1:
        found.append(because("redundancy-not-given", domain=min(domains)))
    return tuple(found)


def route_troubles(facts: TrafficFacts) -> tuple[Left, ...]:
    """Every trouble of every Route, the largest first; a Route may have several."""
    places = {place.name: place for place in facts.places}
    found: list[Left] = []
    for route in sorted(facts.routes, key=by_size):
        seats = [(places[seat.prod], seat) for seat in route.members if seat.prod in places]
        members = [
            Standing(at.domain, seat.weight, at.serving) for at, seat in seats if seat.weight or seat.target
        ]
        found += [left(route, why) for why in standing_troubles(route.redundancy, members)]
    return tuple(found)
