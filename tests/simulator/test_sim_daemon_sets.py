"""DaemonSets: one pod on each node that may have one."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.space import Space, image_of, until, workload

NODES = 3


def daemon_set(tag: str = "v1.0.0", **spec: Any) -> dict[str, Any]:
    return workload("DaemonSet", "agent", tag, **spec)


def image(tag: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [
        {"name": "agent", "image": f"registry.example/shop/agent:{tag}"}]}}}}  # fmt: skip


def status_of(space: Space) -> dict[str, Any]:
    return dict(space.get("daemonsets", "agent")["status"])


def done(space: Space, nodes: int = NODES) -> bool:
    found, status = space.get("daemonsets", "agent"), status_of(space)
    keys = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "numberAvailable",
        "updatedNumberScheduled",
    )
    seen = status.get("observedGeneration") == found["metadata"]["generation"]
    return seen and {status.get(key, 0) for key in keys} == {nodes}


@pytest.fixture
def node(space: Space) -> Iterator[str]:
    """A node whose spec a test may change."""
    name, path = "a-node-2", "/api/v1/nodes/a-node-2"
    yield name
    space.fleet.request("a", "PATCH", path, {"spec": {"taints": None}, "metadata": {"labels": {"tier": None}}},
                        "application/merge-patch+json")  # fmt: skip


def test_each_node_gets_one_pod(space: Space) -> None:
    space.create("daemonsets", daemon_set())
    until(lambda: done(space), "a pod per node")
    assert len({pod["spec"]["nodeName"] for pod in space.list("pods")}) == NODES
    assert "numberUnavailable" not in status_of(space)


def test_a_node_selector_leaves_other_nodes_out(space: Space, node: str) -> None:
    body = daemon_set()
    body["spec"]["template"]["spec"]["nodeSelector"] = {"tier": "edge"}
    space.create("daemonsets", body)
    until(lambda: status_of(space).get("observedGeneration") == 1, "seen")
    assert status_of(space)["desiredNumberScheduled"] == 0
    space.fleet.request("a", "PATCH", f"/api/v1/nodes/{node}", {"metadata": {"labels": {"tier": "edge"}}},
                        "application/merge-patch+json")  # fmt: skip
    until(lambda: done(space, 1), "one pod")
    assert space.list("pods")[0]["spec"]["nodeName"] == node


def test_a_taint_keeps_pods_away_unless_they_tolerate_it(space: Space, node: str) -> None:
    taint = {"spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}}
    space.fleet.request("a", "PATCH", f"/api/v1/nodes/{node}", taint, "application/merge-patch+json")
    space.create("daemonsets", daemon_set())
    until(lambda: done(space, NODES - 1), "pods on the other nodes")
    tolerations = [{"key": "gpu", "operator": "Exists"}]
    space.patch("daemonsets", "agent", {"spec": {"template": {"spec": {"tolerations": tolerations}}}})
    until(lambda: done(space), "pods on all nodes")


def test_an_update_takes_one_node_at_a_time(space: Space) -> None:
    space.create("daemonsets", daemon_set())
    until(lambda: done(space), "created")
    seen = space.fleet.audit()[-1]["seq"]
    space.patch("daemonsets", "agent", image("v2"))
    until(lambda: done(space), "updated")
    assert {image_of(pod).rpartition(":")[2] for pod in space.list("pods")} == {"v2"}
    ready, lowest = NODES, NODES
    for entry in space.fleet.audit(seen):
        if entry["type"] == "pod" and entry["namespace"] == space.name:
            ready += {"ready": 1, "unready": -1}.get(entry["event"], 0)
            lowest = min(lowest, ready)
    assert lowest == NODES - 1


def test_a_bad_update_stops_at_the_first_node(space: Space) -> None:
    space.create("daemonsets", daemon_set())
    until(lambda: done(space), "created")
    space.patch("daemonsets", "agent", image("v2-missing"))
    until(lambda: status_of(space).get("updatedNumberScheduled") == 1, "one pod of the new revision")
    until(lambda: any(image_of(pod).endswith("missing") and pod["status"].get("containerStatuses")
                      for pod in space.list("pods")), "it fails")  # fmt: skip
    status = status_of(space)
    assert (status["numberAvailable"], status["numberUnavailable"]) == (NODES - 1, 1)
    space.patch("daemonsets", "agent", image("v3"))
    until(lambda: done(space), "mended by the next revision")


def test_on_delete_waits_for_a_person(space: Space) -> None:
    space.create("daemonsets", daemon_set(updateStrategy={"type": "OnDelete"}))
    until(lambda: done(space), "created")
    space.patch("daemonsets", "agent", image("v2"))
    until(lambda: status_of(space)["observedGeneration"] == 2, "seen")
    assert "updatedNumberScheduled" not in status_of(space)
    space.ask("DELETE", "pods", space.list("pods")[0]["metadata"]["name"])
    until(lambda: status_of(space).get("updatedNumberScheduled") == 1, "one updated")


def test_what_a_server_fills_in_is_filled_in(space: Space) -> None:
    spec = space.create("daemonsets", daemon_set())["spec"]
    assert spec["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
    }
    assert spec["revisionHistoryLimit"] == 10


def test_a_deployments_pod_that_fits_no_node_says_so_and_starts_once_one_fits(
    space: Space, node: str
) -> None:
    body = workload("Deployment", "edge", replicas=1)
    body["spec"]["template"]["spec"]["nodeSelector"] = {"tier": "edge"}
    space.create("deployments", body)
    until(lambda: any(event["reason"] == "FailedScheduling" for event in space.list("events")), "an Event")
    condition = space.list("pods")[0]["status"]["conditions"][0]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "PodScheduled",
        "False",
        "Unschedulable",
    )
    space.fleet.request("a", "PATCH", f"/api/v1/nodes/{node}", {"metadata": {"labels": {"tier": "edge"}}},
                        "application/merge-patch+json")  # fmt: skip
    until(lambda: space.rolled_out("edge"), "scheduled after all")
