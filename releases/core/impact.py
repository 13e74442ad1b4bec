"""Who is hit when a Prod goes wrong: its class, with a Reason, and the order that follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from journal.core.reasons import Reason, because
from traffic.core.load import NO_LOAD, Member, ProdLoad, RouteLoad, committed_loads

from .facts import FleetFacts, ProdFacts, RouteFacts
from .strategy import Amount

# The order in which a Version meets the Prods: those first whose users are hurt least.
CLASSES = ("test", "few", "redundant", "single", "reserve")

_CANNOT_CARRY = frozenset({"building", "out-of-service", "retired"})


@dataclass(frozen=True, slots=True)
class Impact:
    """A Prod, its class (one of CLASSES), why it has it, and the load it commits."""

    prod: ProdFacts
    name: str
    reason: Reason
    load: int


def impacts(fleet: FleetFacts, prods: Iterable[ProdFacts], few_below: Amount) -> tuple[Impact, ...]:
    """The Prods by class, then load, then name: the order in which a release takes them."""
    prods = tuple(prods)
    loads = fleet_loads(fleet)
    limit = few_limit(few_below, sum(loads.get(prod.name, NO_LOAD).load for prod in prods))
    found = (_impact(prod, loads.get(prod.name, NO_LOAD), limit) for prod in prods)
    return tuple(sorted(found, key=lambda one: (CLASSES.index(one.name), one.load, one.prod.name)))


def few_limit(few_below: Amount, total: int) -> int:
    """Load units below which a Prod has few users: rounded up, so that a percentage is never 0 of some.

    >>> few_limit(Amount(50), 1423), few_limit(Amount(5, percent=True), 1423)
    (50, 72)
    """
    return -(-few_below.value * total // 100) if few_below.percent else few_below.value


def _impact(prod: ProdFacts, load: ProdLoad, limit: int) -> Impact:
    name, reason = _class(prod.role, load, limit)
    return Impact(prod, name, reason, load.load)


def _class(role: str, load: ProdLoad, limit: int) -> tuple[str, Reason]:
    if role == "test":
        return "test", because("test-prod")
    if role == "standby":
        return "reserve", because("standby-prod")
    if load.load < limit:
        return "few", because("few-users", load=load.load, limit=limit)
    if not load.alone:
        return "redundant", because("redundant-users", tenants=load.tenants, load=load.load)
    return "single", because("single-users", routes=len(load.alone), load=load.load)


def fleet_loads(fleet: FleetFacts) -> dict[str, ProdLoad]:
    """Prod -> what it commits. Health has no part in it: a class that flaps would make plans stale."""
    prods = {prod.name: prod for prod in fleet.prods}
    return committed_loads(_route_load(route, prods) for route in fleet.routes)


def _route_load(route: RouteFacts, prods: dict[str, ProdFacts]) -> RouteLoad:
    members = tuple(
        _member(prods[name], weight, away=name in route.drained)
        for name, weight in route.members
        if name in prods
    )
    return RouteLoad(route.name, route.load, route.tenants, members)


def _member(prod: ProdFacts, weight: int, away: bool) -> Member:
    """`away`: it has no weight for now. Users who have left a Prod that is being emptied come back by a failback only."""
    kept = 0 if away and prod.emptied else weight
    return Member(prod.name, prod.domain, kept, serving=prod.lifecycle not in _CANNOT_CARRY)
