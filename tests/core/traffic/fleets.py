"""Random fleets for the properties."""

from hypothesis import strategies as st

from tests.core.traffic.world import EDGES, facts, place, route
from traffic.core.facts import Place, RouteNow, TrafficFacts

mostly = st.sampled_from([True] * 7 + [False])


@st.composite
def places(draw: st.DrawFn) -> tuple[Place, ...]:
    """One to nine Prods on up to five Clusters, two of which share a failure domain."""
    names = draw(st.sets(st.from_regex(r"[a-e]-[1-3]", fullmatch=True), min_size=1, max_size=9))
    return tuple(
        place(
            name,
            role=draw(st.sampled_from(["live"] * 5 + ["standby", "test"])),
            capacity=draw(st.integers(50, 400)),
            version=draw(st.sampled_from(["v1", "v1", "v2"])),
            shares=draw(st.sampled_from([frozenset(), frozenset({"v1"}), frozenset({"v1", "v2"})])),
            serving=draw(mostly),
            in_service=draw(mostly),
            vetoed=not draw(mostly),
            warm=draw(st.booleans()),
            reserved=draw(st.sampled_from([0, 0, 0, 30])),
        )
        for name in sorted(names)
    )


WEIGHTS = {1: [(100,)], 2: [(50, 50), (100, 0), (90, 10)], 3: [(34, 33, 33), (50, 50, 0), (98, 1, 1)]}


@st.composite
def routes(draw: st.DrawFn, prods: list[str], settled: bool) -> tuple[RouteNow, ...]:
    """Up to ten Routes of one to three members; not `settled`: weights that are not the targets."""
    groups = draw(
        st.lists(st.lists(st.sampled_from(prods), min_size=1, max_size=3, unique=True), max_size=10)
    )
    return tuple(_route(draw, number, group, settled) for number, group in enumerate(groups))


def _route(draw: st.DrawFn, number: int, group: list[str], settled: bool) -> RouteNow:
    weights = draw(st.sampled_from(WEIGHTS[len(group)]).flatmap(st.permutations))
    targets = weights if settled else draw(st.sampled_from(WEIGHTS[len(group)]).flatmap(st.permutations))
    return route(
        f"r-{number}",
        {prod: (weights[n], targets[n]) for n, prod in enumerate(group)},
        draw(st.integers(0, 90)),
        redundancy=draw(st.sampled_from(["none", "two-domain", "two-domain", "test"])),
        data_class=draw(st.sampled_from(["stateless", "replicated", "single-writer"])),
        pins=draw(st.sampled_from([(), (), (), tuple(sorted({*group, "a-1"}))])),
        routers=draw(st.sampled_from([("edge-x", "edge-y"), ("edge-x", "edge-y"), ("edge-x",), ()])),
    )


@st.composite
def fleets(draw: st.DrawFn, settled: bool = False) -> TrafficFacts:
    """A fleet in any state that it may get into."""
    found = draw(places())
    return facts(found, draw(routes([p.name for p in found], settled)), routers=EDGES)


clusters = st.sets(st.sampled_from("abcde"), min_size=1, max_size=2)
