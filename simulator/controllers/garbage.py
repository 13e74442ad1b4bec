"""Garbage collection by ownerReferences."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.lifecycle.deletion import (
    BACKGROUND,
    FOREGROUND,
    FOREGROUND_FINALIZER,
    ORPHAN_FINALIZER,
    DeleteOptions,
    delete,
    orphan_dependents,
    without_finalizer,
    without_owner,
)
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, full_name

LAG_S = 0.005


class Garbage:
    """Deletes what has lost its owner."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self._orphans = WorkQueue("garbage collector", self._collect)
        self._fronts = WorkQueue("foreground deletion", self._delete_in_front)
        self._leaving = WorkQueue("orphaning", self._orphan)
        self.store.listen(self._follow)

    def _follow(self, commit: Commit) -> None:
        meta = commit.new["metadata"]
        if commit.type == DELETED:
            if self.backend.owners.keys(meta["uid"]):
                self._orphans.add((meta["uid"], ""), LAG_S)
            for owner in meta.get("ownerReferences") or ():
                self._fronts.add((f"{meta.get('namespace') or ''}", owner["uid"]), LAG_S)
        elif meta.get("deletionTimestamp") and meta.get("finalizers"):
            if FOREGROUND_FINALIZER in meta["finalizers"]:
                self._fronts.add((meta.get("namespace") or "", meta["uid"]), LAG_S)
            if ORPHAN_FINALIZER in meta["finalizers"]:
                self._leaving.add((commit.kind, "/".join(full_name(commit.new))), LAG_S)

    def _orphan(self, key: Key) -> None:
        """Let an owner go that is to leave its dependents behind."""
        owner = self.store.get(key[0], *key[1].split("/", 1))
        if owner is not None and ORPHAN_FINALIZER in (owner["metadata"].get("finalizers") or ()):
            orphan_dependents(self.backend, owner)
            without_finalizer(self.backend, self.backend.registry.by_key(key[0]), owner, ORPHAN_FINALIZER)

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
                further = bool(self.backend.owners.keys(obj["metadata"]["uid"]))
                options = DeleteOptions(propagation=FOREGROUND if further else BACKGROUND)
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
