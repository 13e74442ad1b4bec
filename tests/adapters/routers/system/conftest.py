"""A real HAProxy for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.adapters.routers.conftest import Pair
from tests.adapters.routers.haproxy_worlds import haproxy_behind
from tests.adapters.routers.system.real_haproxy import Prod, RealHaproxy


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[RealHaproxy]:
    running = RealHaproxy(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def pair(request: pytest.FixtureRequest, haproxy: RealHaproxy) -> Pair:
    """The contract suite runs on the real one, behind the door with the Faults."""
    return haproxy_behind(request, haproxy.run, haproxy.layout)


@pytest.fixture
def start_prod() -> Iterator[Callable[[str], Prod]]:
    prods: list[Prod] = []

    def start(name: str) -> Prod:
        prods.append(Prod(name))
        return prods[-1]

    yield start
    for prod in prods:
        prod.close()
