"""Who controls a pod: workloads let go of pods that they no longer select, and take in those that nobody controls.

Source: pkg/controller/controller_ref_manager.go.
"""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.daemon_sets import DAEMON_SETS
from simulator.controllers.jobs import JOBS, TRACKING
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_active, is_ending
from simulator.controllers.replica_set_writer import REPLICA_SETS, owner_reference
from simulator.controllers.stateful_pods import is_member
from simulator.controllers.stateful_sets import STATEFUL_SETS
from simulator.lifecycle.deletion import without_owner
from simulator.selectors import selector_matches
from simulator.store.owners import controller_of
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, full_name, replaced

KINDS = {"ReplicaSet": REPLICA_SETS, "StatefulSet": STATEFUL_SETS, "DaemonSet": DAEMON_SETS, "Job": JOBS}


class Claims:
    """Lets pods go and takes them in, as soon as their labels or their owners change."""

    def __init__(self, context: Context) -> None:
        self.store = context.backend.store
        self.queue = WorkQueue("claims", self.reconcile)
        self.store.listen(self._follow, "pods")
        for kind in KINDS.values():
            self.store.listen(self._welcome, kind)

    def start(self) -> None:
        """Look at every pod once."""
        for pod in self.store.each("pods"):
            self.queue.add(full_name(pod))

    def _follow(self, commit: Commit) -> None:
        if commit.type == DELETED:
            return
        if commit.old is None:
            changed = controller_of(commit.new) is None
        else:
            changed = _differ(commit.old, commit.new, "labels") or _differ(
                commit.old, commit.new, "ownerReferences"
            )
        if changed:
            self.queue.add(full_name(commit.new))

    def _welcome(self, commit: Commit) -> None:
        """A new workload takes in what is there before it makes pods of its own."""
        if commit.old is None:
            for pod in self.store.each("pods", commit.new["metadata"]["namespace"]):
                if controller_of(pod) is None:
                    self.queue.add(full_name(pod))

    def reconcile(self, key: Key) -> None:
        """Bring the controller of a pod in line with its labels."""
        pod = self.store.get("pods", *key)
        if pod is None:
            return
        reference = controller_of(pod)
        if reference is None:
            self._adopt(pod)
            return
        owner = self.store.get(KINDS.get(reference["kind"], ""), key[0], reference["name"])
        if owner and owner["metadata"]["uid"] == reference["uid"] and not _selects(owner, pod):
            self._release(owner, pod)

    def _release(self, owner: Obj, pod: Obj) -> None:
        if is_ending(owner):
            return
        free = without_owner(pod, owner["metadata"]["uid"])
        if owner["kind"] == "Job":
            left = [name for name in pod["metadata"].get("finalizers") or () if name != TRACKING]
            free = replaced(free, ("metadata", "finalizers"), left)
        self.store.put("pods", free)

    def _adopt(self, pod: Obj) -> None:
        if not is_active(pod):
            return
        for kind in KINDS.values():
            for owner in self.store.each(kind, pod["metadata"]["namespace"]):
                if not is_ending(owner) and _selects(owner, pod):
                    owners = [*(pod["metadata"].get("ownerReferences") or ()), owner_reference(owner)]
                    self.store.put("pods", replaced(pod, ("metadata", "ownerReferences"), owners))
                    return


def _differ(old: Obj, new: Obj, key: str) -> bool:
    before, now = old["metadata"].get(key), new["metadata"].get(key)
    return before is not now and before != now


def _selects(owner: Obj, pod: Obj) -> bool:
    selector = owner["spec"].get("selector")
    if not selector or not selector_matches(selector, pod["metadata"].get("labels")):
        return False
    return owner["kind"] != "StatefulSet" or is_member(owner, pod)
