"""For each test a HAProxy and a fleet that serves through both ways in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.testing import Fleet, start_fleet
from tests.adapters.routers.system.real_haproxy import RealHaproxy
from tests.traffic.system.real_edges import EDGE, Edges, standing

Stand = Callable[[list[dict[str, Any]], list[dict[str, Any]]], Edges]


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[RealHaproxy]:
    running = RealHaproxy(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a", "b", "c", EDGE], pod_start=(0.02, 0.05)) as started:
        yield started


@pytest.fixture
def stand(db: None, fleet: Fleet, haproxy: RealHaproxy, tmp_path: Path) -> Iterator[Stand]:
    """Makes the fleet of these Prods and groups of tenants, and the two ways in before it."""
    made: list[Edges] = []

    def stand(prods: list[dict[str, Any]], groups: list[dict[str, Any]]) -> Edges:
        made.append(standing(fleet, haproxy, tmp_path, prods, groups))
        return made[-1]

    yield stand
    for edges in made:
        edges.close()
