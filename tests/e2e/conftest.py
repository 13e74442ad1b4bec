"""One whole stack for all these tests: real processes, real HTTP, eight clusters. Fleets never mix."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from orchestrator.embedded.programs import ROOT
from orchestrator.embedded.stack import Stack
from tests.e2e.api import Api
from tests.e2e.fleets import DOMAINS, FleetSpec
from tests.e2e.world import World

# A line per request would bury what went wrong.
logging.getLogger("httpx").setLevel(logging.WARNING)

BUILT_WITHIN_S = 120
Raise = Callable[..., None]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The demo, with five clusters more than its example fleet needs."""
    fleet = yaml.safe_load((ROOT / "deploy/demo/fleet.yaml").read_text())
    fleet["clusters"] = [
        {"name": name, "provider": "on-premises", "failure_domain": domain}
        for name, domain in DOMAINS.items()
    ]
    del fleet["edges"]  # tests/e2e/routing have stacks of their own, with users
    path = tmp_path_factory.mktemp("fleet") / "fleet.yaml"
    path.write_text(yaml.safe_dump(fleet))
    with Stack.started(pod_start="0.05-0.15", workers=2, fleet=path) as started:
        yield started


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[Api]:
    client = Api(stack.url, stack.demo["token"])
    yield client
    client.close()


@pytest.fixture(scope="session")
def world(stack: Stack) -> Iterator[World]:
    found = World(stack)
    yield found
    found.close()


@pytest.fixture(scope="session")
def raise_fleets(stack: Stack, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Raise:
    """Makes fleets and returns when every Prod of them is in service on its first Version."""

    def build(*fleets: FleetSpec) -> None:
        path: Path = tmp_path_factory.mktemp("fleets") / "fleets.json"
        path.write_text(json.dumps([asdict(fleet) for fleet in fleets]))
        command = f"from tests.e2e.building import build; build({str(path)!r})"
        printed = stack.manage("shell", "--no-imports", "--command", command)
        for run in json.loads(printed.splitlines()[-1]):
            api.until_state(run, "succeeded", timeout_s=BUILT_WITHIN_S)

    return build
