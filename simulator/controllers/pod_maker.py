"""Making the pods of a workload from its template."""

from __future__ import annotations

from simulator.controllers.replica_set_writer import owner_reference
from simulator.kinds.pod_template import admitted
from simulator.lifecycle.backend import Backend
from simulator.values import Obj, new_uid, stamp


def make_pod(
    backend: Backend, owner: Obj, template: Obj, name: str, *,
    labels: dict[str, str] | None = None, spec: Obj | None = None, finalizers: tuple[str, ...] = (),
) -> Obj:  # fmt: skip
    """Store a pod of the owner; its spec shares everything it can with the template."""
    meta = template.get("metadata") or {}
    pod_meta: Obj = {
        "name": name, "generateName": owner["metadata"]["name"] + "-",
        "namespace": owner["metadata"]["namespace"], "uid": new_uid(),
        "creationTimestamp": stamp(), "generation": 1, "labels": {**(meta.get("labels") or {}), **(labels or {})},
        "ownerReferences": [owner_reference(owner)],
    }  # fmt: skip
    if meta.get("annotations"):
        pod_meta["annotations"] = meta["annotations"]
    if finalizers:
        pod_meta["finalizers"] = list(finalizers)
    return backend.store.put("pods", {
        "kind": "Pod", "apiVersion": "v1", "metadata": pod_meta,
        "spec": admitted({**template["spec"], **(spec or {})}),
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    })  # fmt: skip
