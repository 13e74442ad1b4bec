"""ReplicaSet → Pods. Source: pkg/controller/replicaset."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.controllers.conditions import REPLICA_FAILURE, condition
from simulator.controllers.context import Context
from simulator.controllers.pod_maker import FAILED, Denied, make_pod, retry_with_accounts
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_active, is_ending, is_finished_pod, ready_since
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.lifecycle.creation import suffix
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controllers_of
from simulator.store.store import Commit
from simulator.values import Obj, dig, full_name, stamp

REPLICA_SETS = "apps/replicasets"
LAG_S = 0.002


class ReplicaSets:
    """The ReplicaSet controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.queue = WorkQueue("replica sets", self.reconcile)
        self.later = WorkQueue("min ready seconds", self.queue.add)
        self.store.listen(self._wake, REPLICA_SETS)
        self.store.listen(self._wake_owner, "pods")
        retry_with_accounts(self.store, REPLICA_SETS, self.queue)

    def start(self) -> None:
        """Look at everything once."""
        for replica_set in self.store.each(REPLICA_SETS):
            self.queue.add(full_name(replica_set))

    def _wake(self, commit: Commit) -> None:
        if commit.old is None or commit.old["spec"] is not commit.new["spec"]:
            self.queue.add(full_name(commit.new), LAG_S)

    def _wake_owner(self, commit: Commit) -> None:
        for owner in controllers_of(commit):
            if owner["kind"] == "ReplicaSet":
                self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Make or delete pods until there are as many as wanted; then write the status."""
        replica_set = self.store.get(REPLICA_SETS, *key)
        if replica_set is None:
            return
        pods, refused = self._active_pods(replica_set), ""
        if not replica_set["metadata"].get("deletionTimestamp"):
            missing = replica_set["spec"]["replicas"] - len(pods)
            refused = self._make_pods(replica_set, missing)
            for pod in sorted(pods, key=_worth)[:-missing] if missing < 0 else ():
                self._delete_pod(replica_set, pod)
            if missing:
                pods = self._active_pods(replica_set)
        self._write_status(replica_set, pods, refused)

    def _active_pods(self, replica_set: Obj) -> list[Obj]:
        pods = self.backend.owners.dependents(replica_set["metadata"]["uid"], "pods")
        return [pod for pod in pods if is_active(pod)]

    def _make_pods(self, replica_set: Obj, count: int) -> str:
        """Make that many, or say why none can be made."""
        for _ in range(count):
            name = f"{replica_set['metadata']['name']}-{suffix()}"
            try:
                make_pod(self.backend, replica_set, replica_set["spec"]["template"], name)
            except Denied as error:
                self._tell(replica_set, FAILED, f"Error creating: {error}", WARNING)
                return str(error)
            self._tell(replica_set, "SuccessfulCreate", f"Created pod: {name}")
        return ""

    def _delete_pod(self, replica_set: Obj, pod: Obj) -> None:
        delete(self.backend, self.backend.registry.by_key("pods"), pod, DeleteOptions())
        self._tell(replica_set, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _tell(self, replica_set: Obj, reason: str, message: str, type_: str = NORMAL) -> None:
        self.context.recorder.record(replica_set, type_, reason, message, "replicaset-controller")

    def _write_status(self, replica_set: Obj, pods: list[Obj], refused: str) -> None:
        min_ready = replica_set["spec"].get("minReadySeconds") or 0
        ready = [since for pod in pods if (since := ready_since(pod)) is not None]
        available, wait = self._available(ready, min_ready)
        counts = {"fullyLabeledReplicas": len(pods), "readyReplicas": len(ready), "availableReplicas": available,
                  "observedGeneration": replica_set["metadata"].get("generation", 1)}  # fmt: skip
        status = {"replicas": len(pods), "terminatingReplicas": self._ending(replica_set),
                  **{key: value for key, value in counts.items() if value}}  # fmt: skip
        if refused:
            status["conditions"] = [_failure(replica_set, refused)]
        live = self.store.get(REPLICA_SETS, *full_name(replica_set))
        if live is not None and live.get("status") != status:
            put_signed(self.backend, REPLICA_SETS, live, {**live, "status": status})
        if wait:
            self.later.add(full_name(replica_set), wait)

    def _ending(self, replica_set: Obj) -> int:
        """How many pods are on their way out."""
        pods = self.backend.owners.dependents(replica_set["metadata"]["uid"], "pods")
        return sum(1 for pod in pods if is_ending(pod) and not is_finished_pod(pod))

    def _available(self, ready: list[datetime], min_ready: float) -> tuple[int, float]:
        """(how many have been ready for long enough, seconds until the next one is)."""
        if not min_ready:
            return len(ready), 0.0
        now = datetime.now(UTC)
        left = [min_ready - (now - since).total_seconds() for since in ready]
        waiting = [seconds for seconds in left if seconds > 0]
        return len(left) - len(waiting), min(waiting, default=0.0) and min(waiting) + 0.02


def _failure(replica_set: Obj, message: str) -> Obj:
    """The condition that tells why no pod can be made; as it was, if it was there."""
    known = condition(replica_set.get("status") or {}, REPLICA_FAILURE)
    return known or {"type": REPLICA_FAILURE, "status": "True", "lastTransitionTime": stamp(), "reason": FAILED,
                     "message": message}  # fmt: skip


def _worth(pod: Obj) -> tuple[bool, bool, bool, int]:
    """Sorts the pods that should go first to the front: unbound, pending, not ready, newest."""
    return (
        bool(dig(pod, "spec", "nodeName")),
        dig(pod, "status", "phase") == "Running",
        ready_since(pod) is not None,
        -int(pod["metadata"]["resourceVersion"]),
    )
