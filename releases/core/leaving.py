"""Whom a Prod would leave behind: the Routes that nobody else could serve."""

from journal.core.reasons import Reason, because

from .facts import FleetFacts, RouteFacts
from .partners import Partners

# How many names a Reason tells before it counts the rest.
MOST_NAMED = 5


def left_unserved(prod: str, fleet: FleetFacts, partners: Partners) -> tuple[Reason, ...]:
    """Why `prod` must not leave for good: Routes that it alone serves, and Routes whose other members are
    all not known to serve. Empty: it may. A member without weight counts for nothing, on either side.
    """
    mine = [route for route in fleet.routes if dict(route.members).get(prod)]
    others = {route.name: _others(prod, route, partners) for route in mine}
    alone = [route for route in mine if not others[route.name]]
    ill = [route for route in mine if others[route.name] and partners.ill.issuperset(others[route.name])]
    reasons: list[Reason] = []
    if alone:
        tenants = sum(route.tenants for route in alone)
        reasons.append(because("serves-alone", prod=prod, routes=named(alone), tenants=tenants))
    if ill:
        partner = others[ill[0].name][0]
        reasons.append(because("leaves-to-ill", prod=prod, routes=named(ill), partner=partner))
    return tuple(reasons)


def _others(prod: str, route: RouteFacts, partners: Partners) -> tuple[str, ...]:
    return tuple(name for name in partners.members.get(route.name, ()) if name != prod)


def named(routes: list[RouteFacts]) -> str:
    """The names of `routes`, the first few and how many more.

    >>> named([RouteFacts("a", "none", 1, 1, ()), RouteFacts("b", "none", 1, 1, ())])
    'a, b'
    """
    names = [route.name for route in routes]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
