"""The status of a pod as a kubelet writes it. Pure: container states in, status out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from simulator.values import Obj, dig, stamp

OUT_OF_MEMORY = 137  # 128 + SIGKILL, which the kernel sends
END_REASONS = {0: "Completed", OUT_OF_MEMORY: "OOMKilled"}


@dataclass(frozen=True, slots=True)
class ContainerState:
    """One container: `state` and `last` are as in containerStatuses."""

    state: Obj
    ready: bool = False
    restarts: int = 0
    last: Obj | None = None


def waiting(reason: str, message: str = "") -> Obj:
    """A state of waiting."""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(since: str) -> Obj:
    """A state of running."""
    return {"running": {"startedAt": since}}


def ended(container_id: str, since: str, exit_code: int) -> Obj:
    """A state of having ended."""
    reason = END_REASONS.get(exit_code, "Error")
    return {"terminated": {"exitCode": exit_code, "reason": reason, "startedAt": since, "finishedAt": stamp(),
                           "containerID": container_id}}  # fmt: skip


def made_to_run(old: ContainerState, since: str, ready: bool) -> ContainerState:
    """A container that runs in place of what there was: a restart, if that had ended."""
    last = old.state if "terminated" in old.state else old.last
    return ContainerState(running(since), ready, old.restarts + (last is not None), last)


def phase_of(pod: Obj, states: dict[str, ContainerState]) -> str:
    """The phase that the containers amount to; only a pod that is not to be restarted ever ends."""
    codes = [dig(state.state, "terminated", "exitCode") for state in states.values()]
    if dig(pod, "spec", "restartPolicy") != "Always" and codes and None not in codes:
        return "Failed" if any(codes) else "Succeeded"
    begun = any("waiting" not in state.state or state.restarts for state in states.values())
    return "Running" if begun else "Pending"


def qos_of(spec: Obj) -> str:
    """The quality-of-service class, by the requests and limits of all containers."""
    amounts = [container.get("resources") or {} for container in spec.get("containers") or ()]
    if not any(amounts) or not any(entry.get("requests") or entry.get("limits") for entry in amounts):
        return "BestEffort"
    bound = all({"cpu", "memory"} <= (entry.get("limits") or {}).keys() for entry in amounts)
    equal = all((entry.get("requests") or entry.get("limits")) == entry.get("limits") for entry in amounts)
    return "Guaranteed" if bound and equal else "Burstable"


def container_id(pod: Obj, name: str, restarts: int) -> str:
    """A made-up runtime id, different after each restart."""
    text = f"{pod['metadata']['uid']}/{name}/{restarts}"
    return "containerd://" + hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=256)
def image_id(image: str) -> str:
    """A made-up digest reference, the same for the same image."""
    repository = image.split("@", maxsplit=1)[0]
    if ":" in repository.rsplit("/", 1)[-1]:
        repository = repository.rpartition(":")[0]
    return f"{repository}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


OWN_CONDITIONS = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}


def pod_status(pod: Obj, states: dict[str, ContainerState], addresses: tuple[str, str], started: str) -> Obj:
    """The whole status; `addresses` are (pod IP or "", host IP)."""
    containers = pod["spec"]["containers"]
    ready = all(states[c["name"]].ready for c in containers)
    phase = phase_of(pod, states)
    is_running = phase != "Pending"
    status: Obj = {
        "observedGeneration": pod["metadata"].get("generation", 1),
        "phase": phase,
        "conditions": _conditions(pod, states, ready, phase),
        "hostIP": addresses[1],
        "hostIPs": [{"ip": addresses[1]}],
        "startTime": started,
        "containerStatuses": [_container_status(pod, c, states[c["name"]]) for c in containers],
        "qosClass": qos_of(pod["spec"]),
    }
    if addresses[0] and is_running:
        status |= {"podIP": addresses[0], "podIPs": [{"ip": addresses[0]}]}
    return status


def _container_status(pod: Obj, container: Obj, state: ContainerState) -> Obj:
    image = container.get("image", "")
    has_run = "waiting" not in state.state or state.restarts > 0
    status: Obj = {
        "name": container["name"], "state": state.state, "lastState": state.last or {}, "ready": state.ready,
        "restartCount": state.restarts, "image": image, "imageID": image_id(image) if has_run else "",
        "started": "running" in state.state,
    }  # fmt: skip
    if has_run:
        status["containerID"] = container_id(pod, container["name"], state.restarts)
    return status


def _conditions(pod: Obj, states: dict[str, ContainerState], ready: bool, phase: str) -> list[Obj]:
    unready = [name for name, state in states.items() if not state.ready]
    over = phase in ("Succeeded", "Failed")
    why = "" if over else f"containers with unready status: [{' '.join(unready)}]"
    reason = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "ContainersNotReady")
    is_running = any("running" in state.state for state in states.values())
    before = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or ()}
    now, generation = stamp(), pod["metadata"].get("generation", 1)

    def condition(type_: str, value: bool) -> Obj:
        word, old = "True" if value else "False", before.get(type_)
        moved = old["lastTransitionTime"] if old and old["status"] == word else now
        new: Obj = {"type": type_, "observedGeneration": generation, "status": word,
                    "lastProbeTime": None, "lastTransitionTime": moved}  # fmt: skip
        if not value and type_ in ("Ready", "ContainersReady"):
            new |= {"reason": reason, **({"message": why} if why else {})}
        return new

    return [
        condition("PodReadyToStartContainers", is_running or ready),
        condition("Initialized", True),
        condition("Ready", ready),
        condition("ContainersReady", ready),
        condition("PodScheduled", True),
        *(other for type_, other in before.items() if type_ not in OWN_CONDITIONS),
    ]
