"""Workloads go on where they were when the simulator comes back."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import Space, condition_of, job, until, workload


def settled(space: Space) -> bool:
    sets = space.get("statefulsets", "db").get("status", {}).get("readyReplicas") == 2
    agents = space.get("daemonsets", "agent").get("status", {}).get("numberReady") == 3
    return sets and agents and condition_of(space.get("jobs", "migrate"), "Complete")["status"] == "True"


def pods(space: Space) -> dict[str, Any]:
    return {pod["metadata"]["uid"]: pod["status"]["phase"] for pod in space.list("pods")}


def begin(fleet: Fleet) -> Space:
    fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    space = Space(fleet, "shop")
    space.create("statefulsets", workload("StatefulSet", "db", replicas=2))
    space.create("daemonsets", workload("DaemonSet", "agent"))
    space.create("jobs", job())
    until(lambda: settled(space), "settled", within_s=20)
    return space


def test_nothing_is_run_twice_and_nothing_restarted(tmp_path: Path) -> None:
    with start_fleet(["a"], state=tmp_path) as fleet:
        space = begin(fleet)
        before, ended = pods(space), space.get("jobs", "migrate")["status"]["completionTime"]
    with start_fleet(["a"], state=tmp_path) as fleet:
        space = Space(fleet, "shop")
        assert pods(space) == before
        space.patch("statefulsets", "db", {"spec": {"replicas": 3}})
        until(
            lambda: space.get("statefulsets", "db")["status"].get("readyReplicas") == 3,
            "it goes on",
            within_s=20,
        )
        assert before.items() <= pods(space).items()
        assert space.get("jobs", "migrate")["status"]["completionTime"] == ended


@pytest.mark.parametrize("finalizer", ["foregroundDeletion", "orphan"])
def test_an_owner_whose_dependents_went_while_nobody_looked_goes_too(tmp_path: Path, finalizer: str) -> None:
    with start_fleet(["a"], state=tmp_path) as fleet:
        fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        Space(fleet, "shop").create("configmaps", {"metadata": {"name": "owner"}})
    state = tmp_path / "cluster-a.jsonl"
    changed = [_waiting(json.loads(line), finalizer) for line in state.read_text().splitlines()]
    state.write_text("".join(json.dumps(line) + "\n" for line in changed))
    with start_fleet(["a"], state=tmp_path) as fleet:
        space = Space(fleet, "shop")
        until(
            lambda: all(one["metadata"]["name"] != "owner" for one in space.list("configmaps")), "it has gone"
        )


def _waiting(line: Any, finalizer: str) -> Any:
    """A line of the state: the owner as it is while it waits for its dependents."""
    if isinstance(line, list) and line[1]["metadata"]["name"] == "owner":
        line[1]["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [finalizer]}
    return line
