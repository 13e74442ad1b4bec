"""What a simulated workload answers over HTTP."""

from __future__ import annotations

import random
import re

from simulator.faults import FaultBook
from simulator.store.store import Store
from simulator.values import Obj, dig
from simulator.wire.messages import Request, Response, json_response

PROD_LABEL = "drover.dev/prod"
# What probes and health checks ask for: a version may pass these and still fail its users.
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/livez", "/health", "/ready", "/live"})
FAILING_TAG = re.compile(r"failing(\d{0,3})")


class Answers:
    """Picks ready pods in turn and speaks for them."""

    def __init__(self, cluster: str, store: Store, faults: FaultBook, seed: random.Random) -> None:
        self.cluster, self._store, self._faults, self._random = cluster, store, faults, seed
        self._turns: dict[tuple[str, str], int] = {}

    def of_service(self, service: Obj, request: Request, port: str = "") -> Response | None:
        """The answer of the next ready pod behind the Service, None when there is none."""
        meta = service["metadata"]
        pods = ready_pods(self._store, service)
        if not pods:
            return None
        turn = self._turns.get((meta["namespace"], meta["name"]), 0)
        self._turns[(meta["namespace"], meta["name"])] = turn + 1
        return self.of_pod(pods[turn % len(pods)], request, target_port(service, port))

    def of_pod(self, pod: Obj, request: Request, port: object = None) -> Response:
        """The pod's own answer, whether or not it is ready."""
        container = _container(pod, port)
        meta = pod["metadata"]
        body = {
            "cluster": self.cluster,
            "namespace": meta["namespace"],
            "prod": prod_of(pod),
            "component": container["name"],
            "version": image_tag(container.get("image", "")),
            "pod": meta["name"],
            "path": request.path,
            "host": request.headers.get("host", ""),
        }
        status = self._status(container.get("image", ""), request.path)
        headers = {"X-Served-By": meta["name"], "X-Prod": body["prod"], "X-Version": body["version"]}
        return json_response(body, status, headers)

    def _status(self, image: str, path: str) -> int:
        """200, or what a failing image answers in its share of the requests of users."""
        fault = self._faults.image_fault(image)
        if fault is None:
            share, status = failing_share(image_tag(image)), 500
        elif fault.params["behaviour"] == "failing":
            share, status = float(fault.params.get("rate", 1.0)), int(fault.params.get("status", 500))
        else:
            return 200
        failing = share and path not in HEALTH_PATHS and self._random.random() < share
        return status if failing else 200


def prod_of(pod: Obj) -> str:
    """The Prod a pod belongs to: its label, else its namespace."""
    return (pod["metadata"].get("labels") or {}).get(PROD_LABEL) or pod["metadata"]["namespace"]  # type: ignore[no-any-return]


def image_tag(image: str) -> str:
    """The tag of an image reference, `latest` without one."""
    last = image.split("@", maxsplit=1)[0].rsplit("/", 1)[-1]
    return last.partition(":")[2] or "latest"


def failing_share(tag: str) -> float:
    """The share of users' requests that a tag says go wrong: all, or as many percent as it names.

    >>> failing_share("v1.3.0-failing20"), failing_share("v1.3.0-failing"), failing_share("v1.3.0")
    (0.2, 1.0, 0.0)
    """
    found = FAILING_TAG.search(tag)
    return min(int(found[1] or 100), 100) / 100 if found else 0.0


def is_ready(pod: Obj) -> bool:
    """Whether the pod's Ready condition is true and it is not going away."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    return any(c["type"] == "Ready" and c["status"] == "True" for c in dig(pod, "status", "conditions") or ())


def selected_pods(store: Store, service: Obj) -> list[Obj]:
    """The pods a Service selects, in order of name; none without a selector."""
    selector = service["spec"].get("selector")
    if not selector:
        return []
    found = [
        pod
        for pod in store.each("pods", service["metadata"]["namespace"])
        if selector.items() <= (pod["metadata"].get("labels") or {}).items()
    ]
    return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))


def ready_pods(store: Store, service: Obj) -> list[Obj]:
    """The selected pods that may get traffic."""
    return [pod for pod in selected_pods(store, service) if is_ready(pod)]


def target_port(service: Obj, port: str = "") -> object:
    """The targetPort behind a Service port named by name or number; the first without one."""
    ports = service["spec"].get("ports") or [{}]
    for entry in ports:
        if port and port in (entry.get("name"), str(entry.get("port"))):
            return entry.get("targetPort")
    return ports[0].get("targetPort")


def _container(pod: Obj, port: object) -> Obj:
    containers: list[Obj] = pod["spec"]["containers"]
    for container in containers:
        for entry in container.get("ports") or ():
            if port is not None and port in (entry.get("name"), entry.get("containerPort")):
                return container
    return containers[0]
