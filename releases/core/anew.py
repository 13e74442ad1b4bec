"""What is another than in the plan that was read, when a release is judged anew, and whom it leaves out."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .facts import FleetFacts, ProdFacts
from .plan import Plan, PlannedProd


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan has a Prod: its wave (from 1), the name of that, why it could not start (None: it could), and the
    Version that it comes from."""

    wave: int
    name: str
    held: Reason | None
    came_from: str


@dataclass(frozen=True, slots=True)
class Change:
    """A Prod that has another place than it had (None: none), other steps, another Version to go back to, or another
    obstacle; `why` it is in its wave now. `other_steps`: they are not those of before."""

    prod: str
    before: Place | None
    after: Place
    why: Reason
    other_steps: bool


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """The last Run beside a release that has begun to set a Version on a Prod since the release was started, and when, in
    words."""

    run: int
    at: str


def left_out(
    old: Plan, begun: AbstractSet[str], fleet: FleetFacts, meanwhile: Mapping[str, Meanwhile]
) -> dict[str, Reason]:
    """The Prods of `old` that it has not `begun` and that stay as they are, and why, in its order: they are retired, or
    another Run has brought them, or begun to bring them, to a Version that is neither the one that `old` found there nor
    the one that it brings."""
    there = {prod.name: prod for prod in fleet.prods if prod.lifecycle != "retired"}
    left = (prod for wave in old.waves for prod in wave.prods if prod.name not in begun)
    found = ((prod.name, _why_left(prod, old, there.get(prod.name), meanwhile)) for prod in left)
    return {name: why for name, why in found if why is not None}


def _why_left(
    planned: PlannedProd, old: Plan, now: ProdFacts | None, meanwhile: Mapping[str, Meanwhile]
) -> Reason | None:
    if now is None:
        return because("retired-meanwhile", prod=planned.name)
    other = meanwhile.get(planned.name)
    if other is None or {now.version, now.came_from.version} <= {planned.came_from.version, old.version}:
        return None
    return because("changed-meanwhile", prod=planned.name, run=other.run, version=now.version, at=other.at)


def changes(old: Plan, new: Plan, begun: AbstractSet[str]) -> tuple[Change, ...]:
    """What `new` does otherwise than `old` to the Prods that have not `begun`, in its order. A Reason whose numbers alone
    are others is no change, as for the digest."""
    before, after = _places(old), _places(new)
    return tuple(
        Change(name, was and was[0], place, planned.reason, was is not None and planned.steps != was[1].steps)
        for name, (place, planned) in after.items()
        for was in [before.get(name)]
        if name not in begun and (was is None or _told(*was) != _told(place, planned))
    )


def _places(plan: Plan) -> dict[str, tuple[Place, PlannedProd]]:
    return {
        prod.name: (Place(number, wave.name, prod.held, prod.came_from.version), prod)
        for number, wave in enumerate(plan.waves, start=1)
        for prod in wave.prods
    }


def _told(place: Place, planned: PlannedProd) -> tuple[object, ...]:
    held = place.held and place.held.code
    return place.wave, place.name, held, planned.reason.code, planned.steps, planned.came_from
