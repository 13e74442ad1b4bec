"""Random fleets, strategies and plans for the properties."""

from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.facts import FleetFacts, ProdFacts, RouteFacts
from releases.core.plan import From
from releases.core.strategy import Amount, Strategy
from tests.core.releases.fleets import OLD, make_prod

NEW = From("v1.1.0", 2, 1)

healths = st.sampled_from(["ready"] * 6 + ["not-ready", "unknown"])
roles = st.sampled_from(["live"] * 5 + ["test", "standby"])
lifecycles = st.sampled_from(["in-service"] * 8 + ["building", "draining", "out-of-service", "retired"])
froms = st.sampled_from([OLD] * 5 + [NEW, From("", 0, 0)])
cluster_reasons = st.sampled_from([None] * 9 + [because("cluster-unreachable", cluster="x")])
holds = st.sampled_from([None] * 9 + [because("held", why="looking", by="mio")])
labels = st.sampled_from([(), (("ring", "canary"),), (("ring", "early"),)])


@st.composite
def prods(draw: st.DrawFn, well: bool = False) -> tuple[ProdFacts, ...]:
    """One to ten Prods on four Clusters; `well`: all in service and ready."""
    names = draw(st.sets(st.from_regex(r"[a-d]-[1-5]", fullmatch=True), min_size=1, max_size=10))
    return tuple(_prod(draw, name, well) for name in sorted(names))


def _prod(draw: st.DrawFn, name: str, well: bool) -> ProdFacts:
    prod = make_prod(name, role=draw(roles), labels=draw(labels), came_from=draw(froms))
    if well:
        return prod
    return make_prod(
        name,
        role=prod.role,
        labels=prod.labels,
        came_from=prod.came_from,
        health=draw(healths),
        lifecycle=draw(lifecycles),
        cluster_reason=draw(cluster_reasons),
        held=draw(holds),
    )


@st.composite
def fleets(draw: st.DrawFn, well: bool = False) -> FleetFacts:
    """A fleet with Routes of one to three members, some of weight 0."""
    found = draw(prods(well))
    names = [prod.name for prod in found]
    members = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
    groups = draw(st.lists(members, max_size=12))
    return FleetFacts(found, tuple(_route(draw, number, group) for number, group in enumerate(groups)))


def _route(draw: st.DrawFn, number: int, group: list[str]) -> RouteFacts:
    weights = st.sampled_from([100, 50, 50, 0])
    return RouteFacts(
        name=f"r-{number}",
        redundancy="none",
        load=draw(st.integers(0, 120)),
        tenants=draw(st.integers(0, 120)),
        members=tuple((prod, draw(weights)) for prod in group),
        published=draw(st.booleans()),
    )


amounts = st.builds(Amount, st.integers(1, 4)) | st.builds(Amount, st.integers(1, 100), st.just(True))
strategies = st.builds(
    Strategy,
    name=st.sampled_from(["by-impact", "percent", "label"]),
    label=st.just("ring"),
    order=st.just(("canary", "early")),
    parallel=amounts,
    few_below=st.sampled_from([Amount(0), Amount(50), Amount(10, percent=True)]),
    failure_budget=st.integers(0, 2),
    soak_s=st.sampled_from([0, 5]),
    ask=st.sampled_from(["none", "each-wave", "horizon"]),
    back=st.sampled_from(["restore", "ramp"]),
    alone=st.sampled_from(["in-place", "relocate"]),
    warm_up=st.sampled_from([0, 3]),
)
