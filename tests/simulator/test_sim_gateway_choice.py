"""The rules by which a gateway chooses, without any network."""

import itertools
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.dataplane.attachment import common_hostname, covers
from simulator.dataplane.backends import is_loopback
from simulator.dataplane.checks import Health, judged
from simulator.dataplane.manners import failing_share
from simulator.dataplane.matching import patterns_for, precedence
from simulator.dataplane.weighing import choose
from simulator.users.counters import BadQuery, Counters
from simulator.users.plan import BadPlan, Plan, Tenant, parse_plan, turns

WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=6)
GATEWAYS = (("127.0.0.1", 1), ("127.0.0.1", 2))


def chosen(weights: list[int], times: int, seed: int = 1) -> list[int]:
    memory: dict[int, int] = {}
    return [choose(list(enumerate(weights)), memory, random.Random(seed)) for _ in range(times)]


@given(WEIGHTS, st.integers(0, 1000))
def test_over_a_round_everybody_gets_exactly_the_weight(weights: list[int], seed: int) -> None:
    found = Counter(chosen(weights, sum(weights), seed))
    assert [found[number] for number in range(len(weights))] == weights


def test_the_light_one_never_comes_twice_in_a_row() -> None:
    found = chosen([90, 10], 1000)
    assert (1, 1) not in set(itertools.pairwise(found))


def test_not_all_rules_begin_alike_but_one_seed_always_does() -> None:
    begins = {tuple(chosen([50, 30, 20], 10, seed)) for seed in range(20)}
    assert len(begins) > 3
    assert chosen([50, 30, 20], 10, 5) == chosen([50, 30, 20], 10, 5)


def test_one_that_was_out_for_long_does_not_make_up_for_it() -> None:
    memory: dict[int, int] = {}
    both, seed = [(0, 50), (1, 50)], random.Random(1)
    for _ in range(10):
        choose(both, memory, seed)
    for _ in range(1000):
        choose([(0, 50)], memory, seed)
    found = Counter(choose(both, memory, seed) for _ in range(100))
    assert abs(found[1] - 50) <= 1


@pytest.mark.parametrize(
    ("checks", "up"),
    [("x", True), ("xx", False), ("x+x", True), ("xx+", False), ("xx++", True), ("xx+x+", False)],
)
def test_two_failed_checks_are_down_and_two_good_ones_up_again(checks: str, up: bool) -> None:
    health = Health()
    for check in checks:
        health = judged(health, check == "+", 2, 2)
    assert health.up is up


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("a.example", "a.example", "a.example"),
        ("*.example", "a.example", "a.example"),
        ("a.example", "*.example", "a.example"),
        ("*", "*.example", "*.example"),
        ("*.example", "*.b.example", "*.b.example"),
        ("*.example", "example", ""),
        ("a.example", "b.example", ""),
        ("*.example", "badexample", ""),
    ],
)
def test_what_two_hostname_patterns_have_in_common(one: str, other: str, common: str) -> None:
    assert common_hostname(one, other) == common


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join))
def test_each_pattern_for_a_host_covers_it(host: str) -> None:
    for pattern in patterns_for(host):
        assert pattern == host or covers(pattern, host)


def test_matches_come_in_the_order_of_the_gateway_api() -> None:
    ordered: list[dict[str, Any]] = [
        {"path": {"type": "Exact", "value": "/a"}},
        {"path": {"type": "PathPrefix", "value": "/abc"}},
        {"path": {"type": "PathPrefix", "value": "/"}, "method": "GET"},
        {"path": {"type": "PathPrefix", "value": "/"}, "headers": [{}, {}]},
        {"path": {"type": "PathPrefix", "value": "/"}, "headers": [{}]},
        {"path": {"type": "PathPrefix", "value": "/"}, "queryParams": [{}]},
        {"path": {"type": "PathPrefix", "value": "/"}},
    ]
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert shuffled != ordered
    assert sorted(shuffled, key=precedence) == ordered


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("10.0.0.1", False), ("example.com", False), ("", False)],
)
def test_only_this_machine_is_ever_asked(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


@pytest.mark.parametrize(
    ("tag", "share"), [("v1", 0.0), ("v1-failing", 1.0), ("v1-failing20", 0.2), ("failing999", 1.0)]
)
def test_a_tag_says_how_much_of_it_fails(tag: str, share: float) -> None:
    assert failing_share(tag) == share


@pytest.mark.parametrize("order", ["random", "round-robin"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_tenants_and_gateways_take_turns(order: str, count: int) -> None:
    tenants = tuple(Tenant("g", f"t{number}") for number in range(count))
    due = turns(Plan(GATEWAYS, tenants, order=order))
    found = [next(due) for _ in range(count * 40)]
    assert set(Counter(tenant for tenant, _ in found).values()) == {40}
    met = Counter((tenant, gateways[0]) for tenant, gateways in found)
    assert len(met) == 2 * count
    assert all(sorted(gateways) == sorted(GATEWAYS) for _, gateways in found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not an object"),
        ('{"groups": {}}', "no gateways"),
        ('{"gateways": ["example.com:80"], "groups": {}}', "not a gateway of this machine"),
        ('{"gateways": ["127.0.0.1:99999"], "groups": {}}', "not a gateway of this machine"),
        ('{"gateways": ["127.0.0.1:80"], "groups": []}', "groups"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {}, "rate": 0}', "rate"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {}, "rate": 1e9}', "rate"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {}, "order": "up"}', "order"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {}, "seed": "x"}', "seed"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {"g": ["a\\r\\nb"]}}', "not a hostname"),
        ('{"gateways": ["127.0.0.1:80"], "groups": {}, "path": "cart"}', "path"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadPlan, match=why):
        parse_plan(text)


def test_counters_add_up_per_field_and_forget_after_their_time() -> None:
    counters = Counters(kept_s=5)
    counters.add(100, ("a-1", "v1", "big", "g"), False, 10)
    counters.add(100, ("a-1", "v2", "big", "g"), True, 30)
    counters.add(102, ("b-1", "v1", "small", "g"), False, 20)
    assert counters.series(103, 3, ["prod"]) == [
        {"prod": "a-1", "requests": [2, 0, 0], "errors": [1, 0, 0], "latency_ms": 20.0},
        {"prod": "b-1", "requests": [0, 0, 1], "errors": [0, 0, 0], "latency_ms": 20.0},
    ]
    assert [row["version"] for row in counters.series(103, 3, ["version", "group"])] == ["v1", "v1", "v2"]
    counters.add(105, ("b-1", "v1", "small", "g"), False, 20)
    assert [row["prod"] for row in counters.series(106, 6, ["prod"])] == ["b-1"]
    assert (counters.requests, counters.errors) == (4, 1)
    with pytest.raises(BadQuery, match="colour"):
        counters.series(106, 6, ["colour"])
