"""ControllerRevisions: the past templates of StatefulSets and DaemonSets. Source: pkg/controller/history."""

from __future__ import annotations

from simulator.controllers.nodes import metadata
from simulator.controllers.replica_set_writer import owner_reference
from simulator.controllers.revisions import template_hash
from simulator.lifecycle.backend import Backend
from simulator.values import Obj, dig, full_name

REVISIONS = "apps/controllerrevisions"
HASH_LABEL = "controller-revision-hash"
# The label that the revision itself has; its pods have HASH_LABEL.
OWN_LABELS = {"StatefulSet": "controller.kubernetes.io/hash", "DaemonSet": HASH_LABEL}


class ControllerRevisions:
    """Finds, makes and forgets the revisions of a workload."""

    def __init__(self, backend: Backend) -> None:
        self._backend, self._store = backend, backend.store

    def ensure(self, owner: Obj) -> Obj:
        """The revision of the owner's template, made or made the newest."""
        known = self._of(owner)
        data = {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}
        newest = max((revision["revision"] for revision in known), default=0)
        found = next((revision for revision in known if revision["data"] == data), None)
        if found is None:
            return self._make(owner, data, newest + 1)
        if found["revision"] < newest:
            return self._store.put(REVISIONS, {**found, "revision": newest + 1})
        return found

    def named(self, owner: Obj, name: str | None) -> Obj | None:
        """The revision of this name, None when it is not there."""
        return self._store.get(REVISIONS, owner["metadata"]["namespace"], name) if name else None

    def truncate(self, owner: Obj, live: set[str]) -> None:
        """Forget the oldest revisions beyond the limit, except those that are in use."""
        unused = [revision for revision in self._of(owner) if revision["metadata"]["name"] not in live]
        extra = len(unused) - owner["spec"].get("revisionHistoryLimit", 10)
        for revision in sorted(unused, key=lambda entry: int(entry["revision"]))[: max(0, extra)]:
            self._store.remove(REVISIONS, *full_name(revision))

    def _of(self, owner: Obj) -> list[Obj]:
        return self._backend.owners.dependents(owner["metadata"]["uid"], REVISIONS)

    def _make(self, owner: Obj, data: Obj, number: int) -> Obj:
        code = template_hash(data["spec"]["template"])
        meta = metadata(f"{owner['metadata']['name']}-{code}", owner["metadata"]["namespace"])
        labels = dig(owner, "spec", "template", "metadata", "labels") or {}
        notes = dig(owner, "metadata", "annotations") or {}
        if owner["kind"] == "DaemonSet" and notes:
            meta["annotations"] = notes
        return self._store.put(REVISIONS, {
            "kind": "ControllerRevision", "apiVersion": "apps/v1", "data": data, "revision": number,
            "metadata": {**meta, "labels": {**labels, OWN_LABELS[owner["kind"]]: code},
                         "ownerReferences": [owner_reference(owner)]},
        })  # fmt: skip


def template_of(revision: Obj) -> Obj:
    """The pod template a revision remembers."""
    template = revision["data"]["spec"]["template"]
    return {key: value for key, value in template.items() if key != "$patch"}
