"""The objects every cluster begins with: nodes and namespaces."""

from __future__ import annotations

from simulator.store.store import Store
from simulator.values import Obj, new_uid, stamp

FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
NODE_INFO = {
    "kubeletVersion": "v1.36.2", "kubeProxyVersion": "", "osImage": "Simulated Linux", "operatingSystem": "linux",
    "architecture": "amd64", "kernelVersion": "6.12.0", "containerRuntimeVersion": "containerd://2.2.0",
    "machineID": "", "systemUUID": "", "bootID": "",
}  # fmt: skip
CAPACITY = {"cpu": "64", "memory": "262144Mi", "pods": "250", "ephemeral-storage": "1Ti"}
HEALTH = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def metadata(name: str, namespace: str = "") -> Obj:
    """Metadata of an object the cluster makes by itself."""
    meta = {"name": name, "uid": new_uid(), "creationTimestamp": stamp()}
    return {**meta, "namespace": namespace} if namespace else meta


def furnish_cluster(store: Store, cluster: str, nodes: int) -> None:
    """Make the nodes and first namespaces that are not there yet."""
    for name in FIRST_NAMESPACES:
        if store.get("namespaces", "", name) is None:
            meta = {**metadata(name), "labels": {"kubernetes.io/metadata.name": name}}
            store.put("namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": meta,
                                     "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})  # fmt: skip
    for number in range(1, nodes + 1):
        name = f"{cluster}-node-{number}"
        if store.get("nodes", "", name) is None:
            store.put("nodes", _node(name, number))


def _node(name: str, number: int) -> Obj:
    now = stamp()
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    conditions = [
        {"type": type_, "status": value, "reason": reason, "message": message,
         "lastHeartbeatTime": now, "lastTransitionTime": now}
        for type_, value, reason, message in HEALTH
    ]  # fmt: skip
    addresses = [
        {"type": "InternalIP", "address": f"10.0.0.{number % 250 + 1}"},
        {"type": "Hostname", "address": name},
    ]
    status = {"capacity": CAPACITY, "allocatable": CAPACITY, "conditions": conditions, "addresses": addresses,
              "nodeInfo": NODE_INFO, "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}, "images": []}  # fmt: skip
    return {"kind": "Node", "apiVersion": "v1", "metadata": {**metadata(name), "labels": labels},
            "spec": {"podCIDR": f"10.244.{number}.0/24"}, "status": status}  # fmt: skip
