"""What the Deployment controller does to ReplicaSets: make, refresh, scale, adopt."""

from __future__ import annotations

from simulator.controllers.conditions import limits
from simulator.controllers.context import Context
from simulator.controllers.recorder import NORMAL
from simulator.controllers.revisions import (
    DESIRED,
    HASH_LABEL,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    copied_annotations,
    created,
    note,
    revision,
    size,
    template_hash,
)
from simulator.controllers.rollout import proportional
from simulator.lifecycle.backend import Author
from simulator.lifecycle.creation import create
from simulator.lifecycle.signing import put_signed
from simulator.selectors import selector_matches
from simulator.store.owners import controller_of
from simulator.values import Obj, replaced

REPLICA_SETS = "apps/replicasets"
AUTHOR = Author("kube-controller-manager")


class ReplicaSetWriter:
    """Writes the ReplicaSets of Deployments and records Events about it."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self._news: set[str] = set()

    def make(self, deployment: Obj, number: int, replicas: int) -> Obj:
        """A new ReplicaSet for the current template."""
        template = deployment["spec"]["template"]
        code = template_hash(template)
        meta = deployment["metadata"]
        draft: Obj = {
            "metadata": {
                "name": f"{meta['name']}-{code}",
                "labels": {**(template["metadata"].get("labels") or {}), HASH_LABEL: code},
                "annotations": {**copied_annotations(deployment), REVISION: str(number),
                                **self._notes(deployment)},
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": replicas,
                "selector": _with_hash(deployment["spec"]["selector"], code),
                "template": _labelled(template, code),
            },
        }  # fmt: skip
        if deployment["spec"].get("minReadySeconds"):
            draft["spec"]["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
        kind = self.backend.registry.by_key(REPLICA_SETS)
        new = create(self.backend, kind, meta["namespace"], draft, AUTHOR)
        self._news.add(new["metadata"]["uid"])
        self._tell_scaled(deployment, new, 0, replicas)
        return new

    def take_news(self, replica_set: Obj) -> bool:
        """Whether the ReplicaSet has just been made and nobody was told yet."""
        uid = replica_set["metadata"]["uid"]
        known = uid in self._news
        self._news.discard(uid)
        return known

    def refresh(self, deployment: Obj, replica_set: Obj, highest: int) -> Obj:
        """The ReplicaSet with the newest revision number, notes and minReadySeconds."""
        annotations = {**(replica_set["metadata"].get("annotations") or {}), **copied_annotations(deployment)}
        old = revision(replica_set)
        if old < highest:
            annotations[REVISION] = str(highest)
            if old:
                past = annotations.get(REVISION_HISTORY)
                annotations[REVISION_HISTORY] = f"{past},{old}" if past else str(old)
        new = replaced(replica_set, ("metadata", "annotations"), annotations)
        if deployment["spec"].get("minReadySeconds") != replica_set["spec"].get("minReadySeconds"):
            new = replaced(new, ("spec", "minReadySeconds"), deployment["spec"].get("minReadySeconds") or 0)
        if new == replica_set:
            return replica_set
        return put_signed(self.backend, REPLICA_SETS, replica_set, new, subresource="")

    def scale(self, deployment: Obj, replica_set: Obj, target: int) -> None:
        """Set the size and the notes about what the Deployment wanted then."""
        before = size(replica_set)
        annotations = {**(replica_set["metadata"].get("annotations") or {}), **self._notes(deployment)}
        new = replaced(replica_set, ("metadata", "annotations"), annotations)
        if before != target:
            new = replaced(new, ("spec", "replicas"), target)
            new["metadata"]["generation"] = new["metadata"].get("generation", 1) + 1
        if new == replica_set:
            return
        put_signed(self.backend, REPLICA_SETS, replica_set, new, subresource="")
        if before != target:
            self._tell_scaled(deployment, replica_set, before, target)

    def scale_all(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        """Bring the sizes to a changed spec.replicas without going on with the rollout."""
        wanted = deployment["spec"]["replicas"]
        active = [rs for rs in owned if size(rs)]
        if len(active) <= 1:
            only = active[0] if active else new or (owned[-1] if owned else None)
            if only is not None:
                self.scale(deployment, only, wanted)
            return
        if new is not None and size(new) == wanted == (new.get("status") or {}).get("availableReplicas"):
            for rs in active:
                self.scale(deployment, rs, wanted if rs is new else 0)
            return
        self._scale_in_proportion(deployment, active)

    def adopt(self, deployment: Obj) -> list[Obj]:
        """Take over ReplicaSets that the selector matches and nobody controls."""
        meta, adopted = deployment["metadata"], []
        for rs in self.store.each(REPLICA_SETS, meta["namespace"]):
            if (
                controller_of(rs) is None
                and not rs["metadata"].get("deletionTimestamp")
                and selector_matches(deployment["spec"]["selector"], rs["metadata"].get("labels"))
            ):
                owners = [*(rs["metadata"].get("ownerReferences") or ()), owner_reference(deployment)]
                adopted.append(
                    self.store.put(REPLICA_SETS, replaced(rs, ("metadata", "ownerReferences"), owners))
                )
        return adopted

    def _scale_in_proportion(self, deployment: Obj, active: list[Obj]) -> None:
        wanted, (surge, _) = deployment["spec"]["replicas"], limits(deployment)
        allowed = wanted + surge if wanted else 0
        total = sum(map(size, active))
        order = sorted(sorted(active, key=created, reverse=allowed > total), key=size, reverse=True)
        sizes = tuple((rs["metadata"]["name"], size(rs), note(rs, MAX_REPLICAS) or total) for rs in order)
        targets = proportional(sizes, allowed, total)
        for rs in order:
            self.scale(deployment, rs, targets[rs["metadata"]["name"]])

    def _notes(self, deployment: Obj) -> dict[str, str]:
        wanted = deployment["spec"]["replicas"]
        return {DESIRED: str(wanted), MAX_REPLICAS: str(wanted + limits(deployment)[0])}

    def _tell_scaled(self, deployment: Obj, replica_set: Obj, before: int, after: int) -> None:
        if before == after:
            return
        way = "up" if after > before else "down"
        text = f"Scaled {way} replica set {replica_set['metadata']['name']} from {before} to {after}"
        self.context.recorder.record(deployment, NORMAL, "ScalingReplicaSet", text, "deployment-controller")


def owner_reference(owner: Obj) -> Obj:
    """The reference a dependent carries to its controller."""
    return {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}  # fmt: skip


def _with_hash(selector: Obj, code: str) -> Obj:
    return {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH_LABEL: code}}


def _labelled(template: Obj, code: str) -> Obj:
    meta = template.get("metadata") or {}
    return {**template, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), HASH_LABEL: code}}}
