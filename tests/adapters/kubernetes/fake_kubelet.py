"""The kubelets of two nodes, played: pods come up, fail and go, and no container ever runs."""

import itertools
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api, Refusal, Unreached

NODES = ("node-1", "node-2")
START_S = 0.3  # from bound to ready
SLOW_START_S = 5.0
RESTART_S = 0.5  # between two crashes
LOOK_S = 0.1
BEAT_S = 5.0
ROOM = {"cpu": "64", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti"}

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"

log = logging.getLogger(__name__)


class FakeKubelet:
    """Plays while it runs. An image with `missing` in its name cannot be pulled, one with `crash` crashes
    again and again, one with `neverready` fails its readiness probe if it has one, one with `slow` takes
    its time, pods of a Job succeed, and all others get ready."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._play, name="fake-kubelet", daemon=True)
        self._registered = False
        self._beat_at = 0.0
        self._born: dict[str, float] = {}
        self._told: dict[str, Manifest] = {}
        self._addresses = itertools.count(1)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._thread.ident:
            self._thread.join()

    def is_registered(self) -> bool:
        """Whether pods can be scheduled onto every node."""
        nodes = self._api.get("/api/v1/nodes")["items"] if self._registered else []
        return len(nodes) == len(NODES) and not any(node["spec"].get("taints") for node in nodes)

    def _play(self) -> None:
        while not self._end.wait(LOOK_S):
            try:
                self._beat()
                for pod in self._api.get("/api/v1/pods")["items"]:
                    if pod["spec"].get("nodeName") in NODES:
                        self._tend(pod)
            except (Refusal, Unreached):
                continue  # the server is starting, paused or gone; whatever it was is done in the next round

    # --- nodes ------------------------------------------------------------------------------------

    def _beat(self) -> None:
        if time.monotonic() < self._beat_at:
            return
        for name in NODES:
            lease = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": _now(micro=True)}
            if self._registered:
                self._api.merge(f"{LEASES}/{name}", {"spec": lease})
            else:
                self._register(name, lease)
        self._registered, self._beat_at = True, time.monotonic() + BEAT_S

    def _register(self, name: str, lease: Manifest) -> None:
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        times = {"lastHeartbeatTime": _now(), "lastTransitionTime": _now()}
        status = {"conditions": [ready | times], "capacity": ROOM, "allocatable": ROOM}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}
        held = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}
        for path, body in (("/api/v1/nodes", node), (LEASES, held | {"spec": lease})):
            try:
                self._api.post(path, body)
            except Refusal as e:
                if e.status != 409:  # there already
                    raise

    # --- pods -------------------------------------------------------------------------------------

    def _tend(self, pod: Manifest) -> None:
        metadata, uid = pod["metadata"], pod["metadata"]["uid"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        try:
            if metadata.get("deletionTimestamp"):
                self._api.delete(path, {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}})
                return
            status = self._status(pod, time.monotonic() - self._born.setdefault(uid, time.monotonic()))
            if status and status != self._told.get(uid):
                self._api.merge(f"{path}/status", {"metadata": {"uid": uid}, "status": status})
                self._told[uid] = status
        except Refusal as e:
            if e.status not in (404, 409):  # 404, 409: it has gone, or is another one meanwhile
                log.warning("%s: %s", path, e)  # its own trouble: the other pods are tended all the same

    def _status(self, pod: Manifest, age_s: float) -> Manifest:
        """What a kubelet would say of the pod at this age; nothing yet at first."""
        start_s = _start_s(pod)
        told = self._told.get(pod["metadata"]["uid"], {})
        if age_s < start_s or told.get("phase") == "Succeeded":  # what has ended stays so, whoever owns it
            return told
        ip = told.get("podIP") or _address(next(self._addresses))
        since = told.get("startTime") or _now()
        containers = [
            _container(container, pod, age_s - start_s, since) for container in pod["spec"]["containers"]
        ]
        ready = "True" if all(one["ready"] for one in containers) else "False"
        return {
            "phase": _phase(containers),
            "startTime": since,
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "containerStatuses": containers,
            "conditions": [
                {"type": kind, "status": status, "lastTransitionTime": _changed(told, kind, status)}
                for kind, status in (
                    ("PodScheduled", "True"),
                    ("Initialized", "True"),
                    ("ContainersReady", ready),
                    ("Ready", ready),
                )
            ],
        }


def _start_s(pod: Manifest) -> float:
    slow = any("slow" in container["image"] for container in pod["spec"]["containers"])
    return SLOW_START_S if slow else START_S


def _container(container: Manifest, pod: Manifest, up_s: float, since: str) -> Manifest:
    name, image = container["name"], container["image"]
    said = {"name": name, "image": image, "imageID": "", "ready": False, "restartCount": 0}
    if "missing" in image:
        words = {"reason": "ErrImagePull", "message": f'failed to pull image "{image}": not found'}
        return said | {"state": {"waiting": words}}
    if "crash" in image:
        words = {"reason": "CrashLoopBackOff", "message": f"back-off restarting failed container={name}"}
        return said | {"state": {"waiting": words}, "restartCount": min(1 + int(up_s / RESTART_S), 5)}
    owners = [owner["kind"] for owner in pod["metadata"].get("ownerReferences") or []]
    if "Job" in owners and up_s > START_S:
        end = {"exitCode": 0, "reason": "Completed", "startedAt": since, "finishedAt": since}
        return said | {"state": {"terminated": end}}
    up = "neverready" not in image or "readinessProbe" not in container
    return said | {"state": {"running": {"startedAt": since}}, "ready": up, "started": True}


def _phase(containers: list[Manifest]) -> str:
    states = [one["state"] for one in containers]
    if all("terminated" in state for state in states):
        return "Succeeded"
    pulled = not any(state.get("waiting", {}).get("reason") == "ErrImagePull" for state in states)
    return "Running" if pulled else "Pending"


def _changed(told: Manifest, kind: str, status: str) -> str:
    """When the condition became what it is."""
    before: list[Any] = told.get("conditions") or []
    same = [one for one in before if (one["type"], one["status"]) == (kind, status)]
    return str(same[0]["lastTransitionTime"]) if same else _now()


def _address(number: int) -> str:
    return f"10.244.{number // 250}.{number % 250 + 1}"


def _now(*, micro: bool = False) -> str:
    now = datetime.now(UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")
