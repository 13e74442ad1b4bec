"""Which Prods can be drained: somebody else can serve at least one of their published Routes meanwhile."""

from collections.abc import Iterable

from traffic.core.facts import SINGLE_WRITER, TEST

from .facts import FleetFacts, RouteFacts


def can_be_drained(fleet: FleetFacts) -> frozenset[str]:
    """The Prods that share a published Route with another member. Whether that member is well is asked again at
    the moment of the act, as for every step that disturbs."""
    shared = [
        [prod for prod, weight in route.members if weight > 0] for route in fleet.routes if route.published
    ]
    return frozenset(prod for prods in shared if len(prods) > 1 for prod in prods)


def needs_restoring(fleet: FleetFacts) -> frozenset[str]:
    """The Prods that a rollback may find drained, or drains itself: members of Routes that are published, and
    those that have no weight for now."""
    found = {
        prod for route in fleet.routes if route.published for prod, weight in route.members if weight > 0
    }
    return frozenset(found | {prod for route in fleet.routes for prod in route.drained})


def served_alone(fleet: FleetFacts) -> frozenset[str]:
    """The Prods that alone serve a published Route whose users may live elsewhere for a while: they are no test
    users, and more than one may write their data."""
    return frozenset(
        prod
        for route, prod in _alone(fleet)
        if route.data_class != SINGLE_WRITER and route.redundancy != TEST
    )


def writers_alone(fleet: FleetFacts) -> dict[str, tuple[str, ...]]:
    """Prod -> the published Routes with a single writer that it alone serves."""
    found: dict[str, list[str]] = {}
    for route, prod in _alone(fleet):
        if route.data_class == SINGLE_WRITER:
            found.setdefault(prod, []).append(route.name)
    return {prod: tuple(routes) for prod, routes in found.items()}


def _alone(fleet: FleetFacts) -> Iterable[tuple[RouteFacts, str]]:
    for route in fleet.routes:
        serving = [prod for prod, weight in route.members if weight > 0]
        if route.published and len(serving) == 1:
            yield route, serving[0]
