"""One running demo for the tests of a module."""

from collections.abc import Iterator

import pytest

from orchestrator.embedded.stack import Stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.started(pod_start="0.1-0.4") as started:
        yield started
