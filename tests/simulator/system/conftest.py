"""A namespace of its own for each test that brings no fleet of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import deployment, service
from tests.simulator.system.kubectl import Kubectl

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def shared_fleet() -> Iterator[Fleet]:
    with start_fleet(["a"]) as running:
        yield running


@pytest.fixture
def kubectl(shared_fleet: Fleet, tmp_path: Path) -> Kubectl:
    name = f"test-{next(NUMBERS)}"
    ready = Kubectl(shared_fleet, tmp_path / "cache", name)
    ready("create", "namespace", name)
    return ready


@pytest.fixture
def shop(kubectl: Kubectl) -> Kubectl:
    """kubectl in a namespace where `api` is rolled out with three pods behind a Service."""
    kubectl("apply", "-f", "-", text=yaml.safe_dump_all([deployment(), service()]))
    kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    return kubectl
