"""What may be done without a person, and why it is not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from journal.core.reasons import Reason, because
from traffic.core.detect import DOWN, UP, brake
from traffic.core.facts import SINGLE_WRITER, RouteNow, TrafficFacts
from traffic.core.plan import Left, TrafficPlan

# The redundancies whose Routes may leave a dead Cluster by themselves. Test Routes wait, whoever asks.
CLASSES = ("none", "two-domain")


@dataclass(frozen=True, slots=True)
class Switches:
    """What people have said: `stopped` is the kill switch, `freeze` stop-the-line (None: not so), `classes` the
    redundancies for which automatic failover is on."""

    stopped: Reason | None
    freeze: Reason | None
    classes: frozenset[str]


def idle_reasons(switches: Switches, states: Mapping[str, str]) -> tuple[Reason, ...]:
    """Why no Cluster is failed over without a person now, whatever its state; empty: one that is down is.
    `states`: by Cluster with Prods in service.

    >>> on = Switches(None, None, frozenset({"none"}))
    >>> idle_reasons(on, {"a": "down", "b": "up", "c": "up"})
    ()
    >>> [why.code for why in idle_reasons(Switches(None, None, frozenset()), {"a": "up", "b": "up"})]
    ['auto-failover-off', 'fleet-too-small-to-automate']
    """
    off = None if switches.classes else because("auto-failover-off")
    return tuple(why for why in (switches.stopped, switches.freeze, off, brake(states)) if why is not None)


def down(states: Mapping[str, str]) -> tuple[str, ...]:
    """The Clusters that are down, by name."""
    return tuple(sorted(name for name, state in states.items() if state == DOWN))


def sure_places(facts: TrafficFacts, states: Mapping[str, str]) -> TrafficFacts:
    """The facts in which only Prods on Clusters that are up serve: without a person, nobody is sent where a signal
    misses."""
    places = tuple(
        replace(place, serving=place.serving and states.get(place.cluster) == UP) for place in facts.places
    )
    return replace(facts, places=places)


def without_people(
    plan: TrafficPlan, routes: Collection[RouteNow], classes: frozenset[str], by_hand: Collection[str]
) -> tuple[TrafficPlan, tuple[Left, ...]]:
    """The part of a failover that may be done without a person, and the Routes that are left for one, with why.

    `by_hand`: Routes that a person has moved since the Cluster was down. Who would be lost, and test Routes, are
    not named again: nobody could move them.
    """
    facts = {route.name: route for route in routes}
    moves, left = [], []
    for move in plan.moves:
        why = _person_reason(facts[move.route], move.fence, classes, move.route in by_hand)
        if why is None:
            moves.append(move)
        else:
            left.append(Left(move.route, move.tenants, move.load, why))
    return replace(plan, moves=tuple(moves)), tuple(left)


def _person_reason(route: RouteNow, fence: bool, classes: frozenset[str], by_hand: bool) -> Reason | None:
    if fence or route.data_class == SINGLE_WRITER:
        return because("writer-never-automatic")
    if route.redundancy not in classes:
        return because("class-not-automatic", redundancy=route.redundancy)
    return because("moved-by-hand-since") if by_hand else None
