"""Which Routes should leave Prods that have promised too much, and what that would mean."""

from dataclasses import dataclass

from journal.core.reasons import Reason
from traffic.core.facts import TrafficFacts
from traffic.core.plan import Left, Move, Pairs
from traffic.core.rebalance import MOST_PERCENT, plan_rebalance
from traffic.models import Route


@dataclass(frozen=True, slots=True)
class RebalanceLine:
    """`to` takes the seat of `source` in the Route for good. `weights`: of all its members then; `epoch`: the one that
    this was planned at; `room`: load units that are free of `to` after all of these moves."""

    route: str
    epoch: int
    source: str
    to: str
    weights: Pairs
    why: Reason
    tenants: int
    load: int
    room: int


@dataclass(frozen=True, slots=True)
class Rebalance:
    """`moves` one after the other; `staying`: for each Prod that cannot be relieved the largest Route that found no
    place; `most_percent`: what a Prod may promise of its capacity."""

    moves: tuple[RebalanceLine, ...]
    staying: tuple[Left, ...]
    most_percent: int


def read_rebalance(facts: TrafficFacts) -> Rebalance:
    """What is to be done so that no Prod has promised too much. One query."""
    plan = plan_rebalance(facts, MOST_PERCENT)
    names = [move.route for move in plan.moves]
    epochs = dict(Route.objects.filter(name__in=names).values_list("name", "epoch"))
    room = dict(plan.room)
    lines = tuple(_line(move, epochs[move.route], room) for move in plan.moves if move.route in epochs)
    return Rebalance(lines, plan.staying, MOST_PERCENT)


def _line(move: Move, epoch: int, room: dict[str, int]) -> RebalanceLine:
    targets, was = dict(move.targets or ()), dict(move.was)
    source = next(prod for prod, weight in was.items() if weight and not targets[prod])
    to = next(prod for prod, weight in move.weights if weight and not was.get(prod))
    return RebalanceLine(
        route=move.route,
        epoch=epoch,
        source=source,
        to=to,
        weights=tuple(
            (prod, weight) for prod, weight in move.weights if weight or targets[prod] or prod == source
        ),
        why=move.why,
        tenants=move.tenants,
        load=move.load,
        room=room[to],
    )
