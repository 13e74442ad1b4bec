"""Break-glass against routers in memory: planned from the file and from what routers show, written, read back."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Prod
from tests import build
from tests.adapters.routers.fake_router import FakeRouter
from tests.adapters.routers.faults import Fault
from tests.traffic.edge import Edge
from traffic.core.failover import plan_failover
from traffic.core.state import State, state_from_json, state_to_json
from traffic.engine.break_glass import AHEAD, Line, Order, carry_out, facts_now, look, orders, rows_of
from traffic.models import Publication, Reservation, Route, RouterInstance
from traffic.queries.state import read_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def written() -> State:
    """The state file as it stands on a disk."""
    return state_from_json(state_to_json(read_state({}, timezone.now())))


def asked(edge: Edge, state: State, *clusters: str) -> list[Order]:
    seen = look(rows_of(state), lambda row: edge.routers[row.name])
    facts = facts_now(state, seen)
    return orders(state, facts, seen, plan_failover(facts, clusters=clusters))


def evacuate(edge: Edge, state: State, *clusters: str) -> list[Line]:
    rows = rows_of(state)
    seen = look(rows, lambda row: edge.routers[row.name])
    return carry_out(state, seen, asked(edge, state, *clusters), rows, lambda row: edge.routers[row.name])


def troubles(lines: list[Line]) -> dict[tuple[str, str], str]:
    return {(line.route, line.instance): line.trouble.code for line in lines if line.trouble}


def test_users_of_a_dead_cluster_are_served_elsewhere_at_every_router(edge: Edge) -> None:
    lines = evacuate(edge, written(), "a")
    assert troubles(lines) == {}
    for router in edge.routers:
        assert edge.weights("shop-r", router) == {"b-1": 100}
        assert set(edge.weights("shop-s", router)).isdisjoint({"a-1", "a-2"})
    assert {(line.route, line.instance): dict(line.shown or ()) for line in lines} == {
        (line.route, line.instance): dict(line.asked) for line in lines
    }


def test_a_late_publisher_does_not_undo_it_and_the_page_shows_it(edge: Edge) -> None:
    evacuate(edge, written(), "a")
    Route.objects.filter(name="shop-r").update(epoch=AHEAD)  # Drover went on for a while
    Publication.objects.filter(route__name="shop-r").update(asked=AHEAD, due_at=timezone.now())
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}
    shown = Publication.objects.get(route__name="shop-r", instance__name="edge-1")
    assert (shown.state, shown.weights) == ("refused", {"a-2": 0, "b-1": 100})
    assert shown.epoch > AHEAD


def test_the_same_again_changes_nothing(edge: Edge) -> None:
    state = written()
    evacuate(edge, state, "a")
    before = len(edge.routers["edge-1"].writes)
    assert asked(edge, state, "a") == []
    assert evacuate(edge, state, "a") == [] and len(edge.routers["edge-1"].writes) == before


def test_a_dead_router_blocks_only_its_own_and_the_same_again_ends_what_was_begun(edge: Edge) -> None:
    state = written()
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    lines = evacuate(edge, state, "a")
    assert {instance for _, instance in troubles(lines)} == {"edge-2"}
    assert edge.weights("shop-r", "edge-1") == {"b-1": 100}
    edge.routers["edge-2"].faults.clear()
    epoch = edge.routers["edge-1"].published["shop-r"].epoch
    assert troubles(evacuate(edge, state, "a")) == {}
    assert edge.weights("shop-r", "edge-2") == {"b-1": 100}
    assert {edge.routers[name].published["shop-r"].epoch for name in edge.routers} == {epoch}


def test_what_breaks_at_one_router_keeps_no_other_from_being_written(edge: Edge) -> None:
    state = written()
    rows = rows_of(state)

    def connect(row: RouterInstance) -> FakeRouter:
        if row.name == "edge-1":
            raise KeyError("namespace")
        return edge.routers[row.name]

    seen = look(rows, connect)
    facts = facts_now(state, seen)
    wanted = orders(state, facts, seen, plan_failover(facts, clusters=["a"]))
    lines = carry_out(state, seen, wanted, rows, connect)
    assert {(name, code) for (_, name), code in troubles(lines).items()} == {("edge-1", "router-broke")}
    assert edge.weights("shop-r", "edge-2") == {"b-1": 100}


@pytest.mark.parametrize("fault", [Fault.LIES, Fault.ANSWER_LOST])
def test_only_what_is_read_back_counts(edge: Edge, fault: Fault) -> None:
    edge.routers["edge-1"].faults.set(fault)
    lines = evacuate(edge, written(), "a")
    assert {instance for _, instance in troubles(lines)} == {"edge-1"}


def test_a_hostname_that_is_bound_at_two_routes_holds_up_nobody(edge: Edge) -> None:
    """As halfway in the move of a tenant."""
    state, router = written(), edge.routers["edge-1"]
    shared = min(router.published["shop-s"].hostnames)
    both = (*router.published["shop-r"].hostnames, shared)
    router.published["shop-r"] = replace(router.published["shop-r"], hostnames=tuple(sorted(both)))
    assert troubles(evacuate(edge, state, "a")) == {}
    assert edge.weights("shop-r", "edge-1") == {"b-1": 100}
    assert set(edge.weights("shop-s", "edge-1")).isdisjoint({"a-1", "a-2"})
    assert shared in router.published["shop-r"].hostnames and shared in router.published["shop-s"].hostnames


def test_a_second_cluster_dies_and_nobody_is_sent_back_to_the_first(edge: Edge) -> None:
    state = written()
    evacuate(edge, state, "a")
    assert edge.weights("shop-s") == {"c-1": 100}
    assert troubles(evacuate(edge, state, "a", "b")) == {}
    assert edge.weights("shop-t") == {"c-1": 100} and edge.weights("shop-s") == {"c-1": 100}
    assert edge.weights("shop-r") == {"b-1": 100}, "c-1 has no room for it, and it is not sent to a"


def test_where_a_router_is_ahead_of_the_file_users_are_where_it_says(edge: Edge) -> None:
    state = written()
    edge.routers["edge-1"].publish_from_outside("shop-r", 7, {"a-2": 100, "b-1": 0})
    assert "shop-r" not in {one.route.name for one in asked(edge, state, "b")}, (
        "nobody of it is on b any more"
    )
    (order,) = [one for one in asked(edge, state, "a") if one.route.name == "shop-r"]
    assert order.epoch == 7 + AHEAD


def test_a_member_whose_address_nobody_knows_is_given_no_users(edge: Edge) -> None:
    state = written()
    known = {prod: address for prod, address in state.addresses.items() if prod != "b-1"}
    lines = evacuate(edge, replace(state, addresses=known), "a")
    assert {troubles(lines)[("shop-r", router)] for router in edge.routers} == {"prod-without-endpoint"}
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_route_that_a_router_has_lost_is_told(edge: Edge) -> None:
    del edge.routers["edge-2"].published["shop-r"]
    assert troubles(evacuate(edge, written(), "a")) == {("shop-r", "edge-2"): "router-not-published"}


def test_adapters_are_made_of_the_file_alone(edge: Edge) -> None:
    cluster = build.cluster("e")
    RouterInstance.objects.filter(name="edge-1").update(cluster=cluster, settings={"namespace": "edge"})
    row = RouterInstance.objects.select_related("router", "cluster").get(name="edge-1")
    made = rows_of(written())["edge-1"]
    assert made.pk is None
    assert (made.router.kind, made.settings, made.failure_domain) == (
        "gateway-api",
        row.settings,
        "edge-1-dc",
    )
    assert (made.cluster.name, bytes(made.cluster.credentials)) == ("e", bytes(cluster.credentials))


def test_the_queries_are_as_many_for_any_fleet(edge: Edge) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            read_state({}, timezone.now())
        return len(found)

    before = queries()
    build.in_service(build.prod("a-3", "a"))
    edge_row = RouterInstance.objects.get(name="edge-1")
    RouterInstance.objects.create(router=edge_row.router, name="edge-3", failure_domain="x")
    assert queries() == before


def test_room_that_a_release_has_reserved_is_there_for_who_has_to_leave(edge: Edge) -> None:
    Reservation.objects.bulk_create(
        Reservation(prod=prod, run_id=7, load=1000) for prod in Prod.objects.all()
    )
    assert troubles(evacuate(edge, written(), "a")) == {}
    assert edge.weights("shop-s") == {"c-1": 100}
