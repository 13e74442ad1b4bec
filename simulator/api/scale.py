"""The `scale` subresource: autoscaling/v1 Scale."""

from __future__ import annotations

from simulator.errors import bad_request, invalid
from simulator.kinds.cells import selector_text
from simulator.kinds.kind import Cause, Kind
from simulator.values import Obj, dig

SCALE = Kind("autoscaling", "v1", "Scale", "scales", virtual=True)
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
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        words = "json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32"
        raise bad_request(f'Scale in version "v1" cannot be handled as a Scale: {words}')
    if replicas < 0:
        words = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(SCALE, live["metadata"]["name"], [Cause("spec.replicas", words)])
    meta = dict(live["metadata"])
    version = dig(scale, "metadata", "resourceVersion")
    if version:
        meta["resourceVersion"] = version
    return {**live, "metadata": meta, "spec": {**live["spec"], "replicas": replicas}}
