"""What comes of people's hands on nodes: cordons, NoExecute taints, deletion.

Source: pkg/controller/nodelifecycle, tainteviction and podgc.
"""

from __future__ import annotations

import asyncio
import math

from simulator.controllers.context import Context
from simulator.controllers.node_conditions import UNREACHABLE, stay_s
from simulator.controllers.pods import Pods
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_ending
from simulator.controllers.recorder import NORMAL
from simulator.controllers.scheduling import UNSCHEDULABLE
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, full_name, replaced, stamp

EVICTED = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
COLLECTED = ("DeletionByPodGC", "PodGC: node no longer exists")


class NodesByHand:
    """Taints cordoned nodes, evicts by taints, and collects the pods of nodes that are gone."""

    def __init__(self, context: Context, pods: Pods) -> None:
        self.context, self.pods, self.store = context, pods, context.backend.store
        self.queue = WorkQueue("nodes by hand", self.reconcile)
        self._due: dict[str, dict[str, float]] = {}  # of tainted nodes: when which pod has to go, by UID
        self.store.listen(self._wake, "nodes")
        self.store.listen(self._wake_bound, "pods")

    def start(self) -> None:
        """Look at every node once, also at those that only pods know."""
        names = {dig(pod, "spec", "nodeName") for pod in self.store.each("pods")}
        for name in {*names, *(node["metadata"]["name"] for node in self.store.each("nodes"))} - {None}:
            self.queue.add(("", name))

    def _wake(self, commit: Commit) -> None:
        key = full_name(commit.new)
        if commit.type == DELETED:
            self.queue.add(key, self.context.settings().node_grace)
        elif commit.old is None or commit.old.get("spec") != commit.new.get("spec"):
            self.queue.add(key)

    def _wake_bound(self, commit: Commit) -> None:
        name = dig(commit.new, "spec", "nodeName") if self._due else None
        if name in self._due and dig(commit.old, "spec", "nodeName") != name:
            self.queue.add(("", name))

    def reconcile(self, key: Key) -> None:
        """Bring taints and pods in line with what somebody did to the node."""
        node = self.store.get("nodes", *key)
        if node is None:
            self._due.pop(key[1], None)
            for pod in self.pods.on_node(key[1]):
                self._collect(pod)
            return
        self._taint(node)
        self._evict(key, [t for t in dig(node, "spec", "taints") or () if t.get("effect") == "NoExecute"])

    def _taint(self, node: Obj) -> None:
        """Have a cordoned node bear the taint that says so, and no other."""
        before = dig(node, "spec", "taints") or []
        taints = [taint for taint in before if taint["key"] != UNSCHEDULABLE["key"]]
        cordoned = bool(dig(node, "spec", "unschedulable"))
        if cordoned == (len(taints) < len(before)):
            return
        if cordoned:
            taints.append({**UNSCHEDULABLE, "timeAdded": stamp()})
        spec = {**(node.get("spec") or {}), "taints": taints}
        if not taints:
            del spec["taints"]
        self.store.put("nodes", {**node, "spec": spec})

    def _evict(self, key: Key, taints: list[Obj]) -> None:
        """Delete the pods that have borne the taints for as long as they tolerate; a lost node is another's work."""
        taints = [taint for taint in taints if taint["key"] != UNREACHABLE]
        before, due, now = self._due.pop(key[1], {}), {}, asyncio.get_running_loop().time()
        for pod in self.pods.on_node(key[1]) if taints else ():
            uid, seconds = pod["metadata"]["uid"], stay_s(pod, taints)
            if seconds is None or is_ending(pod):
                continue
            due[uid] = min(before.get(uid, math.inf), now + seconds)
            if due[uid] > now:
                self.queue.add(key, due[uid] - now)
            else:
                evict(self.context, pod)
        if taints:
            self._due[key[1]] = due

    def _collect(self, pod: Obj) -> None:
        failed = replaced(_disrupted(pod, *COLLECTED), ("status", "phase"), "Failed")
        _delete(self.context, self.store.put("pods", failed), DeleteOptions(grace_s=0))


def evict(context: Context, pod: Obj) -> None:
    """Delete a pod whose node has a taint that it does not tolerate any longer, with its grace."""
    message = f"Marking for deletion Pod {'/'.join(full_name(pod))}"
    context.recorder.record(pod, NORMAL, "TaintManagerEviction", message, "taint-eviction-controller")
    _delete(context, context.backend.store.put("pods", _disrupted(pod, *EVICTED)), DeleteOptions())


def _disrupted(pod: Obj, reason: str, message: str) -> Obj:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message,
                 "lastProbeTime": None, "lastTransitionTime": stamp()}  # fmt: skip
    return replaced(pod, ("status", "conditions"), [*(dig(pod, "status", "conditions") or ()), condition])


def _delete(context: Context, pod: Obj, options: DeleteOptions) -> None:
    delete(context.backend, context.backend.registry.by_key("pods"), pod, options)
