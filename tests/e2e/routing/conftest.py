"""The demo with its users, for one file at a time; nothing waits longer than a test wants."""

from collections.abc import Iterator

import pytest

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api
from tests.e2e.example import NORMAL
from tests.e2e.routing.moves import SOON_S
from tests.e2e.users import Users
from tests.e2e.world import World

AT_ONCE = {"DROVER_SOAK_S": "1", "DROVER_STABILISATION_S": "2", "DROVER_RAMP_WATCH_S": "1"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.started(pod_start="0.2-0.6", env=AT_ONCE) as started:
        yield started


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    client = Api(stack.url, stack.demo["token"])
    yield client
    client.close()


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    found = World(stack)
    yield found
    found.close()


@pytest.fixture(scope="module")
def users(stack: Stack) -> Iterator[Users]:
    found = Users(stack)
    wait_until(lambda: found.served("group") == NORMAL.keys(), SOON_S, "users of every group are served")
    yield found
    found.close()
