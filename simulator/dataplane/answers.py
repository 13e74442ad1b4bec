"""What a simulated workload answers over HTTP."""

from __future__ import annotations

import asyncio
import random
import time

from simulator.dataplane.manners import manner_of_fault, manner_of_tag
from simulator.dataplane.meters import METRICS_PATH, Meters, Source, page
from simulator.faults import FaultBook
from simulator.store.store import Store
from simulator.values import Obj, dig
from simulator.wire.messages import Request, Response, json_response

PROD_LABEL = "drover.dev/prod"
# What probes and health checks ask for: a version may pass these and still fail its users.
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/livez", "/health", "/ready", "/live"})


class Silence(Exception):
    """No answer comes, however long one waits; the message says why in the words of a dialler."""


class Answers:
    """Picks ready pods in turn and speaks for them."""

    def __init__(self, cluster: str, store: Store, faults: FaultBook, seed: random.Random) -> None:
        self.cluster, self._store, self._faults, self._random = cluster, store, faults, seed
        self.meters = Meters()
        self._turns: dict[tuple[str, str], int] = {}

    async def of_service(self, service: Obj, request: Request, port: str = "") -> Response | None:
        """The answer of the next ready pod behind the Service, None when there is none; Silence."""
        meta = service["metadata"]
        pods = ready_pods(self._store, service, port)
        if not pods:
            return None
        turn = self._turns.get((meta["namespace"], meta["name"]), 0)
        self._turns[(meta["namespace"], meta["name"])] = turn + 1
        pod = pods[turn % len(pods)]
        return await self.of_pod(pod, request, number_of(pod, service_port(service, port)))

    async def of_pod(self, pod: Obj, request: Request, port: int | None = None) -> Response:
        """The pod's own answer, whether or not it is ready; Silence when its node is lost."""
        container, meta = _container(pod, port), pod["metadata"]
        if self._faults.node_lost(self.cluster, dig(pod, "spec", "nodeName") or ""):
            raise Silence(f"dial tcp {dig(pod, 'status', 'podIP')}: i/o timeout")
        image = container.get("image", "")
        source = Source(self.cluster, meta["namespace"], prod_of(pod), container["name"], image_tag(image))
        if request.path == METRICS_PATH:
            named = {"namespace": source.namespace, "prod": source.prod, "component": source.component}
            return page(self.meters.of(**named))
        status = 200 if request.path in HEALTH_PATHS else await self._treated(source, image)
        body = {
            "cluster": self.cluster,
            "namespace": source.namespace,
            "prod": source.prod,
            "component": source.component,
            "version": source.version,
            "pod": meta["name"],
            "path": request.path,
            "host": request.headers.get("host", ""),
        }
        headers = {"X-Served-By": meta["name"], "X-Prod": source.prod, "X-Version": source.version}
        return json_response(body, status, headers)

    async def _treated(self, source: Source, image: str) -> int:
        """The status that a user gets, after the time that it takes."""
        began, fault = time.monotonic(), self._faults.image_fault(self.cluster, image)
        manner = manner_of_fault(fault.params) if fault else manner_of_tag(source.version)
        if manner.delay_s:
            await asyncio.sleep(manner.delay_s * self._random.uniform(0.5, 1.5))
        failing = manner.rate and self._random.random() < manner.rate
        status = manner.status if failing else 200
        self.meters.count(source, status, time.monotonic() - began)
        return status


def prod_of(pod: Obj) -> str:
    """The Prod a pod belongs to: its label, else its namespace."""
    return (pod["metadata"].get("labels") or {}).get(PROD_LABEL) or pod["metadata"]["namespace"]  # type: ignore[no-any-return]


def image_tag(image: str) -> str:
    """The tag of an image reference, `latest` without one."""
    last = image.split("@", maxsplit=1)[0].rsplit("/", 1)[-1]
    return last.partition(":")[2] or "latest"


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


def ready_pods(store: Store, service: Obj, port: str = "") -> list[Obj]:
    """The selected pods that may get traffic for a Service port: ready, and with the port that it names."""
    entry = service_port(service, port)
    return [
        pod for pod in selected_pods(store, service) if is_ready(pod) and number_of(pod, entry) is not None
    ]


def service_port(service: Obj, port: str = "") -> Obj:
    """The Service port of this name or number; the first without one."""
    ports: list[Obj] = service["spec"].get("ports") or [{}]
    named = (entry for entry in ports if port and port in (entry.get("name"), str(entry.get("port"))))
    return next(named, ports[0])


def number_of(pod: Obj, entry: Obj) -> int | None:
    """The port of a pod that a Service port leads to; None when it names one that no container has."""
    target = entry.get("targetPort", entry.get("port", 0))
    if not isinstance(target, str):
        return int(target or 0)
    for container in pod["spec"]["containers"]:
        for found in container.get("ports") or ():
            same = found.get("protocol", "TCP") == entry.get("protocol", "TCP")
            if found.get("name") == target and same:
                return int(found["containerPort"])
    return None


def _container(pod: Obj, port: int | None) -> Obj:
    containers: list[Obj] = pod["spec"]["containers"]
    for container in containers:
        if port and any(entry.get("containerPort") == port for entry in container.get("ports") or ()):
            return container
    return containers[0]
