"""What a planner of traffic answers: which Routes change, in which order, who stays and who is lost."""

from dataclasses import dataclass, replace

from journal.core.reasons import Reason

from .facts import RouteNow, Seat, TrafficFacts

Pairs = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A Route gets new weights: one write per Publication. `weights` and `was` are (Prod, 0-100), sorted.

    `weights` has every member; one with weight 0 that has no target either may be dropped once the others are
    read back. `targets` are new ones where the move is for good (None: they stay). `fence`: its writer must
    be fenced, or a person must vouch for it, first. `percent`: how far a ramp has come with it.
    """

    route: str
    weights: Pairs
    was: Pairs
    why: Reason
    tenants: int
    load: int
    fence: bool = False
    percent: int = 100
    targets: Pairs | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A Route that gets no new place, and why."""

    route: str
    tenants: int
    load: int
    why: Reason


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """`moves` in the order run, those whose users are out first. `safe`: Routes whose other members carry them
    already (their moves only tidy up). `waiting`: test Routes that wait; `staying`: Routes that stay where
    they are served now; `lost`: Routes without a place. `room`: (Prod, load units) after it, of the Prods that take Routes."""

    kind: str
    moves: tuple[Move, ...] = ()
    safe: tuple[Left, ...] = ()
    waiting: tuple[Left, ...] = ()
    staying: tuple[Left, ...] = ()
    lost: tuple[Left, ...] = ()
    room: Pairs = ()


def left(route: RouteNow, why: Reason) -> Left:
    """`route` as one that is left where it is."""
    return Left(route.name, route.tenants, route.load, why)


def weights_of(route: RouteNow) -> dict[str, int]:
    """Prod -> weight asked for now."""
    return {prod: weight for prod, weight, _ in route.members}


def targets_of(route: RouteNow) -> dict[str, int]:
    """Prod -> weight in normal times."""
    return {prod: target for prod, _, target in route.members}


def pairs(weights: dict[str, int]) -> Pairs:
    """The weights as a value, sorted by Prod."""
    return tuple(sorted(weights.items()))


def after(facts: TrafficFacts, plan: TrafficPlan) -> TrafficFacts:
    """The facts once all of `plan` is done: members without weight and target are gone."""
    last = {move.route: move for move in plan.moves}
    routes = tuple(_moved(route, last[route.name]) if route.name in last else route for route in facts.routes)
    return replace(facts, routes=routes)


def _moved(route: RouteNow, move: Move) -> RouteNow:
    targets = dict(move.targets) if move.targets is not None else targets_of(route)
    seats = (Seat(prod, weight, targets.get(prod, 0)) for prod, weight in move.weights)
    return replace(route, members=tuple(seat for seat in seats if seat.weight or seat.target))
