"""Nodes that are lost and come back. Source: pkg/controller/nodelifecycle, pkg/controller/tainteviction."""

from __future__ import annotations

import asyncio

from simulator.controllers.context import Context
from simulator.controllers.node_conditions import (
    conditions_of_lost,
    conditions_of_well,
    may_evict,
    taints_of,
    tolerated_s,
)
from simulator.controllers.nodes_by_hand import evict
from simulator.controllers.pods import Pods
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_ending, ready_since
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.scheduling import is_ready_node
from simulator.values import Obj, dig, full_name, replaced, stamp


class NodeLife:
    """The node lifecycle and taint eviction controllers of one cluster."""

    def __init__(self, context: Context, pods: Pods) -> None:
        self.context, self.pods, self.store = context, pods, context.backend.store
        self.queue = WorkQueue("nodes", self.reconcile)
        self._silent_at: dict[Key, float] = {}
        self._tainted_at: dict[Key, float] = {}
        context.faults.listen(self.look)

    def start(self) -> None:
        """Look at everything once: a node that was lost when the simulator ended is back."""
        self.look()

    def look(self) -> None:
        """Look at every node that is lost or counts as such; called whenever a fault comes or goes."""
        for node in self.store.each("nodes"):
            if self._is_lost(node) or not is_ready_node(node):
                self.queue.add(full_name(node))

    def reconcile(self, key: Key) -> None:
        """Taint a node that has been silent for long enough and evict its pods; undo that when it is back."""
        node = self.store.get("nodes", *key)
        if node is None:
            return
        if not self._is_lost(node):
            self._silent_at.pop(key, None)
            self._tainted_at.pop(key, None)
            if _counts_as_lost(node):
                self._welcome(node)
            return
        now = asyncio.get_running_loop().time()
        left = self._silent_at.setdefault(key, now) + self.context.settings().node_grace - now
        if left > 0:
            self.queue.add(key, left)
            return
        if not _counts_as_lost(node):
            node = self._give_up(node)
        self._taint(node, self._may_evict())
        self._evict(key, now)

    def _is_lost(self, node: Obj) -> bool:
        return self.context.faults.node_lost(self.context.cluster, node["metadata"]["name"])

    def _may_evict(self) -> bool:
        lost = [_counts_as_lost(node) for node in self.store.each("nodes")]
        return may_evict(lost.count(False), lost.count(True))

    def _give_up(self, node: Obj) -> Obj:
        """The node as one that nothing is heard of; its pods count as not ready."""
        self._tell(node, NORMAL, "NodeNotReady")
        conditions = conditions_of_lost(dig(node, "status", "conditions") or [])
        node = self.store.put("nodes", replaced(node, ("status", "conditions"), conditions))
        for pod in self.pods.on_node(node["metadata"]["name"]):
            if ready_since(pod) is not None:
                self.context.recorder.record(
                    pod, WARNING, "NodeNotReady", "Node is not ready", "node-controller"
                )
                self.store.put("pods", replaced(pod, ("status", "conditions"), _unready(pod)))
        self.look()
        return node

    def _taint(self, node: Obj, evicting: bool) -> None:
        key, before = full_name(node), dig(node, "spec", "taints") or []
        taints = taints_of(before, lost=True, evicting=evicting)
        if taints != before:
            self.store.put("nodes", replaced(node, ("spec", "taints"), taints))
        if not evicting:
            self._tainted_at.pop(key, None)
        elif key not in self._tainted_at:
            self._tainted_at[key] = asyncio.get_running_loop().time()

    def _evict(self, key: Key, now: float) -> None:
        """Delete the pods that have tolerated it for long enough; they stay until their kubelet is heard of."""
        since = self._tainted_at.get(key)
        if since is None:
            return
        longest = self.context.settings().node_toleration
        for pod in self.pods.on_node(key[1]):
            seconds = tolerated_s(pod, longest)
            if seconds is None or is_ending(pod):
                continue
            if since + seconds > now:
                self.queue.add(key, since + seconds - now)
                continue
            evict(self.context, pod)

    def _welcome(self, node: Obj) -> None:
        """The node is heard of again; its kubelet does what it was asked for meanwhile."""
        self._tell(node, NORMAL, "NodeReady")
        node = replaced(node, ("status", "conditions"), conditions_of_well(dig(node, "status", "conditions")))
        taints = taints_of(dig(node, "spec", "taints") or [], lost=False, evicting=False)
        node = replaced(node, ("spec", "taints"), taints)
        if not taints:
            del node["spec"]["taints"]
        self.store.put("nodes", node)
        self.pods.resume(node["metadata"]["name"])
        self.look()

    def _tell(self, node: Obj, type_: str, reason: str) -> None:
        message = f"Node {node['metadata']['name']} status is now: {reason}"
        self.context.recorder.record(node, type_, reason, message, "node-controller")


def _counts_as_lost(node: Obj) -> bool:
    return any(
        c["type"] == "Ready" and c["status"] == "Unknown" for c in dig(node, "status", "conditions") or ()
    )


def _unready(pod: Obj) -> list[Obj]:
    return [
        {**c, "status": "False", "lastTransitionTime": stamp()} if c["type"] == "Ready" else c
        for c in pod["status"]["conditions"]
    ]
