"""Binding and weights of a Route on a Gateway: two writes, by two managers, in the order that harms nobody."""

import pytest

from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.faults import Fault
from tests.adapters.routers.gateway_worlds import GatewayWorld, edge_of, gateway_on_fake
from traffic.engine.bringing import bring
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import http_route
from traffic.routers.protocol import Asked, Stale, Unreachable

GROCER = (*HOSTS, "grocer.example")


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> tuple[GatewayRouter, GatewayWorld]:
    return gateway_on_fake(request)


def parts(router: GatewayRouter, *routes: Asked) -> list[str]:
    """What a plan writes, in order: `weights shop-r-0`, `binding shop-r-0`; members as `object`, `drop`."""
    told = {"router-write-weights": "weights", "router-write-binding": "binding"}
    told |= {"router-write-object": "object", "router-drop-object": "drop"}
    found = []
    for write in router.plan(routes, router.read()):
        name = str(dict(write.what.params)["name"])
        found.append(f"{told[write.what.code]} {name.removeprefix('drover-')}")
    return [one for one in found if not one.startswith("object")]


def test_a_move_writes_weights_alone(router: GatewayRouter) -> None:
    publish(router, asked(1, HALVES, MANY))
    assert parts(router, asked(2, ALL_ON_B, MANY)) == [f"weights shop-r-{number}" for number in range(3)]


def test_a_move_asks_the_cluster_once_for_each_write(router: GatewayRouter, world: GatewayWorld) -> None:
    publish(router, asked(1, HALVES, MANY))
    writes = router.plan([asked(2, ALL_ON_B, MANY)], router.read())
    world.kube.calls.clear()
    for write in writes:
        router.apply(write)
    assert [verb for verb, _, _ in world.kube.calls] == ["apply"] * 3


def test_a_new_route_is_weighed_before_it_is_bound(router: GatewayRouter) -> None:
    assert parts(router, asked(1)) == ["weights shop-r-0", "binding shop-r-0"]


def test_a_new_hostname_brings_the_epoch_along(router: GatewayRouter) -> None:
    """The epoch of the other HTTPRoutes has to be raised too: it is what refuses a late writer."""
    publish(router, asked(1, hostnames=MANY))
    more = asked(2, hostnames=("aaa.example", *MANY))
    assert parts(router, more) == ["weights shop-r-0", "weights shop-r-1", "binding shop-r-2"]
    publish(router, more)
    assert router.plan([more], router.read()) == ()


def test_what_changes_both_writes_weights_first(router: GatewayRouter) -> None:
    publish(router, asked(1))
    assert parts(router, asked(2, ALL_ON_B, GROCER)) == ["weights shop-r-0", "binding shop-r-0"]


def test_a_tenant_that_changes_its_route_is_bound_there_before_it_leaves(router: GatewayRouter) -> None:
    publish(router, asked(1), asked(1, hostnames=("staff.example",), route="staff"))
    then = [asked(2, hostnames=HOSTS[:1]), asked(2, hostnames=(HOSTS[1], "staff.example"), route="staff")]
    assert parts(router, *then) == ["weights shop-r-0", "binding staff-0", "binding shop-r-0"]


def test_a_move_puts_nothing_together(router: GatewayRouter, world: GatewayWorld) -> None:
    """That two HTTPRoutes could be one is no reason to touch who is bound while users are in a hurry."""
    publish(router, asked(1))
    for number, host in enumerate(HOSTS):
        world.kube.apply(http_route(edge_of("edge"), asked(1), number, [host]), force=True)
    assert parts(router, asked(2, ALL_ON_B)) == ["weights shop-r-0", "weights shop-r-1"]
    publish(router, asked(2, ALL_ON_B))
    assert published(router) == (2, ALL_ON_B, HOSTS)
    assert parts(router, asked(3, ALL_ON_B, GROCER)) == ["binding shop-r-0", "drop shop-r-1"]


def test_what_was_weighed_and_not_bound_binds_nobody_and_is_bound_later(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    world.faults.set(Fault.DOWN, after=5)  # two members of two objects each, and the weights
    with pytest.raises(Unreachable):
        publish(router, asked(1))
    world.faults.clear()
    (slot,) = world.slots()
    assert slot["spec"].keys() == {"rules"}
    assert parts(router, asked(1)) == ["binding shop-r-0"]
    publish(router, asked(1))
    assert published(router) == (1, HALVES, HOSTS)


def test_a_late_binding_is_refused(router: GatewayRouter) -> None:
    publish(router, asked(1))
    (late,) = router.plan([asked(2, hostnames=GROCER)], router.read())
    publish(router, asked(3, ALL_ON_B))
    with pytest.raises(Stale):
        router.apply(late)
    assert published(router) == (3, ALL_ON_B, HOSTS)


@pytest.mark.parametrize("before", [(), HOSTS], ids=["a new Route", "one that is there"])
def test_of_two_that_bind_at_one_epoch_the_second_is_refused(
    router: GatewayRouter, before: tuple[str, ...]
) -> None:
    """One has read the hostnames from the rows before they changed; what both weigh is the same."""
    if before:
        publish(router, asked(1, hostnames=before))
    *same, late = router.plan([asked(2, ALL_ON_B, HOSTS[:1])], router.read())
    publish(router, asked(2, ALL_ON_B, GROCER))
    for write in same:
        router.apply(write)
    with pytest.raises(Stale):
        router.apply(late)
    assert published(router) == (2, ALL_ON_B, GROCER)


def test_who_is_bound_by_a_stranger_is_mended_beside_a_move(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    publish(router, asked(1))
    (slot,) = world.slots()
    theirs = {**slot["spec"]["parentRefs"][0], "name": "theirs"}
    world.apply_from_outside(slot, 1, {"parentRefs": [theirs], "hostnames": ["theirs.example"]})
    moved = asked(2, ALL_ON_B)
    assert parts(router, moved) == ["weights shop-r-0", "binding shop-r-0"]
    publish(router, moved)
    assert router.verify([moved]) == {"shop-r": None}


def test_nobody_goes_from_number_to_number_while_guests_take_the_place(
    router: GatewayRouter, world: GatewayWorld
) -> None:
    """Of one HTTPRoute most go to a Route that a router keeps from binding them, so those of the other have no room."""
    publish(router, asked(1, hostnames=MANY[:19]), asked(1, hostnames=HOSTS, route="staff"))
    after = [asked(2, hostnames=MANY[13:19]), asked(2, hostnames=(*HOSTS, *MANY[:13]), route="staff")]
    world.faults.drops = iter([False] * 2 + [True] * 40)
    bring(router, after)
    world.faults.drops = iter(())
    assert [slot["metadata"]["name"] for slot in world.slots()] == ["drover-shop-r-0", "drover-shop-r-1"]
    found, _ = bring(router, after)
    assert {one.state for one in found.values()} == {"published"}
