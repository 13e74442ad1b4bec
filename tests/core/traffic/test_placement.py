"""Tenants into Routes, Routes onto Prods."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.traffic.world import example, facts, place, route
from traffic.core.facts import RouteNow, TrafficFacts
from traffic.core.ground import Ground
from traffic.core.room import rooms
from traffic.core.sharding import Placing, TenantNow, place_tenants, shard_limit


def tenant(name: str, load: int = 1, redundancy: str = "none", **changes) -> TenantNow:
    return TenantNow(name, load, redundancy, changes.pop("data_class", "stateless"), "shop", **changes)


def group(name: str, count: int, redundancy: str = "none") -> list[TenantNow]:
    return [tenant(f"{name}-{n:04}", 1, redundancy) for n in range(count)]


def routes_of(placing: Placing) -> list[tuple[str, int, list[str]]]:
    return [(one.route, one.load, [seat.prod for seat in one.members]) for one in placing.shards]


def applied(fleet: TrafficFacts, placing: Placing) -> TrafficFacts:
    """`fleet` with the Tenants on it."""
    new = {one.route: one for one in placing.shards}
    grown = tuple(
        RouteNow(
            **{
                **{name: getattr(old, name) for name in old.__slots__},
                "load": old.load + (new[old.name].load if old.name in new else 0),
            }
        )
        for old in fleet.routes
    )
    made = tuple(
        route(
            one.route,
            {seat.prod: seat.weight for seat in one.members},
            one.load,
            redundancy=one.kind.redundancy,
        )
        for one in placing.shards
        if one.new
    )
    return facts(fleet.places, grown + made)


# The shards of the design, "In numbers". group: (tenants, redundancy, Routes)
SHARDS = {
    "shop-r": (300, "two-domain", 3),
    "shop-s": (400, "none", 4),
    "shop-u": (20, "none", 1),
    "staff": (3, "test", 1),
}


@pytest.mark.parametrize("name", SHARDS)
def test_the_example_fleet_is_sharded_as_the_design_says(name):
    count, redundancy, shards = SHARDS[name]
    placing = place_tenants(group(name, count, redundancy), facts(example().places, []), stem=name)
    assert [one.route for one in placing.shards] == [f"{name}-{n + 1}" for n in range(shards)]
    assert sum(one.load for one in placing.shards) == count
    assert placing.unplaced == ()


def test_a_route_holds_a_tenth_of_the_smallest_prod_of_fitting_role():
    ground = Ground(
        facts([place("a-1"), place("b-1", capacity=399), place("c-2", role="test", capacity=50)], [])
    )
    assert [shard_limit(ground, "shop", kind) for kind in ("none", "two-domain", "test")] == [39, 39, 5]


def test_a_tenant_larger_than_that_has_a_route_of_its_own():
    placing = place_tenants([tenant("big", 101), tenant("a", 1), tenant("b", 1)], facts([place("a-1")], []))
    assert [(one.tenants, one.load) for one in placing.shards] == [(("big",), 101), (("a", "b"), 2)]
    assert placing.shards[0].why.code == "has-route-of-its-own"


def test_a_redundant_tenant_gets_the_roomiest_prods_of_two_domains():
    places = [
        place("a-1"),
        place("e-1", capacity=950),
        place("b-1", capacity=900),
        place("c-1", capacity=800),
    ]
    placing = place_tenants([tenant("t", 1, "two-domain")], facts(places, []))
    assert [(seat.prod, seat.weight, seat.target) for seat in placing.shards[0].members] == [
        ("a-1", 50, 50),
        ("b-1", 50, 50),
    ]


def test_a_new_tenant_fills_a_route_that_has_space_before_a_new_one_is_made():
    full, space = route("full", {"a-1": 100}, 100), route("space", {"b-1": 100}, 98)
    placing = place_tenants(
        [tenant("x"), tenant("y"), tenant("z")], facts([place("a-1"), place("b-1")], [full, space])
    )
    assert [(one.route, one.new, one.tenants) for one in placing.shards] == [
        ("space", False, ("x", "y")),
        ("shop-none-1", True, ("z",)),
    ]
    assert placing.shards[1].members[0].prod == "a-1"


UNLIKE = {
    "redundancy": {"redundancy": "test"},
    "class": {"data_class": "replicated"},
    "Blueprint": {"blueprint": "blog"},
    "pins": {"pins": ("a-1",)},
}


@pytest.mark.parametrize("what", UNLIKE)
def test_a_tenant_never_joins_a_route_of_another(what):
    placing = place_tenants(
        [tenant("x")], facts([place("a-1")], [route("r", {"a-1": 100}, 1, **UNLIKE[what])])
    )
    assert [one.new for one in placing.shards] == [True]


def test_a_tenant_never_joins_a_route_that_is_failed_over():
    placing = place_tenants(
        [tenant("x")],
        facts([place("a-1"), place("b-1")], [route("r", {"a-1": (0, 100), "b-1": (100, 0)}, 1)]),
    )
    assert [one.new for one in placing.shards] == [True]


NO_PLACE = {
    "no Prod with the role": ({"redundancy": "test"}, {}, "no-prod-of-role"),
    "one writer in two domains": (
        {"redundancy": "two-domain", "data_class": "single-writer"},
        {},
        "writer-in-two-domains",
    ),
    "one domain only": ({"redundancy": "two-domain"}, {}, "one-domain-only"),
    "no room": ({"load": 1001}, {}, "no-room"),
    "pinned to what is not there": ({"pins": ("z-9",)}, {}, "pinned-elsewhere"),
    "nothing serves": ({}, {"serving": False}, "no-prod-serving"),
    "no cluster takes anybody": ({}, {"open": False}, "only-closed-clusters"),
    "vetoed": ({}, {"vetoed": True}, "only-vetoed-versions"),
    "standby is no home": ({}, {"role": "standby"}, "no-prod-of-role"),
    "data of another Version": ({"data_class": "replicated", "data_of": "v0"}, {}, "no-version-shares-data"),
}


@pytest.mark.parametrize("case", NO_PLACE)
def test_a_tenant_without_a_place_is_named_with_the_reason(case):
    of_tenant, of_place, code = NO_PLACE[case]
    placing = place_tenants([tenant("x", **of_tenant)], facts([place("a-1", **of_place)], []))
    assert placing.shards == ()
    assert [(name, why.code) for name, why in placing.unplaced] == [("x", code)]


def test_small_tenants_still_find_what_is_left_after_a_larger_one_did_not():
    fleet = facts([place("a-1", capacity=100, reserved=91)], [])
    placing = place_tenants([tenant("a", 5), tenant("b", 6), tenant("c", 3)], fleet)
    assert [one.tenants for one in placing.shards] == [("a", "c")]
    assert [name for name, _ in placing.unplaced] == ["b"]


def test_one_that_moves_leaves_its_route_for_another_on_the_prods_asked_for():
    fleet = facts(
        [place("a-1"), place("b-1"), place("c-1")], [route("r", {"a-1": 100}, 9), route("s", {"b-1": 100}, 9)]
    )
    found = place_tenants([tenant("x")], fleet, avoid=["r"])
    assert routes_of(found) == [("s", 1, ["b-1"])]
    found = place_tenants([tenant("x")], fleet, avoid=["r"], among=["c-1"])
    assert routes_of(found) == [("shop-none-1", 1, ["c-1"])]
    nowhere = place_tenants([tenant("x")], fleet, avoid=["r"], among=["z-9"])
    assert [why.code for _, why in nowhere.unplaced] == ["none-of-those-asked"]


tenants = st.lists(
    st.builds(
        tenant,
        st.uuids().map(str),
        st.integers(0, 60),
        st.sampled_from(["none", "two-domain", "test"]),
        data_class=st.sampled_from(["stateless", "replicated", "single-writer"]),
        data_of=st.sampled_from(["", "v1", "v0"]),
    ),
    max_size=25,
)
fleets = st.builds(
    lambda capacities, routes: facts(
        [
            place(f"{cluster}-{n}", capacity=capacity, role="test" if n == 3 else "live")
            for (cluster, n), capacity in capacities.items()
        ],
        routes,
    ),
    st.dictionaries(st.tuples(st.sampled_from("abcde"), st.integers(1, 3)), st.integers(1, 150), max_size=7),
    st.just([]),
)


@given(fleets, tenants)
def test_each_tenant_is_placed_once_or_named(fleet, wanted):
    placing = place_tenants(wanted, fleet)
    placed = [name for one in placing.shards for name in one.tenants]
    assert sorted(placed + [name for name, _ in placing.unplaced]) == sorted(one.name for one in wanted)


@given(fleets, tenants)
def test_room_and_the_limit_of_a_shard_are_never_exceeded(fleet, wanted):
    placing = place_tenants(wanted, fleet)
    ground = Ground(fleet)
    loads = {one.name: one.load for one in wanted}
    for one in placing.shards:
        assert one.load == sum(loads[name] for name in one.tenants)
        assert len(one.tenants) == 1 or one.load <= shard_limit(ground, "shop", one.kind.redundancy)
    assert all(room >= 0 for room in rooms(applied(fleet, placing)).values())
    assert {
        prod: room for prod, room in rooms(applied(fleet, placing)).items() if prod in dict(placing.room)
    } == dict(placing.room)


@given(fleets, tenants)
def test_redundant_tenants_are_in_two_failure_domains(fleet, wanted):
    domains = {one.name: one.domain for one in fleet.places}
    for one in place_tenants(wanted, fleet).shards:
        wide = 2 if one.kind.redundancy == "two-domain" else 1
        assert len({domains[seat.prod] for seat in one.members}) == wide == len(one.members)


@given(fleets, tenants)
def test_data_with_a_single_writer_get_one_prod(fleet, wanted):
    for one in place_tenants(wanted, fleet).shards:
        assert one.kind.data_class != "single-writer" or len(one.members) == 1


@given(fleets, tenants, st.integers(0, 99))
def test_the_order_of_the_facts_and_of_the_list_changes_nothing(fleet, wanted, seed):
    mixed, places, rng = list(wanted), list(fleet.places), random.Random(seed)
    rng.shuffle(mixed)
    rng.shuffle(places)
    assert place_tenants(mixed, facts(places, [])) == place_tenants(wanted, fleet)


@given(fleets, tenants)
def test_who_has_no_place_would_find_none_afterwards_either(fleet, wanted):
    placing = place_tenants(wanted, fleet)
    refused = {name for name, _ in placing.unplaced}
    again = place_tenants(
        [one for one in wanted if one.name in refused and one.load], applied(fleet, placing)
    )
    fresh = [one for shard in again.shards if shard.new for one in shard.tenants]
    assert fresh == []


def test_a_long_list_in_any_order_is_placed_alike():
    wanted = group("t", 500) + group("r", 300, "two-domain")
    placing = place_tenants(wanted, example())
    mixed = random.Random(7).sample(wanted, len(wanted))
    assert place_tenants(mixed, example()) == placing
    assert placing.unplaced == ()
