"""Any moves, any writes dropped without a word: whoever was served and is to be served is served all the time."""

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters.core.manifests import Manifest, kind_of, mapping, name_of
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.routers.asking import asked
from tests.adapters.routers.fake_router import FakeRouter
from tests.adapters.routers.faults import Faults
from tests.adapters.routers.gateway_worlds import gateway_on_fake
from tests.adapters.routers.test_replaced import Watched, is_as, served
from traffic.engine.bringing import State, bring
from traffic.routers.gateway_objects import hostnames_of, references_of
from traffic.routers.protocol import Asked, Router

ROUTES, PRODS = ("shop-r", "shop-s", "shop-t"), ("a-1", "b-1", "c-1")
# More than one HTTPRoute holds.
HOSTNAMES = tuple(f"t{number:02}.example" for number in range(20))
Look = Callable[[], set[str]]
Wish = tuple[Sequence[int], Sequence[dict[str, int]]]

members = st.dictionaries(st.sampled_from(PRODS), st.sampled_from([0, 50, 100]), min_size=1).filter(
    lambda weights: any(weights.values())
)
wishes = st.tuples(
    st.lists(st.integers(0, len(ROUTES)), min_size=len(HOSTNAMES), max_size=len(HOSTNAMES)),
    st.lists(members, min_size=len(ROUTES), max_size=len(ROUTES)),
)
stories = st.lists(st.tuples(wishes, st.lists(st.booleans(), max_size=25)), min_size=1, max_size=6)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def wanted(epoch: int, wish: Wish) -> list[Asked]:
    """One Route for each name; who is at the number after the last is nobody's."""
    homes, weights = wish
    return [
        asked(epoch, weights[number], [h for h, home in zip(HOSTNAMES, homes, strict=True) if home == number], route)
        for number, route in enumerate(ROUTES)
    ]  # fmt: skip


def tell(router: Router, faults: Faults, look: Look, story: Sequence[tuple[Wish, list[bool]]]) -> None:
    last: list[Asked] = []
    for epoch, (wish, drops) in enumerate(story, start=1):
        last = wanted(epoch, wish)
        users = look() & {host for one in last for host in one.hostnames}

        def watch(users: set[str] = users) -> None:
            assert users <= look()

        faults.drops = iter(drops)
        bring(Watched(router, watch), last)
    faults.drops = iter(())
    for _ in range(2):
        found, _actual = bring(router, last)
    assert {one.state for one in found.values()} == {State.PUBLISHED} and is_as(router, last)
    assert look() == {host for one in last for host in one.hostnames}


def reached(kube: FakeKube) -> set[str]:
    """The hostnames that a gateway leads to Services which have endpoints: of HTTPRoutes with one hostname the oldest
    has it (Gateway API, "Conflicts"), and a rule is served only if all that have a weight are."""
    ends = {name_of(one).rpartition("-")[0] for one in kube.list("EndpointSlice")}
    alive = {name_of(one) for one in kube.list("Service")} & ends
    found: dict[str, bool] = {}
    for one in kube.objects.values():  # the oldest first
        if kind_of(one) == "HTTPRoute" and mapping(one.get("spec")).get("parentRefs"):
            for host in hostnames_of(one):
                found.setdefault(host, _serves(one, alive))
    return {host for host, well in found.items() if well}


def _serves(slot: Manifest, alive: set[str]) -> bool:
    used = [one["name"] for one in references_of(slot) if one["weight"]]
    return bool(used) and alive.issuperset(used)


@quick
@given(stories)
def test_in_memory(story: Sequence[tuple[Wish, list[bool]]]) -> None:
    router = FakeRouter()
    tell(router, router.faults, lambda: served(router), story)


@quick
@given(stories)
def test_on_a_gateway(story: Sequence[tuple[Wish, list[bool]]]) -> None:
    router, world = gateway_on_fake(None)
    kube = world.kube
    assert isinstance(kube, FakeKube)
    tell(router, world.faults, lambda: reached(kube), story)
