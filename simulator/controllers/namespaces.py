"""Namespaces: what each comes with, and how it empties itself. Source: pkg/controller/namespace."""

from __future__ import annotations

from collections import Counter

from simulator.controllers.context import Context
from simulator.controllers.nodes import metadata
from simulator.controllers.queue import Key, WorkQueue
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, replaced, stamp

LAG_S = 0.005
FINALIZER = "kubernetes"
ACCOUNT, ROOT_CA = ("serviceaccounts", "default"), ("configmaps", "kube-root-ca.crt")
CA_DATA = {"ca.crt": "simulated: this cluster is spoken to in plain HTTP\n"}


class Namespaces:
    """Gives each namespace what it comes with, and empties those that are being deleted."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self._empty = WorkQueue("namespaces", self._reconcile)
        self.store.listen(self._wake, "namespaces")
        self.store.listen(self._wake_parent)
        for kind, _ in (ACCOUNT, ROOT_CA):
            self.store.listen(self._mend, kind)

    def start(self) -> None:
        """Go on emptying namespaces that were being deleted."""
        for space in self.store.each("namespaces"):
            self._empty.add(("", space["metadata"]["name"]))

    def _wake(self, commit: Commit) -> None:
        if commit.type != DELETED:
            self._empty.add(("", commit.new["metadata"]["name"]), LAG_S)

    def _wake_parent(self, commit: Commit) -> None:
        if commit.type != DELETED:
            return
        if namespace := commit.new["metadata"].get("namespace"):
            space = self.store.get("namespaces", "", namespace)
            if space is not None and space["metadata"].get("deletionTimestamp"):
                self._empty.add(("", namespace), LAG_S)

    def _mend(self, commit: Commit) -> None:
        """What every namespace comes with is put back when somebody deletes or changes it."""
        meta = commit.new["metadata"]
        if commit.old is not None and (commit.kind, meta["name"]) in (ACCOUNT, ROOT_CA):
            self._empty.add(("", meta["namespace"]), LAG_S)

    def _reconcile(self, key: Key) -> None:
        space = self.store.get("namespaces", *key)
        if space is None:
            return
        if not space["metadata"].get("deletionTimestamp"):
            self._furnish(key[1])
            return
        left = self._delete_content(key[1])
        if left:
            self._write_remaining(space, left)
            return
        others = [name for name in dig(space, "spec", "finalizers") or () if name != FINALIZER]
        if others or space["metadata"].get("finalizers"):
            self._wait_for_others(space, others)
        else:
            self.store.remove("namespaces", *key)

    def _wait_for_others(self, space: Obj, others: list[str]) -> None:
        """Empty, and kept by finalizers that somebody else takes away: of its metadata, or by PUT to /finalize."""
        if dig(space, "spec", "finalizers") != others:
            self.store.put("namespaces", replaced(space, ("spec", "finalizers"), others))

    def _furnish(self, namespace: str) -> None:
        """The ServiceAccount `default` and the ConfigMap `kube-root-ca.crt` of every namespace."""
        if self.store.get(ACCOUNT[0], namespace, ACCOUNT[1]) is None:
            self.store.put(ACCOUNT[0], _furniture("ServiceAccount", namespace, ACCOUNT[1], {}))
        known = self.store.get(ROOT_CA[0], namespace, ROOT_CA[1])
        if known is None:
            self.store.put(ROOT_CA[0], _furniture("ConfigMap", namespace, ROOT_CA[1], {"data": CA_DATA}))
        elif known.get("data") != CA_DATA:
            self.store.put(ROOT_CA[0], {**known, "data": CA_DATA})

    def _delete_content(self, namespace: str) -> list[tuple[str, Obj]]:
        """Delete everything in the namespace; answers what is still there, with its resource."""
        left = []
        for key in self.store.kinds():
            kind = self.backend.registry.by_key(key)
            for obj in tuple(self.store.each(key, namespace)) if kind.namespaced else ():
                last, gone = delete(self.backend, kind, obj, DeleteOptions())
                if not gone:
                    left.append((f"{kind.plural}.{kind.group}", last))
        return left

    def _write_remaining(self, space: Obj, left: list[tuple[str, Obj]]) -> None:
        """Say in the status what holds the namespace up."""
        resources = Counter(resource for resource, _ in left)
        finalizers = Counter(name for _, obj in left for name in obj["metadata"].get("finalizers") or ())
        content = ", ".join(
            f"{name} has {count} resource instances" for name, count in sorted(resources.items())
        )
        held = ", ".join(
            f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())
        )
        conditions = [
            _condition(space, "NamespaceDeletionDiscoveryFailure", "", "ResourcesDiscovered",
                       "All resources successfully discovered"),
            _condition(space, "NamespaceDeletionContentFailure", "", "ContentDeleted",
                       "All content successfully deleted, may be waiting on finalization"),
            _condition(space, "NamespaceContentRemaining", content, "SomeResourcesRemain",
                       f"Some resources are remaining: {content}"),
            _condition(space, "NamespaceFinalizersRemaining", held, "SomeFinalizersRemain" if held else
                       "ContentHasNoFinalizers", f"Some content in the namespace has finalizers remaining: {held}"
                       if held else "All content-preserving finalizers finished"),
        ]  # fmt: skip
        status = {"phase": "Terminating", "conditions": conditions}
        live = self.store.get("namespaces", "", space["metadata"]["name"])
        if live is not None and live.get("status") != status:
            put_signed(self.backend, "namespaces", live, {**live, "status": status})


def _condition(space: Obj, type_: str, value: str, reason: str, message: str) -> Obj:
    word = "True" if value else "False"
    old = next((c for c in (space.get("status") or {}).get("conditions") or () if c["type"] == type_), None)
    moved = old["lastTransitionTime"] if old and old["status"] == word else stamp()
    return {"type": type_, "status": word, "lastTransitionTime": moved, "reason": reason, "message": message}


def _furniture(kind: str, namespace: str, name: str, body: Obj) -> Obj:
    return {"kind": kind, "apiVersion": "v1", "metadata": metadata(name, namespace), **body}
