"""The `scale` subresource: autoscaling/v1 Scale."""

from __future__ import annotations

from simulator.errors import bad_request
from simulator.kinds.cells import selector_text
from simulator.values import Obj, dig

SCALE_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Obj) -> Obj:
    """The Scale that stands for a workload."""
    meta = {key: obj["metadata"][key] for key in SCALE_METADATA if key in obj["metadata"]}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {
            "replicas": dig(obj, "status", "replicas") or 0,
            "selector": selector_text(obj["spec"].get("selector")),
        },
    }


def scaled(live: Obj, scale: Obj) -> Obj:
    """The workload as the Scale wants it; a resourceVersion in the Scale stays a precondition."""
    replicas = dig(scale, "spec", "replicas")
    if replicas is None:
        replicas = 0
    if not isinstance(replicas, int) or replicas < 0:
        raise bad_request(f"spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0")
    meta = dict(live["metadata"])
    version = dig(scale, "metadata", "resourceVersion")
    if version:
        meta["resourceVersion"] = version
    return {**live, "metadata": meta, "spec": {**live["spec"], "replicas": replicas}}
