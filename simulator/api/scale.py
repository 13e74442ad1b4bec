"""The `scale` subresource: autoscaling/v1 Scale."""

from __future__ import annotations

from simulator.errors import ApiError, bad_request, invalid
from simulator.kinds.causes import invalid_value
from simulator.kinds.cells import selector_text
from simulator.kinds.kind import Cause, Kind
from simulator.values import Obj, dig, replaced

SCALE = Kind("autoscaling", "v1", "Scale", "scales", virtual=True)
SCALE_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(kind: Kind, obj: Obj) -> Obj:
    """The Scale that stands for a workload; 500 when a custom one does not say how many there are to be."""
    meta = {key: obj["metadata"][key] for key in SCALE_METADATA if key in obj["metadata"]}
    wanted = dig(obj, *kind.scale.spec)
    if kind.custom and wanted is None:
        words = f'the spec replicas field ".{".".join(kind.scale.spec)}" does not exist'
        raise ApiError(
            500, "InternalError", f"Internal error occurred: {words}", {"causes": [{"message": words}]}
        )
    status: Obj = {"replicas": dig(obj, *kind.scale.status) or 0}
    if selector := _selector(kind, obj):
        status["selector"] = selector
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta,
            "spec": {"replicas": wanted} if wanted else {}, "status": status}  # fmt: skip


def _selector(kind: Kind, obj: Obj) -> str:
    if kind.custom:
        return str(dig(obj, *kind.scale.selector) or "") if kind.scale.selector else ""
    return selector_text(obj["spec"].get("selector"))


def scaled(kind: Kind, live: Obj, scale: Obj) -> Obj:
    """The workload as the Scale wants it; a resourceVersion in the Scale stays a precondition."""
    replicas = dig(scale, "spec", "replicas")
    if replicas is None:
        replicas = 0
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        words = "json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32"
        raise bad_request(f'Scale in version "v1" cannot be handled as a Scale: {words}')
    if replicas < 0 and kind.custom:
        at = "." + ".".join(kind.scale.spec)
        cause = invalid_value(at, replicas, "should be a non-negative integer")
        raise invalid(kind, live["metadata"]["name"], [cause])
    if replicas < 0:
        words = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(SCALE, live["metadata"]["name"], [Cause("spec.replicas", words)])
    meta = dict(live["metadata"])
    version = dig(scale, "metadata", "resourceVersion")
    if version:
        meta["resourceVersion"] = version
    return replaced({**live, "metadata": meta}, kind.scale.spec, replicas)
