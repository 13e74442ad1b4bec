"""Where users live while the only Prod that serves them is changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.traffic.fleets import fleets
from tests.core.traffic.world import example, facts, place, route, with_place
from traffic.core.ground import Ground
from traffic.core.plan import after
from traffic.core.relocation import can_be_relocated, guests, only_whole, plan_relocation
from traffic.core.room import rooms


def test_nobody_lives_meanwhile_on_a_cluster_that_takes_nobody():
    one = route("r", {"a-1": 100}, routers=("edge-x",))
    assert hosts(facts([place("a-1"), place("c-1")], [one])) == {"c-1": one.load}
    assert hosts(facts([place("a-1"), place("c-1", open=False)], [one])) == {}


def hosts(fleet, prod="a-1", avoid=()):
    return guests(plan_relocation(Ground(fleet), prod, avoid))


def test_all_that_only_this_prod_serves_goes_to_the_prod_with_most_room():
    assert hosts(example()) == {"c-1": 300, "a-2": 100}  # Route by Route, the one with most room after it


def test_warm_prods_come_first():
    fleet = with_place(example(), "b-2", warm=True)
    assert hosts(fleet) == {"b-2": 400}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"version": "v2"}, id="another Version"),
        pytest.param({"role": "test"}, id="a test Prod"),
        pytest.param({"serving": False}, id="not known to serve"),
        pytest.param({"capacity": 399}, id="no room"),
        pytest.param({"reserved": 601}, id="room that others count on"),
    ],
)
def test_who_is_no_place_to_be(changes):
    fleet = facts([place("a-1"), place("b-1", **changes)], [route("s", {"a-1": 100}, 400)])
    plan = plan_relocation(Ground(fleet), "a-1")
    assert plan.moves == () and [one.route for one in plan.staying] == ["s"]


def test_who_has_pods_short_does_not_stand_in():
    fleet = facts([place("a-1"), place("b-1", ready_percent=67)], [route("s", {"a-1": 100})])
    (one,) = plan_relocation(Ground(only_whole(fleet)), "a-1").staying
    assert one.why.code == "no-prod-serving"


def test_whom_the_run_changes_is_avoided():
    assert (
        "c-1" not in hosts(example(), avoid=["c-1"])
        and hosts(example(), avoid=["b-1", "b-2", "a-2", "c-1"]) == {}
    )


@pytest.mark.parametrize(
    ("changes", "relocated"),
    [
        pytest.param({}, True, id="served alone"),
        pytest.param({"data_class": "replicated"}, True, id="replicated"),
        pytest.param({"data_class": "single-writer"}, False, id="one writer"),
        pytest.param({"redundancy": "test"}, False, id="test users"),
        pytest.param({"routers": ()}, False, id="not published"),
    ],
)
def test_who_is_relocated(changes, relocated):
    assert can_be_relocated(replace(route("s", {"a-1": 100}), **changes), "a-1") is relocated


def test_who_has_another_member_is_drained_instead():
    assert not can_be_relocated(route("r", {"a-1": 50, "b-1": (0, 50)}), "a-1")
    assert can_be_relocated(route("r", {"a-1": 100, "b-1": (0, 0)}), "a-1")


@given(fleets(), st.data())
def test_no_relocation_promises_more_than_the_room_and_everybody_is_served_or_named(fleet, data):
    prod = data.draw(st.sampled_from(sorted(p.name for p in fleet.places)))
    ground = Ground(fleet)
    plan = plan_relocation(ground, prod)
    for host, load in guests(plan).items():
        assert 0 <= load <= rooms(fleet)[host] and host != prod
        assert ground.places[host].version == ground.places[prod].version
    moved = {move.route for move in plan.moves}
    asked = {
        r.name
        for r in fleet.routes
        if can_be_relocated(r, prod) and prod in {s.prod for s in r.members if s.weight}
    }
    assert moved | {one.route for one in plan.staying} == asked
    for r in after(fleet, plan).routes:
        assert sum(seat.weight for seat in r.members) == sum(
            seat.weight for seat in dict_of(fleet)[r.name].members
        )


def dict_of(fleet):
    return {r.name: r for r in fleet.routes}
