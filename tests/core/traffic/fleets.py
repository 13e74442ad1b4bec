"""Random fleets for the properties. Kinds of Prods and Routes are drawn whole: that is quick, and shrinks well."""

from itertools import permutations
from random import Random

from hypothesis import strategies as st

from tests.core.traffic.world import EDGES, facts, place, route
from traffic.core.facts import Place, RouteNow, TrafficFacts

NAMES = [f"{cluster}-{number}" for cluster in "abcde" for number in (1, 2, 3)]
ANY = Random(4)


def _prod_kind() -> dict[str, object]:
    return {
        "role": ANY.choice(["live"] * 5 + ["standby", "test"]),
        "version": ANY.choice(["v1", "v1", "v2"]),
        "serving": ANY.random() < 0.87,
        "ready_percent": ANY.choice([100, 100, 67, 34, 1]),
        "in_service": ANY.random() < 0.87,
        "vetoed": ANY.random() < 0.13,
        "open": ANY.random() < 0.9,
        "warm": ANY.random() < 0.5,
        "reserved": ANY.choice([0, 0, 0, 30]),
    }


def _route_kind() -> dict[str, object]:
    return {
        "redundancy": ANY.choice(["none", "two-domain", "two-domain", "test"]),
        "data_class": ANY.choice(["stateless", "replicated", "single-writer"]),
        "routers": ANY.choice([("edge-x", "edge-y"), ("edge-x", "edge-y"), ("edge-x",), ()]),
        "pins": ANY.choice([(), (), (), ("a-1", "b-1", "c-1", "d-2")]),
    }


# The plain kind comes first: what fails is shrunk towards it.
PROD_KINDS = [{}, *(_prod_kind() for _ in range(200))]
# Whose data each Version may work on is the same wherever it runs.
SHARES = {
    "v1": [frozenset(), frozenset({"v2"})],
    "v2": [frozenset(), frozenset({"v1"}), frozenset({"v1", "v2"})],
}
ROUTE_KINDS = [{}, *(_route_kind() for _ in range(200))]
WEIGHTS = {1: [(100,)], 2: [(50, 50), (100, 0), (90, 10)], 3: [(34, 33, 33), (50, 50, 0), (98, 1, 1)]}
ORDERS = {size: [order for one in found for order in permutations(one)] for size, found in WEIGHTS.items()}


@st.composite
def fleets(draw: st.DrawFn, settled: bool = False) -> TrafficFacts:
    """One to eight Prods on up to five Clusters, two of which share a failure domain, and up to eight Routes, in any
    state that they may get into; `settled`: weights are the targets."""
    names = sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1, max_size=8)))
    shares = {version: draw(st.sampled_from(kinds)) for version, kinds in SHARES.items()}
    found: list[Place] = []
    for name in names:
        kind = draw(st.sampled_from(PROD_KINDS))
        more = {"capacity": draw(st.integers(50, 400)), "shares": shares[str(kind.get("version", "v1"))]}
        found.append(place(name, **more, **kind))
    groups = draw(st.lists(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True), max_size=8))
    return facts(
        found, [_route(draw, number, group, settled) for number, group in enumerate(groups)], routers=EDGES
    )


def _route(draw: st.DrawFn, number: int, group: list[str], settled: bool) -> RouteNow:
    weights = draw(st.sampled_from(ORDERS[len(group)]))
    targets = weights if settled else draw(st.sampled_from(ORDERS[len(group)]))
    members: dict[str, object] = {prod: (weights[n], targets[n]) for n, prod in enumerate(group)}
    return route(f"r-{number}", members, draw(st.integers(0, 90)), **draw(st.sampled_from(ROUTE_KINDS)))


clusters = st.sets(st.sampled_from("abcde"), min_size=1, max_size=2)


def members(fleet: TrafficFacts) -> dict[str, dict[str, int]]:
    return {one.name: {seat.prod: seat.weight for seat in one.members if seat.weight} for one in fleet.routes}


def hit_by(fleet: TrafficFacts, gone: set[str]) -> set[str]:
    return {name for name, serving in members(fleet).items() if gone & set(serving)}


def prods_on(fleet: TrafficFacts, dead: set[str]) -> set[str]:
    return {one.name for one in fleet.places if one.cluster in dead}


def died(fleet: TrafficFacts, dead: dict[str, set[str]]) -> set[str]:
    """The Prods that are gone."""
    return prods_on(fleet, dead.get("clusters", set())) | dead.get("prods", set())
