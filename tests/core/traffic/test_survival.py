"""What the death of each Cluster and each Prod would do."""

import pytest

from tests.core.traffic.world import EDGES, example, facts, place, route, with_place
from traffic.core.facts import ClusterNow, RouterNow
from traffic.core.survival import survival, survival_of

# Design, "In numbers": the first three rows. dying: (safe, moves, waiting, lost)
EXAMPLE = {
    "a": (300, {"c-1": 300, "b-1": 100}, 0, 0),
    "b": (300, {"c-1": 300, "a-2": 100}, 0, 0),
    "c": (0, {"a-2": 20}, 3, 0),
    "x": (1123, {}, 0, 0),
    "y": (1123, {}, 0, 0),
    "a-1": (0, {"c-1": 300, "b-1": 100}, 0, 0),
    "a-2": (300, {}, 0, 0),
    "b-1": (300, {}, 0, 0),
    "b-2": (0, {"c-1": 300, "a-2": 100}, 0, 0),
    "c-1": (0, {"a-2": 20}, 0, 0),
    "c-2": (0, {}, 3, 0),
}


@pytest.mark.parametrize("dying", EXAMPLE)
def test_the_example_fleet_survives_as_the_design_says(dying):
    row = next(row for row in survival(example()) if row.name == dying)
    assert (row.safe, dict(row.moves), row.wait, row.lost_tenants) == EXAMPLE[dying]
    assert row.moved == sum(dict(row.moves).values())


def test_there_is_a_row_for_every_cluster_of_every_purpose_and_every_prod():
    rows = [(row.kind, row.name) for row in survival(example())]
    prods = ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]
    assert rows == [("cluster", name) for name in "abcxy"] + [("prod", name) for name in prods]


def test_room_after_is_told_for_those_that_take_over():
    row = survival_of(example(), "cluster", ["a"])[0]
    assert row.room == (("b-1", 600), ("c-1", 680))
    assert row.capacity == (("b-1", 1000), ("c-1", 1000))


# dying -> who serves the safe ones on; nobody is named where some of them lose no member.
KEEPERS = {"a": {"b-1": 300}, "b": {"a-2": 300}, "c": {}, "x": {}}


@pytest.mark.parametrize("dying", KEEPERS)
def test_it_is_told_who_serves_the_safe_ones_on(dying):
    row = survival_of(example(), "cluster", [dying])[0]
    assert dict(row.kept) == KEEPERS[dying]
    assert row.keepers == tuple(KEEPERS[dying])


def test_nobody_is_named_as_the_one_who_serves_all_where_some_lose_no_member():
    routers = (RouterNow("edge-x", "tokyo", "a"), RouterNow("edge-y", "osaka", "y"))
    routes = [route("two", {"a-1": 50, "b-1": 50}, 30), route("far", {"c-1": 100}, 7)]
    fleet = facts([place("a-1"), place("b-1"), place("c-1")], routes, routers=routers)
    row = survival_of(fleet, "cluster", ["a"])[0]
    assert (row.safe, dict(row.kept), row.keepers) == (37, {"b-1": 30}, ())


def test_who_has_no_place_is_named_with_the_reason():
    full = with_place(
        with_place(with_place(example(), "c-1", capacity=120), "b-1", capacity=300), "b-2", reserved=550
    )
    row = survival_of(full, "cluster", ["a"])[0]
    assert dict(row.moves) == {"c-1": 100}
    assert [(one.route, one.tenants, one.why.code) for one in row.lost] == [
        ("shop-s-2", 100, "no-room"),
        ("shop-s-3", 100, "no-room"),
        ("shop-s-4", 100, "no-room"),
    ]
    assert row.lost_tenants == 300
    assert dict(row.lost[0].why.params) == {"load": 100, "most": 50}


UNSAFE = {
    "route-unpublished": (),
    "routers-do-not-check": (
        RouterNow("edge-x", "tokyo", "x", False),
        RouterNow("edge-y", "osaka", "y", False),
    ),
    "routers-in-one-domain": (RouterNow("edge-x", "tokyo", "x"), RouterNow("edge-y", "tokyo", "y")),
}


@pytest.mark.parametrize("code", UNSAFE)
def test_redundant_tenants_are_not_safe_without_two_routers_that_check(code):
    fleet = facts(example().places, example().routes, routers=UNSAFE[code])
    row = survival_of(fleet, "cluster", ["a"])[0]
    assert (row.safe, dict(row.moves)) == (0, {"b-1": 400, "c-1": 300})
    assert [(why.code, tenants) for why, tenants in row.unsafe] == [(code, 300)]


def test_an_edge_cluster_takes_those_down_who_are_published_nowhere_else():
    routes = [route("one", {"a-1": 100}, 30, routers=("edge-x",)), route("two", {"a-1": 100}, 7)]
    row = survival_of(facts([place("a-1")], routes), "cluster", ["x"])[0]
    assert (row.safe, row.lost_tenants) == (7, 30)
    assert [(one.route, one.why.code) for one in row.lost] == [("one", "no-router-left")]


def test_a_cluster_with_prods_and_the_only_router_loses_each_tenant_once():
    routers = (RouterNow("edge-x", "tokyo", "a"),)
    routes = [route("one", {"a-1": 100}, 30), route("two", {"b-1": 100}, 7)]
    fleet = facts([place("a-1"), place("b-1")], routes, routers=routers)
    row = survival_of(fleet, "cluster", ["a"])[0]
    assert (row.moved, row.lost_tenants, row.safe) == (0, 37, 0)


def test_a_partner_that_does_not_serve_makes_a_redundant_route_a_single_one():
    fleet = with_place(example(), "b-1", serving=False)
    row = survival_of(fleet, "cluster", ["a"])[0]
    assert row.safe == 0
    assert dict(row.moves) == {"b-2": 200, "c-1": 500}


def test_the_order_of_the_facts_changes_nothing():
    fleet = example()
    turned = facts(fleet.places[::-1], fleet.routes[::-1], clusters=fleet.clusters[::-1], routers=EDGES[::-1])
    assert survival(turned) == survival(fleet)


def test_a_control_plane_cluster_without_tenants_harms_nobody():
    fleet = facts(example().places, example().routes, clusters=(ClusterNow("cp", "tokyo", "control-plane"),))
    row = survival_of(fleet, "cluster", ["cp"])[0]
    assert (row.safe, row.moved, row.wait, row.lost_tenants) == (0, 0, 0, 0)
