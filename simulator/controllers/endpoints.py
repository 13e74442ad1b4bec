"""Service → Endpoints and EndpointSlice, and the address of a load balancer."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_finished_pod
from simulator.controllers.replica_set_writer import owner_reference
from simulator.dataplane.answers import is_ready, selected_pods
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, full_name, new_uid, replaced, stamp

SLICES = "discovery.k8s.io/endpointslices"
SERVICE_NAME = "kubernetes.io/service-name"
LAG_S = 0.004


class EndpointWriter:
    """The endpoints controllers of one cluster."""

    def __init__(self, context: Context) -> None:
        self.store = context.backend.store
        self.queue = WorkQueue("endpoints", self.reconcile)
        self._writing = False
        self.store.listen(self._wake, "services")
        self.store.listen(self._wake_services, "pods")

    def start(self) -> None:
        """Look at every Service once."""
        for service in self.store.each("services"):
            self.queue.add(full_name(service))

    def _wake(self, commit: Commit) -> None:
        if not self._writing:  # what it writes itself, it knows
            self.queue.add(full_name(commit.new), LAG_S)

    def _wake_services(self, commit: Commit) -> None:
        before = _facts(commit.old) if commit.old is not None else None
        if before == (None if commit.type == DELETED else _facts(commit.new)):
            return
        states = [pod["metadata"].get("labels") or {} for pod in (commit.old, commit.new) if pod is not None]
        for service in self.store.each("services", commit.new["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and any(selector.items() <= labels.items() for labels in states):
                self.queue.add(full_name(service), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Bring Endpoints, EndpointSlice and load balancer status of a Service up to date."""
        service = self.store.get("services", *key)
        if service is None:
            self.store.remove("endpoints", *key)
            return
        self._write_address(service)
        if not service["spec"].get("selector"):
            return
        pods = [pod for pod in selected_pods(self.store, service) if _has_address(pod)]
        self._write("endpoints", key[0], key[1], _endpoints(service, pods))
        kept, *others = self._slices(service) or [f"{key[1]}-{new_uid()[:5]}"]
        for name in others:
            self.store.remove(SLICES, key[0], name)
        self._write(SLICES, key[0], kept, _slice(service, pods))

    def _slices(self, service: Obj) -> list[str]:
        namespace, name = full_name(service)
        return sorted(str(s["metadata"]["name"]) for s in self.store.each(SLICES, namespace)
                      if (s["metadata"].get("labels") or {}).get(SERVICE_NAME) == name)  # fmt: skip

    def _write(self, kind: str, namespace: str, name: str, body: Obj) -> None:
        old = self.store.get(kind, namespace, name)
        if old is not None:
            new = {**old, **body, "metadata": {**old["metadata"], **body["metadata"]}}
            if new != old:
                if kind == SLICES:
                    new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
                self.store.put(kind, new)
            return
        meta = {"name": name, "namespace": namespace, "uid": new_uid(), "creationTimestamp": stamp(),
                **({"generation": 1} if kind == SLICES else {}), **body["metadata"]}  # fmt: skip
        self.store.put(kind, {**body, "metadata": meta})

    def _write_address(self, service: Obj) -> None:
        balancer: Obj = {}
        if service["spec"]["type"] == "LoadBalancer":
            ports = [
                {"port": p["nodePort"], "protocol": p["protocol"]} for p in service["spec"].get("ports") or ()
            ]
            balancer = {"ingress": [{"ip": "127.0.0.1", "ipMode": "VIP", "ports": ports}]}
        if (dig(service, "status", "loadBalancer") or {}) != balancer:
            self._writing = True
            self.store.put("services", replaced(service, ("status", "loadBalancer"), balancer))
            self._writing = False


def _has_address(pod: Obj) -> bool:
    return bool(dig(pod, "status", "podIP")) and not is_finished_pod(pod)


def _facts(pod: Obj) -> tuple[object, ...] | None:
    """What of a pod an endpoint shows; None while it shows nothing."""
    if not _has_address(pod):
        return None
    return (is_ready(pod), is_finished_pod(pod), dig(pod, "status", "podIP"), pod["metadata"].get("deletionTimestamp"),
            pod["metadata"].get("labels"))  # fmt: skip


def _reference(pod: Obj) -> Obj:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def _ports(service: Obj, pods: list[Obj]) -> list[Obj]:
    return [
        {"name": port.get("name") or "", "port": _number(port.get("targetPort"), pods), "protocol": port["protocol"]}
        for port in service["spec"].get("ports") or ()
    ]  # fmt: skip


def _number(target: object, pods: list[Obj]) -> object:
    """The container port a targetPort stands for."""
    for container in pods[0]["spec"]["containers"] if pods and isinstance(target, str) else ():
        for port in container.get("ports") or ():
            if port.get("name") == target:
                return port["containerPort"]
    return target


def _endpoints(service: Obj, pods: list[Obj]) -> Obj:
    def addresses(wanted: bool) -> list[Obj]:
        return [
            {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _reference(pod)}
            for pod in pods
            if is_ready(pod) is wanted and not pod["metadata"].get("deletionTimestamp")
        ]

    ready, unready = addresses(True), addresses(False)
    subset: Obj = {"ports": _ports(service, pods)}
    if ready:
        subset["addresses"] = ready
    if unready:
        subset["notReadyAddresses"] = unready
    labels = {
        **(service["metadata"].get("labels") or {}),
        "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    }
    return {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"labels": labels},
            "subsets": [subset] if ready or unready else []}  # fmt: skip


def _slice(service: Obj, pods: list[Obj]) -> Obj:
    labels = {**(service["metadata"].get("labels") or {}), SERVICE_NAME: service["metadata"]["name"],
              "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}  # fmt: skip
    meta = {"labels": labels, "generateName": service["metadata"]["name"] + "-",
            "ownerReferences": [owner_reference(service)]}  # fmt: skip
    return {
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "metadata": meta, "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in pods], "ports": _ports(service, pods),
    }  # fmt: skip


def _endpoint(pod: Obj) -> Obj:
    ready, ending = is_ready(pod), bool(pod["metadata"].get("deletionTimestamp"))
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": ending},
        "targetRef": _reference(pod),
        "nodeName": pod["spec"]["nodeName"],
    }
