"""Weights when a member leaves: 100 in all, in proportion, never nothing."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

import traffic.core.weights
from traffic.core.weights import without

MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 100), min_size=1)


def test_the_worked_examples_hold():
    assert doctest.testmod(traffic.core.weights).failed == 0


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
