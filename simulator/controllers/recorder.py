"""Events, counted up instead of repeated."""

from __future__ import annotations

import time
from collections import OrderedDict

from simulator.store.store import Store
from simulator.values import Obj, new_uid, stamp

KEPT_PER_CLUSTER = 5000  # a real cluster forgets by age (1 h); the bound keeps memory flat
NORMAL, WARNING = "Normal", "Warning"


class Recorder:
    """Writes Events about objects into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, str, str], tuple[str, str]] = OrderedDict()
        for event in store.listed("events"):
            involved = event.get("involvedObject") or {}
            key = (involved.get("uid", ""), event.get("reason", ""), event.get("message", ""))
            self._known[key] = (event["metadata"]["namespace"], event["metadata"]["name"])

    def record(
        self,
        obj: Obj,
        type_: str,
        reason: str,
        message: str,
        component: str,
        field_path: str = "",
        host: str = "",
    ) -> None:
        """Note that something happened to the object."""
        key = (obj["metadata"]["uid"], reason, message)
        place = self._known.get(key)
        old = self._store.get("events", *place) if place else None
        if old is not None:
            self._store.put("events", {**old, "count": old.get("count", 1) + 1, "lastTimestamp": stamp()})
            return
        event = _event(obj, type_, reason, message, component, field_path, host)
        self._store.put("events", event)
        self._known[key] = (event["metadata"]["namespace"], event["metadata"]["name"])
        if len(self._known) > KEPT_PER_CLUSTER:
            _, oldest = self._known.popitem(last=False)
            self._store.remove("events", *oldest)


def _event(
    obj: Obj, type_: str, reason: str, message: str, component: str, field_path: str, host: str
) -> Obj:
    meta, now = obj["metadata"], stamp()
    involved = {
        "kind": obj["kind"], "namespace": meta.get("namespace", ""), "name": meta["name"], "uid": meta["uid"],
        "apiVersion": obj["apiVersion"], "resourceVersion": meta.get("resourceVersion", ""),
    }  # fmt: skip
    if field_path:
        involved["fieldPath"] = field_path
    return {
        "kind": "Event", "apiVersion": "v1",
        "metadata": {"name": f"{meta['name']}.{time.time_ns():x}", "uid": new_uid(), "creationTimestamp": now,
                     "namespace": meta.get("namespace") or "default"},
        "involvedObject": involved, "reason": reason, "message": message,
        "source": {"component": component, **({"host": host} if host else {})},
        "firstTimestamp": now, "lastTimestamp": now, "count": 1, "type": type_, "eventTime": None,
        "reportingComponent": component, "reportingInstance": host,
    }  # fmt: skip
