"""One fleet for all tests of a worker; each test gets a namespace of its own on cluster `a`."""

import itertools
from collections.abc import Iterator

import pytest

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import Space

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def running_fleet() -> Iterator[Fleet]:
    with start_fleet(["a", "b"]) as fleet:
        yield fleet


@pytest.fixture
def fleet(running_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet; its faults are gone after the test."""
    yield running_fleet
    running_fleet.clear_faults()


@pytest.fixture
def space(fleet: Fleet) -> Iterator[Space]:
    name = f"test-{next(NUMBERS)}"
    fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield Space(fleet, name)
    fleet.clear_faults()
    fleet.request("a", "DELETE", f"/api/v1/namespaces/{name}")
