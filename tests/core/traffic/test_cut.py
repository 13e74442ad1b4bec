"""Tenants of a group are cut into shards."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.core.sharding import cut

# (loads, limit) -> the loads of the shards
WORKED = {
    "nobody": (([], 100), []),
    "all fit": (([60, 40], 100), [[60, 40]]),
    "one unit more": (([60, 40, 1], 100), [[60, 40], [1]]),
    "one larger than the limit": (([1, 101, 1], 100), [[1], [101], [1]]),
    "nobody waits for a better fit": (([60, 50, 40], 100), [[60], [50, 40]]),
    "no load at all": (([0, 0, 100, 0], 100), [[0, 0, 100, 0]]),
}


@pytest.mark.parametrize("which", WORKED)
def test_shards_are_filled_in_order(which):
    (loads, limit), wanted = WORKED[which]
    shards = cut([(f"t-{number}", load) for number, load in enumerate(loads)], limit)
    assert [[loads[int(name[2:])] for name in shard] for shard in shards] == wanted


tenants = st.lists(st.integers(0, 150), max_size=60).map(
    lambda loads: [(f"t-{number:03}", load) for number, load in enumerate(loads)]
)
limits = st.integers(1, 120)


@given(tenants, limits)
def test_nobody_is_lost_or_served_twice_and_the_order_stays(given_tenants, limit):
    shards = cut(given_tenants, limit)
    assert [name for shard in shards for name in shard] == [name for name, _ in given_tenants]
    assert all(shards)


@given(tenants, limits)
def test_no_shard_is_over_the_limit_unless_it_is_one_tenant(given_tenants, limit):
    loads = dict(given_tenants)
    for shard in cut(given_tenants, limit):
        assert sum(loads[name] for name in shard) <= limit or len(shard) == 1


@given(tenants, limits)
def test_a_shard_begins_only_where_the_last_one_is_full(given_tenants, limit):
    loads, shards = dict(given_tenants), cut(given_tenants, limit)
    for before, after in pairwise(shards):
        assert sum(loads[name] for name in before) + loads[after[0]] > limit


@given(tenants, limits)
def test_the_same_tenants_are_cut_the_same(given_tenants, limit):
    assert cut(given_tenants, limit) == cut(iter(given_tenants), limit)
