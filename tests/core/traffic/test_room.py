"""Room: what is free of each Prod."""

import pytest

from tests.core.traffic.world import example, facts, place, route
from traffic.core.room import committed, rooms


def test_the_example_fleet_commits_what_the_design_says():
    assert committed(example().routes) == {
        "a-1": 400,
        "a-2": 300,
        "b-1": 300,
        "b-2": 400,
        "c-1": 20,
        "c-2": 3,
    }


def test_the_room_of_the_example_fleet():
    assert rooms(example()) == {"a-1": 600, "a-2": 700, "b-1": 700, "b-2": 600, "c-1": 980, "c-2": 97}


# (Prod, members of a Route of 100) -> room
ROOMS = {
    "nothing on it": ({}, {"b-1": 100}, 1000),
    "alone": ({}, {"a-1": 100}, 900),
    "a redundant member commits the whole load": ({}, {"a-1": 50, "b-1": 50}, 900),
    "so does one with little weight": ({}, {"a-1": 1, "b-1": 99}, 900),
    "one that is away comes back": ({}, {"a-1": (0, 50), "b-1": (100, 50)}, 900),
    "a temporary one is there now": ({}, {"a-1": (100, 0), "b-1": (0, 100)}, 900),
    "a seat without weight or target is none": ({}, {"a-1": (0, 0), "b-1": 100}, 1000),
    "a third of the pods is ready": ({"ready_percent": 33}, {"a-1": 100}, 230),
    "another Run counts on some": ({"reserved": 250}, {"a-1": 100}, 650),
    "more promised than it carries": ({"ready_percent": 5}, {"a-1": 100}, -50),
}


@pytest.mark.parametrize("case", ROOMS)
def test_room(case):
    changes, members, room = ROOMS[case]
    assert rooms(facts([place("a-1", **changes), place("b-1")], [route("r", members)]))["a-1"] == room
