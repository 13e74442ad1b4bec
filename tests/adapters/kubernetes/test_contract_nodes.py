"""What comes of people's hands on a node, and of finalizers on a namespace, on a simulated and a real cluster."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import path
from tests.adapters.kubernetes.test_contract_lifecycle import is_gone
from tests.adapters.kubernetes.watched import eventually

CORDON = "node.kubernetes.io/unschedulable"
MAINTENANCE = {"key": "maintenance", "value": "now", "effect": "NoExecute"}


ROOM = {"cpu": "2", "memory": "1Gi", "pods": "10"}


@pytest.fixture
def node(api: Api) -> Iterator[str]:
    """The path of a node of one's own, with its name as a label. On the real cluster it has no kubelet."""
    name = f"hand-{secrets.token_hex(4)}"
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
    status = {"conditions": [ready], "capacity": ROOM, "allocatable": ROOM}
    api.post("/api/v1/nodes", {"metadata": {"name": name, "labels": {"hand": name}}, "status": status})
    where = f"/api/v1/nodes/{name}"
    eventually(lambda: not taints(api, where))
    yield where
    api.delete(where)


def taints(api: Api, node: str) -> list[tuple[str, str, bool]]:
    """(key, effect, whether there is a time) of each."""
    found = api.get(node).get("spec", {}).get("taints") or ()
    return [(one["key"], one["effect"], "timeAdded" in one) for one in found]


def test_a_cordoned_node_bears_a_taint(api: Api, node: str) -> None:
    api.merge(node, {"spec": {"unschedulable": True}})
    eventually(lambda: taints(api, node) == [(CORDON, "NoSchedule", True)])
    api.merge(node, {"spec": {"unschedulable": None}})
    eventually(lambda: not taints(api, node))


def bound(name: str, node: str, *tolerations: Manifest) -> Manifest:
    spec = {"nodeName": node.rpartition("/")[2], "containers": [{"name": "api", "image": "shop/api:v1"}]}
    return {"metadata": {"name": name}, "spec": {**spec, "tolerations": list(tolerations)}}


def targets(api: Api, space: str) -> dict[str, tuple[str, str]]:
    """Why each pod that is to go has to."""
    found: dict[str, Any] = {}
    for pod in api.get(path(space, "pods"))["items"]:
        for one in pod["status"].get("conditions") or ():
            if one["type"] == "DisruptionTarget" and pod["metadata"].get("deletionTimestamp"):
                found[pod["metadata"]["name"]] = (one["reason"], one["message"])
    return found


def test_a_taint_evicts_those_who_do_not_tolerate_it_or_no_longer(api: Api, space: str, node: str) -> None:
    held = {"finalizers": ["shop.example/held"]}
    known = {"key": "maintenance", "operator": "Exists", "effect": "NoExecute"}
    tolerations: dict[str, list[Manifest]] = {
        "at-once": [], "for-a-while": [known | {"tolerationSeconds": 2}], "for-ever": [known],
    }  # fmt: skip
    for name, tolerated in tolerations.items():
        pod = bound(name, node, *tolerated)
        api.post(path(space, "pods"), pod | {"metadata": pod["metadata"] | held})
    why = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
    api.merge(node, {"spec": {"taints": [MAINTENANCE]}})
    eventually(lambda: targets(api, space) == {"at-once": why})
    eventually(lambda: targets(api, space) == {"at-once": why, "for-a-while": why})
    events = api.get(f"/api/v1/namespaces/{space}/events")["items"]
    told = {one["message"] for one in events if one["reason"] == "TaintManagerEviction"}
    assert told == {f"Marking for deletion Pod {space}/{name}" for name in ("at-once", "for-a-while")}
    for name in tolerations:
        api.merge(path(space, "pods", name), {"metadata": {"finalizers": None}})
        api.answer("DELETE", path(space, "pods", name), {"gracePeriodSeconds": 0})


# --- room on nodes --------------------------------------------------------------------------------


