"""Weights: 100 in all, in proportion, never nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import Reason
from traffic.core.weights import drain, hand_over, ramp, restore, split, without

MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 100), min_size=1)
ROUTES = MEMBERS.map(split).filter(lambda weights: not isinstance(weights, Reason))


@given(MEMBERS, st.sampled_from("abcdefgh"))
def test_who_leaves_has_nothing_and_the_others_have_all_of_it(weights, gone):
    left = without(weights, gone)
    assert gone not in left
    if not left:
        assert not sum(weight for name, weight in weights.items() if name != gone)
    elif weights.get(gone):
        assert sum(left.values()) == 100
    assert all(weights[name] or not weight for name, weight in left.items())


@given(MEMBERS, st.sampled_from("abcdefgh"))
def test_the_order_among_the_others_stays(weights, gone):
    left = without(weights, gone)
    assert all(left[one] >= left[other] for one in left for other in left if weights[one] > weights[other])


# (shares, whole percents): largest remainder, ties by name
SPLITS = [
    ({"a": 1}, {"a": 100}),
    ({"a": 1, "b": 1}, {"a": 50, "b": 50}),
    ({"c": 1, "b": 1, "a": 1}, {"a": 34, "b": 33, "c": 33}),
    ({"a": 1, "b": 2}, {"a": 33, "b": 67}),
    ({"a": 5, "b": 5, "c": 5, "d": 1}, {"a": 32, "b": 31, "c": 31, "d": 6}),
    ({"a": 0, "b": 7}, {"a": 0, "b": 100}),
    ({"a": 1, "b": 999}, {"a": 0, "b": 100}),
]


@pytest.mark.parametrize(("shares", "percents"), SPLITS)
def test_shares_become_whole_percents(shares, percents):
    assert split(shares) == percents


@given(MEMBERS)
def test_shares_sum_to_100_or_are_refused(shares):
    percents = split(shares)
    if isinstance(percents, Reason):
        assert not any(shares.values())
    else:
        assert sum(percents.values()) == 100
        total = sum(shares.values())
        assert all(abs(percents[name] - 100 * shares[name] / total) < 1 for name in shares)


@given(ROUTES, st.sampled_from("abcdefgh"))
def test_a_drained_member_keeps_its_seat_with_0_and_the_sum_stays_100(weights, prod):
    left = drain(weights, prod)
    if isinstance(left, Reason):
        assert not any(weight for name, weight in weights.items() if name != prod)
    else:
        assert sum(left.values()) == 100
        assert left.get(prod, 0) == 0
        assert set(left) == set(weights)


# (weights, targets, who comes back, weights then)
RESTORES = [
    ({"a": 0, "b": 100}, {"a": 50, "b": 50}, "a", {"a": 50, "b": 50}),
    ({"a": 0, "b": 50, "c": 50}, {"a": 50, "b": 25, "c": 25}, "a", {"a": 50, "b": 25, "c": 25}),
    ({"a": 0, "b": 0, "c": 100}, {"a": 34, "b": 33, "c": 33}, "b", {"a": 0, "b": 33, "c": 67}),
    ({"a": 0, "b": 40, "x": 60}, {"a": 50, "b": 50, "x": 0}, "a", {"a": 50, "b": 40, "x": 10}),
    ({"a": 0, "x": 100}, {"a": 100}, "a", {"a": 100, "x": 0}),
    ({"a": 90, "b": 10}, {"a": 50, "b": 50}, "a", {"a": 50, "b": 50}),
    ({"a": 0, "b": 1}, {"a": 1, "b": 1}, "a", {"a": 50, "b": 50}),
]


@pytest.mark.parametrize(("weights", "targets", "prod", "then"), RESTORES)
def test_a_member_that_comes_back_gets_its_target(weights, targets, prod, then):
    assert restore(weights, targets, prod) == then


# percent of the target of a-2 (50), from nothing
RAMPS = {0: (0, 100), 1: (1, 99), 10: (5, 95), 30: (15, 85), 50: (25, 75), 99: (49, 51), 100: (50, 50)}


@pytest.mark.parametrize("percent", RAMPS)
def test_a_ramp_gives_its_percent_of_the_target(percent):
    ramped = ramp({"a-2": 0, "b-1": 100}, {"a-2": 50, "b-1": 50}, "a-2", percent)
    assert ramped == dict(zip(("a-2", "b-1"), RAMPS[percent], strict=True))


REFUSED = [
    ("weights-sum-to-nothing", {"a": 0}, {"a": 100}, "a"),
    ("weights-sum-to-nothing", {"a": 100}, {"a": 0}, "a"),
    ("weight-below-nothing", {"a": -1, "b": 2}, {"a": 100}, "a"),
    ("no-target-weight", {"a": 100}, {"a": 100}, "z"),
]


@pytest.mark.parametrize(("code", "weights", "targets", "prod"), REFUSED)
def test_what_makes_no_sense_is_refused(code, weights, targets, prod):
    refused = ramp(weights, targets, prod, 100)
    assert isinstance(refused, Reason)
    assert refused.code == code


@given(ROUTES, ROUTES, st.sampled_from("abcdefgh"), st.integers(0, 100))
def test_a_ramp_pushes_nobody_below_its_target(weights, targets, prod, percent):
    ramped = ramp(weights, targets, prod, percent)
    if isinstance(ramped, Reason):
        assert not targets.get(prod)
        return
    assert sum(ramped.values()) == 100
    if ramped[prod] > weights.get(prod, 0) and any(w for name, w in weights.items() if name != prod):
        assert ramped[prod] <= targets[prod]
        for name, weight in ramped.items():
            assert name == prod or weight >= min(weights.get(name, 0), targets.get(name, 0))


@given(ROUTES, ROUTES)
def test_once_all_are_back_all_are_at_their_targets(weights, targets):
    now = dict(weights)
    for prod, target in targets.items():
        if target > now.get(prod, 0):
            ramped = restore(now, targets, prod)
            assert not isinstance(ramped, Reason)
            now = ramped
    assert {name: weight for name, weight in now.items() if weight} == {n: w for n, w in targets.items() if w}


@given(ROUTES, st.sets(st.sampled_from("abcdefgh")), st.sampled_from("xyz"))
def test_what_is_handed_over_is_neither_more_nor_less(weights, givers, taker):
    then = hand_over(weights, givers, {taker: 1})
    assert sum(then.values()) == 100
    assert all(then[name] == 0 for name in givers & set(weights))
    assert all(then[name] == weight for name, weight in weights.items() if name not in givers)
