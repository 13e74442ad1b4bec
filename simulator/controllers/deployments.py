"""Deployment → ReplicaSets. Source: pkg/controller/deployment."""

from __future__ import annotations

import math

from simulator.controllers import conditions
from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.replica_set_writer import ReplicaSetWriter
from simulator.controllers.revisions import (
    DESIRED,
    REVISION,
    count,
    created,
    new_replica_set,
    note,
    revision,
    size,
)
from simulator.controllers.rollout import new_size, removable_unhealthy
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controller_of
from simulator.store.store import DELETED, MODIFIED, Commit
from simulator.values import Obj, full_name

DEPLOYMENTS, REPLICA_SETS = "apps/deployments", "apps/replicasets"


class Deployments:
    """The Deployment controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.queue = WorkQueue("deployments", self.reconcile)
        self.deadlines = WorkQueue("progress deadlines", self.queue.add)
        self.writer = ReplicaSetWriter(context)
        self._writing = False
        self.store.listen(self._wake, DEPLOYMENTS)
        self.store.listen(self._wake_owner, REPLICA_SETS)
        self.store.listen(self._wake_recreate, "pods")

    def start(self) -> None:
        """Look at everything once."""
        for deployment in self.store.each(DEPLOYMENTS):
            self.queue.add(full_name(deployment))

    def _wake(self, commit: Commit) -> None:
        if not self._writing:  # what it writes itself, it knows
            self.queue.add(full_name(commit.new), self.context.lag())

    def _wake_owner(self, commit: Commit) -> None:
        owner = controller_of(commit.new)
        if owner and owner["kind"] == "Deployment":
            self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), self.context.lag())

    def _wake_recreate(self, commit: Commit) -> None:
        """A Deployment that recreates waits for the last old pod to be gone."""
        owner = controller_of(commit.new) if commit.type == DELETED else None
        if owner is None:
            return
        replica_set = self.store.get(REPLICA_SETS, commit.new["metadata"]["namespace"], owner["name"])
        if replica_set is not None and not size(replica_set):
            self._wake_owner(Commit(REPLICA_SETS, MODIFIED, 0, None, replica_set))

    def reconcile(self, key: Key) -> None:
        """One step of one Deployment towards its spec."""
        deployment = self.store.get(DEPLOYMENTS, *key)
        if deployment is None:
            return
        owned = self._owned(deployment)
        new = new_replica_set(deployment, owned)
        if deployment["metadata"].get("deletionTimestamp"):
            self._sync_status(deployment, new, owned)
        elif deployment["spec"].get("paused") or self._is_scaling(deployment, owned):
            self._sync_paused_or_scaled(deployment, new, owned)
        elif deployment["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(deployment, new, owned)
        else:
            self._roll(deployment, new, owned)

    def _owned(self, deployment: Obj) -> list[Obj]:
        uid = deployment["metadata"]["uid"]
        adopted = self.writer.adopt(deployment)
        owned = self.backend.owners.dependents(uid, REPLICA_SETS)
        return sorted([*owned, *(rs for rs in adopted if rs not in owned)], key=created)

    def _is_scaling(self, deployment: Obj, owned: list[Obj]) -> bool:
        wanted = deployment["spec"]["replicas"]
        return any(size(rs) and note(rs, DESIRED) not in (None, wanted) for rs in owned)

    def _sync_paused_or_scaled(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        self.writer.scale_all(deployment, new, owned)
        self._sync_status(deployment, new, self._fresh(owned))

    def _fresh(self, replica_sets: list[Obj]) -> list[Obj]:
        found = (self.store.get(REPLICA_SETS, *full_name(rs)) for rs in replica_sets)
        return [rs for rs in found if rs is not None]

    def _roll(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        new, owned = self._ensure_new(deployment, new, owned)
        old = [rs for rs in owned if rs is not new]
        surge, _ = conditions.limits(deployment)
        target = new_size(deployment["spec"]["replicas"], surge, sum(map(size, owned)), size(new))
        if target != size(new):
            self.writer.scale(deployment, new, target)
        else:
            self._shrink_old(deployment, new, old)
        self._finish(deployment, new, owned)

    def _ensure_new(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> tuple[Obj, list[Obj]]:
        """The ReplicaSet of the current template, made or brought up to date, and all of them."""
        highest = max((revision(rs) for rs in owned if rs is not new), default=0) + 1
        if new is None:
            surge, _ = conditions.limits(deployment)
            recreate = deployment["spec"]["strategy"]["type"] == "Recreate"
            replicas = deployment["spec"]["replicas"]
            first = replicas if recreate else new_size(replicas, surge, sum(map(size, owned)), 0)
            new = self.writer.make(deployment, highest, first)
            return new, [*owned, new]
        current = self.writer.refresh(deployment, new, highest)
        return current, [current if rs is new else rs for rs in owned]

    def _shrink_old(self, deployment: Obj, new: Obj, old: list[Obj]) -> None:
        """Take pods from old ReplicaSets: first those that do not work, then as availability allows."""
        least = deployment["spec"]["replicas"] - conditions.max_unavailable(deployment)
        missing = size(new) - count(new, "availableReplicas")
        budget = removable_unhealthy(sum(map(size, [new, *old])), least, missing)
        sizes = {rs["metadata"]["name"]: size(rs) for rs in old}
        for rs in old:
            unhealthy = min(budget, sizes[rs["metadata"]["name"]] - count(rs, "availableReplicas"))
            if unhealthy > 0:
                sizes[rs["metadata"]["name"]] -= unhealthy
                budget -= unhealthy
        spare = min(budget, sum(count(rs, "availableReplicas") for rs in [new, *old]) - least)
        for rs in old:
            go = max(0, min(spare, sizes[rs["metadata"]["name"]]))
            sizes[rs["metadata"]["name"]] -= go
            spare -= go
        for rs in old:
            self.writer.scale(deployment, rs, sizes[rs["metadata"]["name"]])

    def _recreate(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        old = [rs for rs in owned if rs is not new]
        for rs in old:
            self.writer.scale(deployment, rs, 0)
        if any(self.backend.owners.dependents(rs["metadata"]["uid"], "pods") for rs in old):
            self._sync_status(deployment, new, self._fresh(owned))
            return
        new, owned = self._ensure_new(deployment, new, owned)
        self.writer.scale(deployment, new, deployment["spec"]["replicas"])
        self._finish(deployment, new, owned)

    def _finish(self, deployment: Obj, new: Obj, owned: list[Obj]) -> None:
        owned = self._fresh(owned)
        new = self.store.get(REPLICA_SETS, *full_name(new)) or new
        status = self._sync_status(deployment, new, owned)
        if conditions.is_complete(deployment, status):
            self._forget_old(deployment, [rs for rs in owned if full_name(rs) != full_name(new)])

    def _forget_old(self, deployment: Obj, old: list[Obj]) -> None:
        kept = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [rs for rs in old if not size(rs) and not count(rs, "replicas")]
        kind = self.backend.registry.by_key(REPLICA_SETS)
        for rs in sorted(idle, key=revision)[: max(0, len(idle) - kept)]:
            delete(self.backend, kind, rs, DeleteOptions())

    def _sync_status(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> Obj:
        """Write status and revision if they differ; wake again when the deadline passes."""
        live = self.store.get(DEPLOYMENTS, *full_name(deployment)) or deployment
        status = conditions.calculated_status(live, new, owned)
        status = self._announced(live, status, new)
        if not live["spec"].get("paused"):
            status = conditions.with_failure(conditions.progressed_status(live, status, new), owned)
        changed = {**live, "status": status}
        if new is not None and revision(new) and revision(live) != revision(new):
            annotations = {**(live["metadata"].get("annotations") or {}), REVISION: str(revision(new))}
            changed["metadata"] = {**live["metadata"], "annotations": annotations}
        if changed != live:
            self._write(live, changed)
        self._remember_deadline(changed)
        return status

    def _write(self, live: Obj, changed: Obj) -> None:
        self._writing = True
        try:
            put_signed(self.backend, DEPLOYMENTS, live, changed)
        finally:
            self._writing = False

    def _announced(self, live: Obj, status: Obj, new: Obj | None) -> Obj:
        """The Progressing condition for a new ReplicaSet, a pause and a resume."""
        old = conditions.condition(status, conditions.PROGRESSING)
        if live["spec"].get("paused"):
            if old and old["reason"] == conditions.TIMED_OUT:
                return status
            return conditions.with_condition(status, conditions.PROGRESSING, "Unknown", "DeploymentPaused",
                                             "Deployment is paused")  # fmt: skip
        if old and old["reason"] == "DeploymentPaused":
            return conditions.with_condition(status, conditions.PROGRESSING, "Unknown", "DeploymentResumed",
                                             "Deployment is resumed")  # fmt: skip
        name = new["metadata"]["name"] if new else ""
        if new and self.writer.take_news(new):
            return conditions.with_condition(status, conditions.PROGRESSING, "True", "NewReplicaSetCreated",
                                             f'Created new replica set "{name}"')  # fmt: skip
        if new and old is None:
            return conditions.with_condition(status, conditions.PROGRESSING, "True", "FoundNewReplicaSet",
                                             f'Found new replica set "{name}"')  # fmt: skip
        return status

    def _remember_deadline(self, deployment: Obj) -> None:
        progressing = conditions.condition(deployment["status"], conditions.PROGRESSING)
        if progressing is None or deployment["spec"].get("progressDeadlineSeconds") is None:
            return
        left = conditions.seconds_left(deployment, progressing)
        if math.isfinite(left):
            self.deadlines.add(full_name(deployment), max(left, 0) + 0.05)
