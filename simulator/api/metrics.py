"""metrics.k8s.io: made-up but plausible use of CPU and memory.

A container uses a share of its request that is its own for life and wobbles a little from window to window.
"""

from __future__ import annotations

import hashlib
import math
import time

from simulator.api.forms import TABLE, asked_form
from simulator.api.reads import predicate_of, shown
from simulator.api.tables import table_of
from simulator.api.target import Target
from simulator.controllers.readiness import is_finished_pod
from simulator.errors import not_found
from simulator.kinds.quantities import value_of
from simulator.store.store import Store
from simulator.values import Obj, dig, stamp
from simulator.wire.messages import Request, Response, json_response

WINDOW_S = 15
USUAL = {"cpu": 0.1, "memory": 128 * 2.0**20}  # what a container is taken to ask for when it says nothing
NODE_BASE = {"cpu": 0.25, "memory": 1.5 * 2.0**30}


def metrics_of(store: Store, target: Target, request: Request) -> Response:
    """One NodeMetrics or PodMetrics, or a list of them; 404 for what does not run."""
    make = _node_metrics if target.kind.plural == "nodes" else _pod_metrics
    if target.verb == "get":
        obj = store.get(target.kind.plural, target.space, target.name)
        found = make(store, target, obj) if obj is not None else None
        if found is None:
            raise not_found(target.kind, target.name)
        return shown(target.kind, found, request)
    predicate = predicate_of(target, request)
    objects = (obj for obj in store.listed(target.kind.plural, target.namespace) if predicate(obj))
    items = [found for obj in objects if (found := make(store, target, obj)) is not None]
    if asked_form(request).what == TABLE:
        return json_response(table_of(target.kind, items, {}, request.query.get("includeObject", "Metadata")))
    return json_response({"kind": f"{target.kind.kind}List", "apiVersion": target.kind.api_version, "metadata": {},
                          "items": items})  # fmt: skip


def _node_metrics(store: Store, target: Target, node: Obj) -> Obj:
    name = node["metadata"]["name"]
    usage = {key: value * (0.8 + 0.4 * _share(name, key)) for key, value in NODE_BASE.items()}
    for pod in store.each("pods"):
        if dig(pod, "spec", "nodeName") == name:
            for entry in _containers(pod):
                for key in usage:
                    usage[key] += entry[key]
    return {**_head(target, node), "usage": _written(usage)}


def _pod_metrics(store: Store, target: Target, pod: Obj) -> Obj | None:
    used = _containers(pod)
    if not used:
        return None
    names = [container["name"] for container in pod["spec"]["containers"]]
    containers = [{"name": name, "usage": _written(usage)} for name, usage in zip(names, used, strict=True)]
    return {**_head(target, pod), "containers": containers}


def _head(target: Target, obj: Obj) -> Obj:
    meta = {key: obj["metadata"][key] for key in ("name", "namespace", "labels") if key in obj["metadata"]}
    return {"kind": target.kind.kind, "apiVersion": target.kind.api_version, "timestamp": stamp(),
            "metadata": {**meta, "creationTimestamp": stamp()}, "window": f"{WINDOW_S}s"}  # fmt: skip


def _containers(pod: Obj) -> list[dict[str, float]]:
    """What each container uses, in cores and bytes; nothing for a pod that does not run."""
    if dig(pod, "status", "phase") != "Running" or is_finished_pod(pod):
        return []
    return [
        {key: _asked(container, key) * (0.15 + 0.6 * _share(pod["metadata"]["uid"], container["name"], key))
         for key in USUAL}
        for container in pod["spec"]["containers"]
    ]  # fmt: skip


def _asked(container: Obj, key: str) -> float:
    text = dig(container, "resources", "requests", key)
    return float(value_of(text)) if text else USUAL[key]


def _share(*names: str) -> float:
    """A number from 0 to 1 that belongs to the names and wobbles by a twentieth."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    own, phase = digest[0] / 255, digest[1]
    return min(1.0, max(0.0, own + 0.05 * math.sin(time.time() // WINDOW_S + phase)))


def _written(usage: dict[str, float]) -> dict[str, str]:
    return {"cpu": f"{int(usage['cpu'] * 1e9)}n", "memory": f"{int(usage['memory'] / 1024)}Ki"}
