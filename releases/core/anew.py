"""What is another than in the plan that was read, when a release is judged anew."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from journal.core.reasons import Reason

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
    """A Prod that has another place than it had, other steps, another Version to go back to, or another obstacle; `why` it
    is in its wave now. `other_steps`: they are not those of before."""

    prod: str
    before: Place
    after: Place
    why: Reason
    other_steps: bool


def changes(old: Plan, new: Plan, begun: AbstractSet[str]) -> tuple[Change, ...]:
    """What `new` does otherwise than `old` to the Prods that have not `begun`, in its order. A Reason whose numbers alone
    are others is no change, as for the digest."""
    before, after = _places(old), _places(new)
    return tuple(
        Change(name, before[name][0], place, planned.reason, planned.steps != before[name][1].steps)
        for name, (place, planned) in after.items()
        if name not in begun and _told(*before[name]) != _told(place, planned)
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
