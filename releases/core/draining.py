"""Which Prods can be drained: somebody else can serve at least one of their published Routes meanwhile."""

from .facts import FleetFacts


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
