"""What a pod's life asks about it."""

from __future__ import annotations

from simulator.controllers import behaviour
from simulator.controllers.context import Context
from simulator.values import Obj, dig, stamp


def is_to_end(pod: Obj) -> bool:
    """Whether its containers are to come to an end by themselves."""
    return pod["spec"].get("restartPolicy") in ("OnFailure", "Never")


def fail_probes(pod: Obj, behaviours: dict[str, str]) -> list[str]:
    """The containers that fail their readiness probe; one without a probe has none to fail."""
    probed = [c["name"] for c in pod["spec"]["containers"] if c.get("readinessProbe")]
    return [name for name in probed if behaviours[name] == behaviour.NEVER_READY]


def is_probed(pod: Obj, container: Obj) -> bool:
    """Whether the container is ready later than it runs; one that is to end is not waited for."""
    return bool(container.get("readinessProbe")) and not is_to_end(pod)


def images_of(pod: Obj) -> list[str]:
    """The image of each container."""
    return [container.get("image", "") for container in pod["spec"]["containers"]]


def leak_s(pod: Obj, context: Context, usual_s: float) -> float:
    """How long the memory of a leaking pod lasts: as its fault says, else as long as usual."""
    found = (context.faults.image_fault(context.cluster, image) for image in images_of(pod))
    told = [float(fault.params["after_s"]) for fault in found if fault and "after_s" in fault.params]
    return min(told, default=usual_s)


def host_ip(node: Obj | None) -> str:
    """The address of a node, empty without one."""
    addresses = dig(node, "status", "addresses") or [{"address": ""}]
    return str(addresses[0]["address"])


def scheduled_condition(why: str = "") -> Obj:
    """The condition PodScheduled: true, or why there is no node."""
    said = {"status": "False", "reason": "Unschedulable", "message": why} if why else {"status": "True"}
    return {"type": "PodScheduled", **said, "lastProbeTime": None, "lastTransitionTime": stamp()}
