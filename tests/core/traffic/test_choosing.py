"""Who places Tenants says why on these Prods: each code once."""

import pytest

from tests.core.traffic.test_placement import tenant
from tests.core.traffic.world import facts, place, route
from traffic.core.sharding import place_tenants

THREE = [place("a-1", capacity=700), place("e-1", capacity=900), place("b-1", capacity=600)]
KEPT = {"data_class": "replicated", "data_of": "v0"}
OLD = [place("a-1", shares=frozenset({"v0"})), place("b-1"), place("c-1"), place("d-1", vetoed=True)]
# The Tenant, the fleet, the Prods that a person has named -> the code and the parameters of why these Prods.
CHOSEN = {
    "most room": (
        {"load": 5},
        facts(THREE, []),
        [],
        "roomiest-prod",
        {"prods": "e-1", "fitting": 3, "room": 895},
    ),
    "two failure domains": (
        {"load": 5, "redundancy": "two-domain"},
        facts(THREE, []),
        [],
        "roomiest-in-domains",
        {"prods": "b-1, e-1", "domains": "osaka, tokyo", "fitting": 3, "room": 595},
    ),
    "a Route that was there": (
        {},
        facts(
            THREE, [route("r", {"a-1": 100}, 9), route("s", {"b-1": 100}, 9), route("t", {"e-1": 100}, 50)]
        ),
        [],
        "route-was-there",
        {"prods": "e-1", "routes": 3, "room": 849},
    ),
    "pins": (
        {"pins": ("b-1", "a-1")},
        facts(THREE, []),
        [],
        "only-pinned",
        {"pins": "a-1, b-1", "why": "roomiest-prod", "prods": "a-1", "fitting": 2, "room": 699},
    ),
    "Prods that were named": (
        {},
        facts(THREE, []),
        ["b-1"],
        "asked-among",
        {"among": "b-1", "why": "roomiest-prod", "prods": "b-1", "fitting": 1, "room": 599},
    ),
    "data": (
        KEPT,
        facts(OLD, []),
        [],
        "data-leave-out",
        {"left_out": 2, "version": "v0", "why": "roomiest-prod", "prods": "a-1", "fitting": 1, "room": 999},
    ),
    "data among those that were named": (
        KEPT,
        facts(OLD, []),
        ["a-1", "c-1"],
        "asked-among",
        {
            "among": "a-1, c-1",
            "why": "data-leave-out",
            "cause": "roomiest-prod",
            "left_out": 1,
            "version": "v0",
            "prods": "a-1",
            "fitting": 1,
            "room": 999,
        },
    ),
    "data that every Prod may work on": (
        {"data_class": "replicated", "data_of": "v1"},
        facts(THREE, []),
        [],
        "roomiest-prod",
        {"prods": "e-1", "fitting": 3, "room": 899},
    ),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_it_is_told_why_these_prods(case):
    of_tenant, fleet, among, code, params = CHOSEN[case]
    (shard,) = place_tenants([tenant("x", **of_tenant)], fleet, among=among).shards
    assert (shard.chosen.code, dict(shard.chosen.params)) == (code, params)


def test_the_room_that_is_told_is_what_is_left_after_the_whole_list():
    wanted = [tenant("x", 150), tenant("y", 120), tenant("z", 5, "two-domain")]
    placing = place_tenants(wanted, facts([place("a-1"), place("b-1", capacity=300)], []))
    left = dict(placing.room)
    assert [dict(one.chosen.params)["room"] for one in placing.shards] == [
        left["a-1"], left["a-1"], min(left.values())
    ]  # fmt: skip
