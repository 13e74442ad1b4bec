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


@pytest.fixture
def node(api: Api) -> Iterator[str]:
    """The path of a node of one's own. No kubelet looks after it on the real cluster."""
    name = f"hand-{secrets.token_hex(4)}"
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
    api.post("/api/v1/nodes", {"metadata": {"name": name}, "status": {"conditions": [ready]}})
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
