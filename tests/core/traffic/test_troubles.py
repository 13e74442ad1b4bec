"""What is wrong with a Route as it is."""

import pytest

from tests.core.traffic.world import example, facts, place, route
from traffic.core.troubles import route_troubles

WELL = [place("a-1"), place("a-2"), place("b-1"), place("c-1", serving=False)]
# members of a Route -> its troubles
TROUBLES = {
    "none": ({"a-1": 50, "b-1": 50}, []),
    "no members": ({}, ["route-without-members"]),
    "only members that have left": ({"a-1": 0, "b-1": 0}, ["route-without-members"]),
    "nobody serves": ({"c-1": 100}, ["no-member-serves"]),
    "who would serve is away": ({"a-1": (0, 50), "c-1": (100, 50)}, ["no-member-serves"]),
    "redundancy in one domain": ({"a-1": 50, "a-2": 50}, ["redundancy-not-given"]),
    "the other domain is away for a while": ({"a-1": 100, "b-1": (0, 50)}, []),
    "two at once": ({"a-1": (0, 50), "a-2": (0, 50)}, ["no-member-serves", "redundancy-not-given"]),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_each_trouble_is_told(case):
    members, codes = TROUBLES[case]
    assert [one.why.code for one in route_troubles(facts(WELL, [route("r", members)]))] == codes


def test_the_largest_comes_first():
    routes = [route("r", {"c-1": 100}, 5), route("s", {"c-1": 100}, 90)]
    assert [one.route for one in route_troubles(facts(WELL, routes))] == ["s", "r"]


def test_the_example_fleet_has_none():
    assert route_troubles(example()) == ()