def asking(name: str, node: str, **requests: str) -> Manifest:
    """A pod for this node alone, on which the scheduler has to put it."""
    container = {"name": "api", "image": "shop/api:v1", "resources": {"requests": requests}}
    spec = {"nodeSelector": {"hand": node.rpartition("/")[2]}, "containers": [container]}
    return {"metadata": {"name": name}, "spec": spec}


def is_on(api: Api, space: str, name: str, node: str) -> bool:
    found = api.get(path(space, "pods", name))["spec"].get("nodeName")
    return bool(found == node.rpartition("/")[2])


def why_pending(api: Api, space: str, name: str) -> str:
    """What the scheduler says, the number of all nodes as N, of all but one as M."""
    nodes = len(api.get("/api/v1/nodes")["items"])
    status = api.get(path(space, "pods", name))["status"]
    found = [one for one in status.get("conditions") or () if one["type"] == "PodScheduled"]
    said = found[0].get("message", "") if found else ""
    return said.replace(f"0/{nodes} ", "0/N ").replace(f"{nodes - 1} ", "M ").replace(f"{nodes} ", "N ")


OTHERS = "M node(s) didn't match Pod's node affinity/selector"
PREEMPTION = "no new claims to deallocate, preemption: 0/N nodes are available: "


def test_a_pod_waits_for_room(api: Api, space: str, node: str) -> None:
    api.post(path(space, "pods"), asking("first", node, cpu="1500m", memory="512Mi"))
    eventually(lambda: is_on(api, space, "first", node))
    api.post(path(space, "pods"), asking("second", node, cpu="1", memory="600Mi"))
    eventually(lambda: why_pending(api, space, "second"))
    why = f"0/N nodes are available: 1 Insufficient cpu, 1 Insufficient memory, {OTHERS}. "
    victims = "1 No preemption victims found for incoming pod, M Preemption is not helpful for scheduling."
    assert why_pending(api, space, "second") == f"{why}{PREEMPTION}{victims}"
    assert api.get(path(space, "pods", "second"))["status"]["phase"] == "Pending"
    api.delete(path(space, "pods", "first"), {"gracePeriodSeconds": 0})
    eventually(lambda: is_on(api, space, "second", node))
    api.delete(path(space, "pods", "second"), {"gracePeriodSeconds": 0})


BLOCKED: dict[str, tuple[Manifest, dict[str, str], str]] = {
    "too much": ({}, {"memory": "2Gi"}, "1 Insufficient memory"),
    "a taint": (
        {"taints": [MAINTENANCE | {"effect": "NoSchedule"}]},
        {},
        "1 node(s) had untolerated taint(s)",
    ),
    "a cordon": ({"unschedulable": True}, {}, "1 node(s) were unschedulable"),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_keeps_a_pod_from_its_node_is_said(name: str, api: Api, space: str, node: str) -> None:
    spec, requests, obstacle = BLOCKED[name]
    api.merge(node, {"spec": spec})
    api.post(path(space, "pods"), asking("api", node, **requests))
    eventually(lambda: why_pending(api, space, "api"))
    said = ", ".join(sorted([obstacle, OTHERS]))
    helpless = "N Preemption is not helpful for scheduling."
    assert why_pending(api, space, "api") == f"0/N nodes are available: {said}. {PREEMPTION}{helpless}"
    api.delete(path(space, "pods", "api"))


def test_a_namespace_waits_for_the_finalizers_of_others(api: Api) -> None:
    name = f"held-{secrets.token_hex(4)}"
    where = f"/api/v1/namespaces/{name}"
    made = api.post(
        "/api/v1/namespaces", {"metadata": {"name": name}, "spec": {"finalizers": ["shop.example/held"]}}
    )
    assert made["spec"]["finalizers"] == ["shop.example/held", "kubernetes"]
    api.delete(where)
    eventually(lambda: api.get(where)["spec"].get("finalizers") == ["shop.example/held"])
    assert api.get(where)["status"]["phase"] == "Terminating"
    final = {"metadata": {"name": name}, "spec": {"finalizers": []}}
    assert not api.ask("PUT", f"{where}/finalize", final)["spec"].get("finalizers")
    eventually(lambda: is_gone(api, where))
