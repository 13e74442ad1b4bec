"""What is wrong with a Route as it is."""

import pytest

from tests.core.traffic.world import example, facts, place, route
from traffic.core.troubles import route_troubles

WELL = [place("a-1"), place("a-2"), place("b-1"), place("c-1", serving=False)]
# members of a Route -> its troubles
TROUBLES = {
    "none": ({"a-1": 50, "b-1": 50}, []),
    "no members": ({}, ["route-without-members"]),
    "weights of nothing": ({"a-1": 0, "b-1": 0}, ["weights-sum-to-nothing"]),
    "weights that do not sum": ({"a-1": 50, "b-1": 40}, ["weights-not-100"]),
    "a member that is no Prod": ({"a-1": 34, "b-1": 33, "z-9": 33}, ["member-unknown"]),
    "nobody serves": ({"c-1": 100}, ["no-member-serves"]),
    "redundancy in one domain": ({"a-1": 50, "a-2": 50}, ["redundancy-not-given"]),
    "two at once": ({"a-1": 50, "a-2": 40}, ["weights-not-100", "redundancy-not-given"]),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_each_trouble_is_told(case):
    members, codes = TROUBLES[case]
    assert [one.why.code for one in route_troubles(facts(WELL, [route("r", members)]))] == codes


def test_the_example_fleet_has_none():
    assert route_troubles(example()) == ()
