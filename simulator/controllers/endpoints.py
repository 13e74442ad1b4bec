"""Service → Endpoints and EndpointSlice, and the address of a load balancer."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_finished_pod
from simulator.controllers.replica_set_writer import owner_reference
from simulator.dataplane.answers import is_ready, number_of, selected_pods
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, full_name, new_uid, replaced, stamp

SLICES = "discovery.k8s.io/endpointslices"
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY, SLICES_OWNER = "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"
LAG_S = 0.004
Group = tuple[list[Obj] | None, list[Obj]]  # ports, None without any; the pods that have them


class EndpointWriter:
    """The endpoints controllers of one cluster."""

    def __init__(self, context: Context) -> None:
        self.store = context.backend.store
        self.queue = WorkQueue("endpoints", self.reconcile)
        self._writing = False
        self.store.listen(self._wake, "services")
        self.store.listen(self._wake_services, "pods")
        self.store.listen(self._mend_endpoints, "endpoints")
        self.store.listen(self._mend_slice, SLICES)

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

    def _mend_endpoints(self, commit: Commit) -> None:
        """Endpoints that somebody deletes come again; an edit stays until the Service or a pod changes."""
        if commit.type == DELETED and not self._writing:
            self.queue.add(full_name(commit.new), LAG_S)

    def _mend_slice(self, commit: Commit) -> None:
        """What somebody does to a slice of its own is undone."""
        if self._writing:
            return
        for labels in (one["metadata"].get("labels") or {} for one in (commit.old, commit.new) if one):
            if labels.get(MANAGED_BY) == SLICES_OWNER and labels.get(SERVICE_NAME):
                self.queue.add((commit.new["metadata"]["namespace"], labels[SERVICE_NAME]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Bring Endpoints, EndpointSlices and load balancer status of a Service up to date."""
        self._writing = True
        try:
            self._bring_up_to_date(key)
        finally:
            self._writing = False

    def _bring_up_to_date(self, key: Key) -> None:
        service = self.store.get("services", *key)
        if service is None:
            self.store.remove("endpoints", *key)
            return
        self._write_address(service)
        if not service["spec"].get("selector"):
            return
        groups = _by_ports(service, [pod for pod in selected_pods(self.store, service) if _has_address(pod)])
        self._write("endpoints", key[0], key[1], _endpoints(service, groups))
        self._write_slices(service, groups)

    def _write_slices(self, service: Obj, groups: list[Group]) -> None:
        """One slice for each group of pods, in place of one with these ports if there is such a one."""
        namespace, name = full_name(service)
        old = sorted((s for s in self.store.each(SLICES, namespace) if _is_slice_of(s, name)), key=full_name)
        for ports, pods in groups:
            kept = next((s for s in old if s.get("ports") == ports), old[0] if old else None)
            if kept is not None:
                old.remove(kept)
            place = kept["metadata"]["name"] if kept else f"{name}-{new_uid()[:5]}"
            self._write(SLICES, namespace, place, _slice(service, ports, pods))
        for left in old:
            self.store.remove(SLICES, *full_name(left))

    def _write(self, kind: str, namespace: str, name: str, body: Obj) -> None:
        old = self.store.get(kind, namespace, name)
        if old is not None:
            new = {**old, **body, "metadata": {**old["metadata"], **body["metadata"]}}
            if new != old:
                if kind == SLICES:
                    new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
                self.store.put(kind, new)
            return
        if dig(self.store.get("namespaces", "", namespace), "metadata", "deletionTimestamp"):
            return  # nothing is made there any more
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
            self.store.put("services", replaced(service, ("status", "loadBalancer"), balancer))


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


def _is_slice_of(found: Obj, name: str) -> bool:
    labels = found["metadata"].get("labels") or {}
    return labels.get(SERVICE_NAME) == name and labels.get(MANAGED_BY) == SLICES_OWNER


def _by_ports(service: Obj, pods: list[Obj]) -> list[Group]:
    """The pods by what the Service's ports are in them; without pods a group of none, which has no ports."""
    groups: list[Group] = []
    for pod in pods:
        ports = _ports(service, pod) or None
        found = next((members for known, members in groups if known == ports), None)
        if found is None:
            groups.append((ports, [pod]))
        else:
            found.append(pod)
    return groups or [(None, [])]


def _ports(service: Obj, pod: Obj) -> list[Obj]:
    """The Service's ports that this pod has."""
    return [
        {"name": entry.get("name") or "", "port": number, "protocol": entry["protocol"]}
        for entry in service["spec"].get("ports") or ()
        if (number := number_of(pod, entry)) is not None
    ]


def _endpoints(service: Obj, groups: list[Group]) -> Obj:
    labels = {
        **(service["metadata"].get("labels") or {}),
        "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    }
    subsets = [_subset(ports, pods) for ports, pods in groups if ports and any(map(_is_staying, pods))]
    return {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"labels": labels}, "subsets": subsets}


def _is_staying(pod: Obj) -> bool:
    return not pod["metadata"].get("deletionTimestamp")


def _subset(ports: list[Obj], pods: list[Obj]) -> Obj:
    found: Obj = {"ports": ports}
    for field, wanted in (("addresses", True), ("notReadyAddresses", False)):
        addresses = [
            {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _reference(pod)}
            for pod in pods
            if is_ready(pod) is wanted and _is_staying(pod)
        ]
        if addresses:
            found[field] = addresses
    return found


def _slice(service: Obj, ports: list[Obj] | None, pods: list[Obj]) -> Obj:
    labels = {**(service["metadata"].get("labels") or {}), SERVICE_NAME: service["metadata"]["name"],
              MANAGED_BY: SLICES_OWNER}  # fmt: skip
    meta = {"labels": labels, "generateName": service["metadata"]["name"] + "-",
            "ownerReferences": [owner_reference(service)]}  # fmt: skip
    return {
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "metadata": meta, "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in pods] or None, "ports": ports,
    }  # fmt: skip


def _endpoint(pod: Obj) -> Obj:
    ready, ending = is_ready(pod), bool(pod["metadata"].get("deletionTimestamp"))
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": ending},
        "targetRef": _reference(pod),
        "nodeName": pod["spec"]["nodeName"],
    }
