"""What is left of a release by `switch`: who has begun keeps its partner, the others find one by the facts of now."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

from journal.core.reasons import Reason, because

from .facts import FleetFacts, ProdFacts
from .impact import Impact
from .plan import Plan
from .rollback import switched
from .switching import Pairing, pair_standbys


def pair_anew(
    chosen: tuple[Impact, ...],
    fleet: FleetFacts,
    old: Plan,
    begun: AbstractSet[str],
    rooms: Mapping[str, int],
) -> Pairing:
    """Who takes whose place, of those of `chosen` that have not `begun`. Where the other half of a pair of `old` has, it
    is the same pair, or nobody takes that place."""
    left = tuple(one for one in chosen if one.prod.name not in begun)
    return pair_standbys(left, fleet, rooms, _decided(fleet, old, begun))


def _decided(fleet: FleetFacts, old: Plan, begun: AbstractSet[str]) -> dict[str, ProdFacts]:
    there = {prod.name: prod for prod in fleet.prods}
    return {
        prod: there[to] for prod, to in switched(old) if prod not in begun and to in begun and to in there
    }


def emptied_meanwhile(old: Plan, begun: AbstractSet[str], fleet: FleetFacts) -> dict[str, Reason]:
    """The Prods of `old` that are to hand over users who have left them, and why they keep their places: users come back
    there by a failback only, and it would find another in it."""
    emptied = {prod.name for prod in fleet.prods if prod.emptied}
    return {
        prod: because("place-kept-emptied", prod=prod)
        for prod, _ in switched(old)
        if prod in emptied and prod not in begun
    }


def not_needed(
    old: Plan, new: Plan, begun: AbstractSet[str], fleet: FleetFacts, left_out: Collection[str]
) -> dict[str, Reason]:
    """The standby Prods of `old` that `new` does not need any more, though they are not `left_out`: the place that they were
    to take has gone to another, or is kept."""
    spare = {prod.name for prod in fleet.prods if prod.role == "standby"}.difference(begun, left_out)
    spare -= {prod.name for wave in new.waves for prod in wave.prods}
    planned = (prod.name for wave in old.waves for prod in wave.prods)
    return {prod: because("takes-no-place", prod=prod) for prod in planned if prod in spare}
