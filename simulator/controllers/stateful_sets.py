"""StatefulSet → Pods and their claims. Source: pkg/controller/statefulset/stateful_set_control.go."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.controllers.context import Context
from simulator.controllers.controller_revisions import HASH_LABEL, ControllerRevisions, template_of
from simulator.controllers.pod_maker import FAILED, Denied, retry_with_accounts
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_ending, is_finished_pod, ready_since, seconds_until_available
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.stateful_pods import make_stateful_pod, ordinal_of, partition_of, start_of
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controllers_of
from simulator.store.store import Commit
from simulator.values import Obj, full_name

STATEFUL_SETS = "apps/statefulsets"
LAG_S = 0.004
NAME_TAKEN_S = 0.5


class StatefulSets:
    """The StatefulSet controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.revisions = ControllerRevisions(context.backend)
        self.queue = WorkQueue("stateful sets", self.reconcile)
        self.later = WorkQueue("min ready seconds", self.queue.add)
        self.store.listen(self._wake, STATEFUL_SETS)
        self.store.listen(self._wake_owner, "pods")
        retry_with_accounts(self.store, STATEFUL_SETS, self.queue)

    def start(self) -> None:
        """Look at everything once."""
        for stateful_set in self.store.each(STATEFUL_SETS):
            self.queue.add(full_name(stateful_set))

    def _wake(self, commit: Commit) -> None:
        if commit.old is None or commit.old.get("status") == commit.new.get("status"):
            self.queue.add(full_name(commit.new), self.context.lag())

    def _wake_owner(self, commit: Commit) -> None:
        for owner in controllers_of(commit):
            if owner["kind"] == "StatefulSet":
                self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """One step of one StatefulSet towards its spec; then write the status."""
        found = self.store.get(STATEFUL_SETS, *key)
        if found is None:
            return
        update = self.revisions.ensure(found)
        current = self.revisions.named(found, (found.get("status") or {}).get("currentRevision")) or update
        if not found["metadata"].get("deletionTimestamp"):
            for _ in self._steps(found, current, update):
                if found["spec"]["podManagementPolicy"] == "OrderedReady":
                    break  # whatever is to be waited for or was just done must come to its end first
        self._write_status(found, current, update)

    def _steps(self, stateful_set: Obj, current: Obj, update: Obj) -> Iterator[None]:
        """Do what is to be done, yielding at each point where an ordered set would stop."""
        pods = {ordinal_of(pod): pod for pod in self._pods(stateful_set)}
        first = start_of(stateful_set)
        wanted = range(first, first + stateful_set["spec"]["replicas"])
        for number in wanted:
            pod = pods.get(number)
            if pod is None:
                self._make(stateful_set, current, update, number)
                yield
            elif is_finished_pod(pod) and not is_ending(pod):
                self._delete(stateful_set, pod)
                yield
            elif not self._is_available(stateful_set, pod):
                yield
        yield from self._scale_down(stateful_set, {n: pod for n, pod in pods.items() if n not in wanted})
        self._update_one(stateful_set, pods, wanted, update["metadata"]["name"])

    def _scale_down(self, stateful_set: Obj, condemned: dict[int, Obj]) -> Iterator[None]:
        lowest_bad = min((n for n, pod in condemned.items() if ready_since(pod) is None), default=None)
        for number in sorted(condemned, reverse=True):
            pod = condemned[number]
            if is_ending(pod) or (ready_since(pod) is None and number != lowest_bad):
                yield
            if not is_ending(pod):
                self._delete(stateful_set, pod)
                yield

    def _update_one(self, stateful_set: Obj, pods: dict[int, Obj], wanted: range, revision: str) -> None:
        """Delete the highest pod of an older revision, once all above it are well."""
        if stateful_set["spec"]["updateStrategy"]["type"] == "OnDelete":
            return
        lowest = wanted.start + partition_of(stateful_set)
        for number in reversed(wanted):
            pod = pods.get(number)
            if number < lowest or pod is None:
                return
            if pod["metadata"]["labels"].get(HASH_LABEL) != revision and not is_ending(pod):
                self._delete(stateful_set, pod)
                return
            if not self._is_available(stateful_set, pod):
                return

    def _pods(self, stateful_set: Obj) -> list[Obj]:
        return self.backend.owners.dependents(stateful_set["metadata"]["uid"], "pods")

    def _is_available(self, stateful_set: Obj, pod: Obj) -> bool:
        """Whether the pod is well; else the set is looked at again when it may be."""
        wait = seconds_until_available(pod, stateful_set["spec"].get("minReadySeconds") or 0)
        if wait:
            self.later.add(full_name(stateful_set), wait + 0.02)
        return wait == 0 and not is_ending(pod)

    def _make(self, stateful_set: Obj, current: Obj, update: Obj, number: int) -> None:
        rolling = stateful_set["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        old = rolling and number < start_of(stateful_set) + partition_of(stateful_set)
        revision = current if old else update
        name = f"{stateful_set['metadata']['name']}-{number}"
        if self.store.get("pods", stateful_set["metadata"]["namespace"], name):
            self.later.add(full_name(stateful_set), NAME_TAKEN_S)  # a pod that it has let go
            return
        place = f"in StatefulSet {stateful_set['metadata']['name']}"
        try:
            make_stateful_pod(self.backend, stateful_set, template_of(revision), revision, name)
        except Denied as error:
            self._tell(stateful_set, FAILED, f"Create Pod {name} {place} failed error: {error}", WARNING)
            return
        self._tell(stateful_set, "SuccessfulCreate", f"create Pod {name} {place} successful")

    def _delete(self, stateful_set: Obj, pod: Obj) -> None:
        delete(self.backend, self.backend.registry.by_key("pods"), pod, DeleteOptions())
        self._tell(stateful_set, "SuccessfulDelete", f"delete Pod {pod['metadata']['name']} in StatefulSet "
                   f"{stateful_set['metadata']['name']} successful")  # fmt: skip

    def _tell(self, stateful_set: Obj, reason: str, message: str, type_: str = NORMAL) -> None:
        self.context.recorder.record(stateful_set, type_, reason, message, "statefulset-controller")

    def _write_status(self, stateful_set: Obj, current: Obj, update: Obj) -> None:
        pods, names = self._pods(stateful_set), [r["metadata"]["name"] for r in (current, update)]
        labels = [pod["metadata"]["labels"].get(HASH_LABEL) for pod in pods if not is_ending(pod)]
        status: Obj = {
            "observedGeneration": stateful_set["metadata"].get("generation", 1), "replicas": len(pods),
            "readyReplicas": sum(1 for pod in pods if ready_since(pod) is not None),
            "availableReplicas": sum(1 for pod in pods if self._is_available(stateful_set, pod)),
            "currentReplicas": labels.count(names[0]), "updatedReplicas": labels.count(names[1]),
            "currentRevision": names[0], "updateRevision": names[1], "collisionCount": 0,
        }  # fmt: skip
        wanted = stateful_set["spec"]["replicas"]
        done = {status[key] for key in ("updatedReplicas", "readyReplicas", "replicas")} == {wanted}
        if done and stateful_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
            status |= {"currentReplicas": wanted, "currentRevision": names[1]}
        for key in ("readyReplicas", "currentReplicas", "updatedReplicas"):
            if not status[key]:
                del status[key]
        live = self.store.get(STATEFUL_SETS, *full_name(stateful_set))
        if live is not None and live.get("status") != status:
            put_signed(self.backend, STATEFUL_SETS, live, {**live, "status": status})
        self.revisions.truncate(stateful_set, {*names, *filter(None, labels)})
