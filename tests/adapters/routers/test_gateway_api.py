"""What is particular to Routes on a Gateway: their objects, their sixteen hostnames, who else writes them."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clusters.core.manifests import Manifest
from clusters.kube.protocol import Conflict, Denied, Invalid, KubeError, NotFound, Unavailable
from journal.core.reasons import because
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.kubernetes.watched import eventually
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.faults import Fault
from tests.adapters.routers.gateway_worlds import (
    FaultyKube,
    GatewayWorld,
    edge_of,
    gateway_on_fake,
    gateway_on_simulator,
)
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_slots import placed
from traffic.routers.protocol import Asked, Backend, Rejected, RouterError, Stale, Unreachable

Gateway = tuple[GatewayRouter, GatewayWorld]


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Gateway:
    return gateway_on_fake(request)


@pytest.fixture
def router(gateway: Gateway) -> GatewayRouter:
    return gateway[0]


@pytest.fixture
def world(gateway: Gateway) -> GatewayWorld:
    return gateway[1]


def hostnames(world: GatewayWorld, route: str = "shop-r") -> dict[str, list[str]]:
    return {one["metadata"]["name"]: one["spec"].get("hostnames", []) for one in world.slots(route)}


def why(router: GatewayRouter, one: Asked) -> str:
    reason = router.verify([one])[one.route]
    return reason.code if reason else ""


def kinds(router: GatewayRouter, one: Asked) -> list[str]:
    """What a plan writes: `HTTPRoute`, or `drop Service`."""
    writes = router.plan([one], router.read())
    return [
        ("drop " if w.what.code == "router-drop-object" else "") + str(dict(w.what.params)["kind"])
        for w in writes
    ]


def test_a_member_is_a_service_without_selector_and_its_endpoints(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(3))
    (first, _), (ends, _) = (world.kube.list(kind, "edge") for kind in ("Service", "EndpointSlice"))
    assert first["spec"] == {"ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}
    assert first["metadata"]["labels"] == {"drover.dev/route": "shop-r", "drover.dev/member": "a-1"}
    assert ends["metadata"]["labels"]["kubernetes.io/service-name"] == first["metadata"]["name"]
    assert (ends["addressType"], ends["endpoints"][0]["addresses"]) == ("IPv4", ["192.0.2.11"])
    assert ends["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    (slot,) = world.slots()
    assert slot["metadata"]["annotations"] == {"drover.dev/epoch": "3"}
    (rule,) = slot["spec"]["rules"]
    assert [(one["name"], one["weight"]) for one in rule["backendRefs"]] == [
        (one, 50) for one in world.names("Service")
    ]
    assert slot["spec"]["parentRefs"][0]["name"] == "edge"


def test_an_http_route_takes_sixteen_hostnames(router: GatewayRouter, world: GatewayWorld) -> None:
    publish(router, asked(1, hostnames=MANY))
    assert [len(held) for held in hostnames(world).values()] == [16, 16, 8]
    assert kinds(router, asked(2, ALL_ON_B, MANY)) == ["HTTPRoute"] * 3


def test_a_route_without_hostnames_is_bound_to_no_gateway(router: GatewayRouter, world: GatewayWorld) -> None:
    """Without hostnames an HTTPRoute binds every one of its Gateway."""
    publish(router, asked(1, hostnames=()))
    (slot,) = world.slots()
    assert "parentRefs" not in slot["spec"]
    publish(router, asked(2))
    publish(router, asked(3, hostnames=()))
    (slot,) = world.slots()
    assert (slot["spec"]["parentRefs"], slot["spec"]["hostnames"]) == ([], [])


def test_a_new_hostname_moves_no_other(router: GatewayRouter, world: GatewayWorld) -> None:
    publish(router, asked(1, hostnames=MANY))
    before = hostnames(world)
    publish(router, asked(2, hostnames=("aaa.example", *MANY)))
    *full, last = before
    after = hostnames(world)
    assert [after[name] for name in full] == [before[name] for name in full]
    assert after[last] == ["aaa.example", *before[last]]


def test_what_half_empty_http_routes_hold_is_put_together_when_hostnames_change(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1, hostnames=MANY))
    few = (MANY[0], MANY[17], MANY[39])
    publish(router, asked(2, hostnames=few))
    assert list(hostnames(world).values()) == [list(few)]


def test_a_new_address_is_one_write(router: GatewayRouter) -> None:
    publish(router, asked(1))
    moved = Asked("shop-r", 1, (Backend("a-1", 50, "192.0.2.99", 8080), asked(1).backends[1]), HOSTS)
    assert why(router, moved) == "router-object-differs"
    assert kinds(router, moved) == ["EndpointSlice"]
    publish(router, moved)
    assert why(router, moved) == ""


def test_an_address_of_another_type_is_a_new_slice_before_the_old_one_goes(router: GatewayRouter) -> None:
    """The type of an EndpointSlice cannot be changed."""
    publish(router, asked(1, {"a-1": 100}))
    named = Asked("shop-r", 1, (Backend("a-1", 100, "a.elb.example", 80),), HOSTS)
    assert kinds(router, named) == ["EndpointSlice", "drop EndpointSlice"]
    publish(router, named)
    assert why(router, named) == ""


def test_members_come_first_and_what_nothing_refers_to_goes_last(router: GatewayRouter) -> None:
    publish(router, asked(1, {"a-1": 100}, MANY))
    writes = kinds(router, asked(2, {"b-1": 100}, MANY[:16]))
    assert writes[:3] == ["Service", "EndpointSlice", "HTTPRoute"]
    assert writes[3:] == ["drop HTTPRoute", "drop HTTPRoute", "drop EndpointSlice", "drop Service"]


def test_the_status_that_a_gateway_writes_meanwhile_is_no_change(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1))
    writes = router.plan([asked(2, ALL_ON_B)], router.read())
    (slot,) = world.slots()
    write_status(world, slot, [])
    assert world.slots()[0]["metadata"]["resourceVersion"] != slot["metadata"]["resourceVersion"]
    for write in writes:
        router.apply(write)
    assert published(router) == (2, ALL_ON_B, HOSTS)


def write_status(world: GatewayWorld, slot: Manifest, conditions: list[Manifest]) -> None:
    metadata = {field: slot["metadata"][field] for field in ("name", "namespace")}
    status = {"parents": [{"controllerName": "any.example/gateway", "conditions": conditions}]}
    manifest = {"apiVersion": slot["apiVersion"], "kind": "HTTPRoute", "metadata": metadata, "status": status}
    fake(world).apply_as("gateway", manifest)


def fake(world: GatewayWorld) -> FakeKube:
    assert isinstance(world.kube, FakeKube)
    return world.kube


def test_a_foreign_write_since_the_read_is_not_overwritten(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1))
    (write,) = router.plan([asked(2, ALL_ON_B)], router.read())
    world.publish_from_outside("shop-r", 1, {"a-1": 1, "b-1": 99})
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router) == (1, {"a-1": 1, "b-1": 99}, HOSTS)


def redirect(spec: Manifest) -> Manifest:
    (rule,) = spec["rules"]
    return {
        "rules": [
            {**rule, "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "x.example"}}]}
        ]
    }


FOREIGN: dict[str, Callable[[Manifest], Manifest]] = {
    "a redirect": redirect,
    "a second rule": lambda spec: {
        "rules": [*spec["rules"], {"matches": [{"path": {"type": "Exact", "value": "/x"}}]}]
    },
    "a part of the paths": lambda spec: {
        "rules": [{**spec["rules"][0], "matches": [{"path": {"value": "/only"}}]}]
    },
    "another gateway": lambda spec: {"parentRefs": [{**spec["parentRefs"][0], "name": "theirs"}]},
    "no gateway": lambda spec: {"parentRefs": []},
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_what_somebody_else_makes_of_an_http_route_is_seen_and_mended(
    router: GatewayRouter, world: GatewayWorld, change: Callable[[Manifest], Manifest]
) -> None:
    publish(router, asked(1))
    (slot,) = world.slots()
    world.apply_from_outside(slot, 1, change(slot["spec"]))
    assert why(router, asked(1)) in ("router-object-differs", "router-weight-differs")
    publish(router, asked(1))
    assert why(router, asked(1)) == ""
    assert world.slots()[0]["spec"] == slot["spec"]


@pytest.mark.parametrize("kind", ["Service", "EndpointSlice"])
def test_a_member_that_somebody_deleted_is_seen_and_mended(
    router: GatewayRouter, world: GatewayWorld, kind: str
) -> None:
    publish(router, asked(1))
    name = world.names(kind)[0]
    fake(world).delete(kind, "edge", name)
    assert why(router, asked(1)) in ("router-object-differs", "router-weight-differs")
    publish(router, asked(1))
    assert why(router, asked(1)) == ""
    assert name in world.names(kind)


def test_a_service_that_is_not_ours_is_shown_by_its_name(router: GatewayRouter, world: GatewayWorld) -> None:
    publish(router, asked(1, {"a-1": 100}))
    (slot,) = world.slots()
    theirs = {"group": "", "kind": "Service", "name": "theirs", "port": 80, "weight": 7}
    (rule,) = slot["spec"]["rules"]
    rules = [{**rule, "backendRefs": [*rule["backendRefs"], theirs]}]
    world.apply_from_outside(slot, 1, {"rules": rules})
    assert published(router)[1] == {"a-1": 100, "theirs": 7}
    assert why(router, asked(1, {"a-1": 100})) == "router-weight-differs"


def test_one_http_route_that_differs_from_the_others_is_what_is_shown(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1, HALVES, MANY))
    slot = world.slots()[1]
    (rule,) = slot["spec"]["rules"]
    first, second = rule["backendRefs"]
    rules = [{**rule, "backendRefs": [{**first, "weight": 3}, second]}]
    world.apply_from_outside(slot, 1, {"rules": rules})
    assert published(router)[1] == {"a-1": 3, "b-1": 50}


def test_half_a_move_shows_the_newest_epoch_and_the_weights_left_behind(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1, HALVES, MANY))
    world.faults.set(Fault.DOWN, after=1)
    with pytest.raises(Unreachable):
        publish(router, asked(2, ALL_ON_B, MANY))
    world.faults.clear()
    assert published(router) == (2, HALVES, MANY)
    with pytest.raises(Stale):
        router.plan([asked(1, HALVES, MANY)], router.read())


def test_a_member_that_came_back_is_not_pruned_by_a_late_writer(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    """The late one has moved everything away from a-1 and is about to remove it, while a-1 is asked for anew."""
    publish(router, asked(1, {"a-1": 100}))
    *moves, drop_slice, drop_service = router.plan([asked(2, {"b-1": 100})], router.read())
    for write in moves:
        router.apply(write)
    publish(router, asked(3, HALVES))
    for write in (drop_slice, drop_service):
        with pytest.raises(Stale):
            router.apply(write)
    assert why(router, asked(3, HALVES)) == ""


def test_what_a_first_attempt_left_of_a_member_is_taken_over(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    for epoch, done in ((1, 1), (2, 3)):
        world.faults.set(Fault.DOWN, after=done)
        with pytest.raises(Unreachable):
            publish(router, asked(epoch))
        world.faults.clear()
        assert router.read() == {}
    publish(router, asked(3))
    assert why(router, asked(3)) == ""


def test_what_a_newer_attempt_made_of_a_member_is_left(router: GatewayRouter, world: GatewayWorld) -> None:
    world.faults.set(Fault.DOWN, after=1)
    with pytest.raises(Unreachable):
        publish(router, asked(2))
    world.faults.clear()
    with pytest.raises(Stale):
        publish(router, asked(1))


def test_what_was_deleted_and_made_anew_is_not_what_was_read(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1))
    (write,) = router.plan([asked(2, ALL_ON_B)], router.read())
    router.remove(["shop-r"])
    with pytest.raises(Stale):
        router.apply(write)
    assert router.read() == {}
    publish(router, asked(1))
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router) == (1, HALVES, HOSTS)


def test_a_refusal_of_the_gateway_is_told(router: GatewayRouter, world: GatewayWorld) -> None:
    publish(router, asked(1))
    (slot,) = world.slots()
    refused = {"type": "Accepted", "status": "False", "reason": "NotAllowedByListeners", "message": "no"}
    write_status(world, slot, [{**refused, "observedGeneration": slot["metadata"]["generation"] - 1}])
    assert why(router, asked(1)) == ""
    write_status(world, slot, [{**refused, "observedGeneration": slot["metadata"]["generation"]}])
    assert why(router, asked(1)) == "route-refused"


def test_a_simulated_gateway_that_is_not_there_refuses(request: pytest.FixtureRequest) -> None:
    _, world = gateway_on_simulator(request)
    edge = edge_of(world.namespace)
    elsewhere = GatewayRouter(
        world.kube, type(edge)(edge.namespace, "nowhere", edge.namespace), health_checks=True
    )
    publish(elsewhere, asked(1))
    eventually(lambda: why(elsewhere, asked(1)) == "route-refused")


TROUBLE: list[tuple[KubeError, type[RouterError], bool | None]] = [
    (Unavailable(because("x"), maybe_done=True), Unreachable, True),
    (Unavailable(because("x"), maybe_done=False), Unreachable, False),
    (Denied(because("x")), Unreachable, False),
    (NotFound(because("x")), Unreachable, False),
    (Invalid(because("x")), Rejected, None),
    (KubeError(because("x")), Unreachable, True),
]


@pytest.mark.parametrize(("error", "kind", "maybe_done"), TROUBLE, ids=lambda one: type(one).__name__)
def test_errors_of_the_cluster_are_those_of_a_router(
    router: GatewayRouter,
    world: GatewayWorld,
    error: KubeError,
    kind: type[RouterError],
    maybe_done: bool | None,
) -> None:
    write, *_ = router.plan([asked(1)], {})
    fake(world).fail_next = error
    with pytest.raises(kind) as caught:
        router.apply(write)
    assert caught.value.reason == because("x")
    assert getattr(caught.value, "maybe_done", None) is maybe_done


def test_a_conflict_that_never_ends_is_stale(router: GatewayRouter, world: GatewayWorld) -> None:
    """A status written at every look: it is given up, not tried for ever."""
    publish(router, asked(1))
    (write,) = router.plan([asked(2, ALL_ON_B)], router.read())

    class Busy(FaultyKube):
        def apply(self, manifest: Manifest, **options: Any) -> Manifest:
            raise Conflict(because("object-moved-on", message="again"))

    with pytest.raises(Stale):
        GatewayRouter(Busy(fake(world)), edge_of("edge"), health_checks=True).apply(write)


NAMES = [f"t{n:02}.example" for n in range(36)]
SPLITS = st.lists(st.sampled_from(["shop-r", "shop-s", ""]), min_size=len(NAMES), max_size=len(NAMES))


# Two HTTPRoutes of `shop-r` have places for one, but for their guests.
SPREAD = [*["shop-r"] * 7, *["shop-s"] * 9, "", *["shop-r"] * 9, *["shop-s"] * 10]


@settings(max_examples=40)
@example(["shop-r"] * len(NAMES), SPREAD, 0)
@given(SPLITS, SPLITS, st.integers(0, 2**16))
def test_whoever_changes_routes_no_tenant_is_ever_unbound(
    before: list[str], after: list[str], seed: int
) -> None:
    kube = FakeKube()
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}})
    router = GatewayRouter(kube, edge_of("edge"), health_checks=True)
    publish(router, *routes(1, before))
    wanted = routes(2, after)
    stay = {name for name, old, new in zip(NAMES, before, after, strict=True) if old and new}
    for write in router.plan(wanted, router.read()):
        router.apply(write)
        if random.Random(seed).random() < 0.3:
            router.apply(write)
        assert stay <= {host for actual in router.read().values() for host in actual.hostnames}
        assert all(is_whole(one) for one in kube.list("HTTPRoute"))
    assert router.verify(wanted) == {"shop-r": None, "shop-s": None}
    assert router.plan(wanted, router.read()) == ()


def is_whole(slot: Manifest) -> bool:
    """Whether what its Gateway binds is named and served: without hostnames it would be all there are."""
    spec = slot["spec"]
    weights = [one["weight"] for rule in spec["rules"] for one in rule.get("backendRefs", [])]
    return not spec.get("parentRefs") or (0 < len(spec["hostnames"]) <= 16 and sum(weights) > 0)


def routes(epoch: int, split: list[str]) -> list[Asked]:
    return [
        asked(epoch, HALVES, [name for name, its in zip(NAMES, split, strict=True) if its == route], route)
        for route in ("shop-r", "shop-s")
    ]


HELD = st.dictionaries(
    st.integers(0, 5), st.lists(st.sampled_from(NAMES), max_size=16, unique=True), max_size=4
)


@given(st.sets(st.sampled_from(NAMES)), HELD, st.booleans())
def test_each_hostname_has_one_place_and_keeps_it(
    wanted: set[str], held: dict[int, list[str]], compact: bool
) -> None:
    found = placed(wanted, held, compact=compact)
    places = [host for hosts in found.values() for host in hosts]
    assert sorted(places) == sorted(wanted)
    assert all(len(hosts) <= 16 for hosts in found.values())
    if compact:
        assert len(found) == max(1, -(-len(wanted) // 16))
    else:
        once = [host for host in wanted if sum(host in hosts for hosts in held.values()) == 1]
        assert all(host in found[number] for number, hosts in held.items() for host in hosts if host in once)
