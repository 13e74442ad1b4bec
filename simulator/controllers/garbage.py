"""Garbage collection by ownerReferences, and namespaces that empty themselves."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.nodes import metadata
from simulator.controllers.queue import Key, WorkQueue
from simulator.lifecycle.deletion import (
    BACKGROUND,
    FOREGROUND,
    FOREGROUND_FINALIZER,
    DeleteOptions,
    delete,
    without_finalizer,
    without_owner,
)
from simulator.store.store import DELETED, Commit
from simulator.values import Obj

LAG_S = 0.005


class Garbage:
    """Deletes what has lost its owner."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self._orphans = WorkQueue("garbage collector", self._collect)
        self._fronts = WorkQueue("foreground deletion", self._delete_in_front)
        self.store.listen(self._follow)

    def _follow(self, commit: Commit) -> None:
        meta = commit.new["metadata"]
        if commit.type == DELETED:
            if self.backend.owners.keys(meta["uid"]):
                self._orphans.add((meta["uid"], ""), LAG_S)
            for owner in meta.get("ownerReferences") or ():
                self._fronts.add((f"{meta.get('namespace') or ''}", owner["uid"]), LAG_S)
        elif FOREGROUND_FINALIZER in (meta.get("finalizers") or ()):
            self._fronts.add((meta.get("namespace") or "", meta["uid"]), LAG_S)

    def _collect(self, key: Key) -> None:
        """Delete the dependents of a UID that is gone, or take its name from those with another owner."""
        for kind, namespace, name in self.backend.owners.keys(key[0]):
            obj = self.store.get(kind, namespace, name)
            if obj is None:
                continue
            if len(obj["metadata"]["ownerReferences"]) > 1:
                self.store.put(kind, without_owner(obj, key[0]))
            else:
                delete(
                    self.backend,
                    self.backend.registry.by_key(kind),
                    obj,
                    DeleteOptions(propagation=BACKGROUND),
                )

    def _delete_in_front(self, key: Key) -> None:
        """Delete the dependents of an owner that waits for them; let it go when none is left."""
        found = self._waiting_owner(*key)
        if found is None:
            return
        kind, owner = found
        dependents = self.backend.owners.keys(key[1])
        if not dependents:
            without_finalizer(self.backend, self.backend.registry.by_key(kind), owner, FOREGROUND_FINALIZER)
        for dependent in dependents:
            obj = self.store.get(*dependent)
            if obj is not None and not obj["metadata"].get("deletionTimestamp"):
                options = DeleteOptions(propagation=FOREGROUND)
                delete(self.backend, self.backend.registry.by_key(dependent[0]), obj, options)

    def _waiting_owner(self, namespace: str, uid: str) -> tuple[str, Obj] | None:
        for kind in self.store.kinds():
            if kind in ("events", "pods"):
                continue
            for obj in self.store.each(kind, namespace):
                meta = obj["metadata"]
                if meta["uid"] == uid and FOREGROUND_FINALIZER in (meta.get("finalizers") or ()):
                    return kind, obj
        return None


class Namespaces:
    """Gives each namespace what it comes with, and empties those that are being deleted."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self._empty = WorkQueue("namespaces", self._reconcile)
        self.store.listen(self._wake, "namespaces")
        self.store.listen(self._wake_parent)

    def start(self) -> None:
        """Go on emptying namespaces that were being deleted."""
        for space in self.store.each("namespaces"):
            self._empty.add(("", space["metadata"]["name"]))

    def _wake(self, commit: Commit) -> None:
        if commit.type != DELETED:
            self._empty.add(("", commit.new["metadata"]["name"]), LAG_S)

    def _wake_parent(self, commit: Commit) -> None:
        namespace = commit.new["metadata"].get("namespace")
        if commit.type == DELETED and namespace:
            space = self.store.get("namespaces", "", namespace)
            if space is not None and space["metadata"].get("deletionTimestamp"):
                self._empty.add(("", namespace), LAG_S)

    def _reconcile(self, key: Key) -> None:
        space = self.store.get("namespaces", *key)
        if space is None:
            return
        if not space["metadata"].get("deletionTimestamp"):
            self._furnish(key[1])
            return
        if self._delete_content(key[1]):
            return
        spec = {**(space.get("spec") or {}), "finalizers": []}
        if space["metadata"].get("finalizers"):
            self.store.put("namespaces", {**space, "spec": spec})
        else:
            self.store.remove("namespaces", *key)

    def _furnish(self, namespace: str) -> None:
        """The ServiceAccount `default` and the ConfigMap `kube-root-ca.crt` of every namespace."""
        if self.store.get("serviceaccounts", namespace, "default") is None:
            self.store.put("serviceaccounts", _furniture("v1", "ServiceAccount", namespace, "default", {}))
        if self.store.get("configmaps", namespace, "kube-root-ca.crt") is None:
            data = {"data": {"ca.crt": "simulated: this cluster is spoken to in plain HTTP\n"}}
            self.store.put("configmaps", _furniture("v1", "ConfigMap", namespace, "kube-root-ca.crt", data))

    def _delete_content(self, namespace: str) -> bool:
        """Delete everything in the namespace; answers whether something is still there."""
        left = False
        for key in self.store.kinds():
            if not self.backend.registry.by_key(key).namespaced:
                continue
            for obj in tuple(self.store.each(key, namespace)):
                _, gone = delete(self.backend, self.backend.registry.by_key(key), obj, DeleteOptions())
                left = left or not gone
        return left


def _furniture(version: str, kind: str, namespace: str, name: str, body: Obj) -> Obj:
    return {"kind": kind, "apiVersion": version, "metadata": metadata(name, namespace), **body}
