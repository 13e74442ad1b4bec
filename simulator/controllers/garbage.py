"""Garbage collection by ownerReferences."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.recorder import WARNING
from simulator.lifecycle.deletion import (
    BACKGROUND,
    FOREGROUND,
    FOREGROUND_FINALIZER,
    ORPHAN_FINALIZER,
    DeleteOptions,
    delete,
    orphan_dependents,
    without_finalizer,
)
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, full_name, replaced

LAG_S = 0.005


class Garbage:
    """Deletes what has lost its owner."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self._orphans = WorkQueue("garbage collector", self._collect)
        self._fronts = WorkQueue("foreground deletion", self._delete_in_front)
        self._leaving = WorkQueue("orphaning", self._orphan)
        self._doubted = WorkQueue("dangling owners", self._judge)
        self._recorder = context.recorder
        self.store.listen(self._follow)

    def start(self) -> None:
        """Take up what was waiting, or had lost its owner, when the cluster stood still."""
        for kind in self.store.kinds():
            for obj in self.store.each(kind):
                self._look(kind, obj, None)

    def _follow(self, commit: Commit) -> None:
        meta = commit.new["metadata"]
        if commit.type == DELETED:
            if self.backend.owners.keys(meta["uid"]):
                self._orphans.add((meta["uid"], ""), LAG_S)
            for owner in meta.get("ownerReferences") or ():
                self._fronts.add((f"{meta.get('namespace') or ''}", owner["uid"]), LAG_S)
            return
        known = commit.old["metadata"].get("ownerReferences") if commit.old else None
        self._look(commit.kind, commit.new, known)

    def _look(self, kind: str, obj: Obj, known: object) -> None:
        """Note what is to be done about an object whose owners were `known` before."""
        meta = obj["metadata"]
        owners = meta.get("ownerReferences")
        if owners and owners is not known and not all(self._is_there(obj, owner) for owner in owners):
            self._doubted.add((kind, "/".join(full_name(obj))), LAG_S)
        if meta.get("deletionTimestamp") and meta.get("finalizers"):
            if FOREGROUND_FINALIZER in meta["finalizers"]:
                self._fronts.add((meta.get("namespace") or "", meta["uid"]), LAG_S)
            if ORPHAN_FINALIZER in meta["finalizers"]:
                self._leaving.add((kind, "/".join(full_name(obj))), LAG_S)

    def _orphan(self, key: Key) -> None:
        """Let an owner go that is to leave its dependents behind."""
        owner = self.store.get(key[0], *key[1].split("/", 1))
        if owner is not None and ORPHAN_FINALIZER in (owner["metadata"].get("finalizers") or ()):
            orphan_dependents(self.backend, owner)
            without_finalizer(self.backend, self.backend.registry.by_key(key[0]), owner, ORPHAN_FINALIZER)

    def _collect(self, key: Key) -> None:
        """Look at the dependents of a UID that is gone."""
        for kind, namespace, name in self.backend.owners.keys(key[0]):
            self._judge((kind, f"{namespace}/{name}"))

    def _judge(self, key: Key) -> None:
        """Delete an object whose owners are all gone; from one that has others left, take away those that are."""
        obj = self.store.get(key[0], *key[1].split("/", 1))
        if obj is None:
            return
        owners = obj["metadata"].get("ownerReferences") or []
        left = [owner for owner in owners if self._is_there(obj, owner)]
        for owner in owners:
            self._tell(obj, owner)
        if left and len(left) < len(owners):
            self.store.put(key[0], replaced(obj, ("metadata", "ownerReferences"), left))
        elif owners and not left:
            kind = self.backend.registry.by_key(key[0])
            delete(self.backend, kind, obj, DeleteOptions(propagation=BACKGROUND))

    def _is_there(self, obj: Obj, owner: Obj) -> bool:
        """Whether an owner is what the reference says: its kind and name, in the object's own namespace or in none."""
        place = self.backend.owners.place(owner["uid"])
        if place is None:
            return False
        key, namespace, name = place
        if namespace and obj["metadata"].get("namespace") not in (None, namespace):
            return False
        kind, group = self.backend.registry.by_key(key), owner["apiVersion"].rpartition("/")[0]
        return (kind.group, kind.kind, name) == (group, owner["kind"], owner["name"])

    def _tell(self, obj: Obj, owner: Obj) -> None:
        """Say that an owner is in another namespace, which nobody sees at a glance."""
        own = obj["metadata"].get("namespace")
        if own and (self.backend.owners.place(owner["uid"]) or ("", "", ""))[1] not in ("", own):
            shown = f"{owner['apiVersion']}/{owner['kind']}, namespace: {own}, name: {owner['name']}, uid: {owner['uid']}"
            words = f'ownerRef [{shown}] does not exist in namespace "{own}"'
            self._recorder.record(
                obj, WARNING, "OwnerRefInvalidNamespace", words, "garbage-collector-controller"
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
