"""Scheduler and kubelets: pods get a node, start, become ready, fail, and end."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.pod_life import PodLife
from simulator.store.store import ADDED, DELETED, Commit
from simulator.values import Obj, dig


class Pods:
    """One `PodLife` per pod of a cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.store = context, context.backend.store
        self._lives: dict[str, PodLife] = {}
        self._turn = 0
        self._next_ip = 0
        self._restored_ips: set[str] = set()
        self.store.listen(self._follow, "pods")

    def start(self) -> None:
        """Take up the lives of restored pods where they were."""
        pods = self.store.listed("pods")
        self._restored_ips = {dig(pod, "status", "podIP") for pod in pods}
        for pod in pods:
            self._begin(pod)

    def stop(self) -> None:
        """Let every pod freeze as it is."""
        for life in self._lives.values():
            life.stop()
        self._lives.clear()

    def next_node(self) -> Obj | None:
        """The node for the next pod, in turn over those that take pods."""
        nodes = [n for n in self.store.listed("nodes") if not dig(n, "spec", "unschedulable")]
        self._turn += 1
        return nodes[self._turn % len(nodes)] if nodes else None

    def next_ip(self) -> str:
        """A pod IP that no living pod has (they come round after 63,000 pods)."""
        while True:
            self._next_ip += 1
            number = self._next_ip % 63000
            address = f"10.244.{number // 250}.{number % 250 + 1}"
            if address not in self._restored_ips:
                return address

    def _begin(self, pod: Obj) -> None:
        life = PodLife(self.context, self, pod)
        self._lives[pod["metadata"]["uid"]] = life
        life.begin(pod)

    def _follow(self, commit: Commit) -> None:
        uid = commit.new["metadata"]["uid"]
        if commit.type == ADDED:
            self._begin(commit.new)
        elif commit.type == DELETED:
            life = self._lives.pop(uid, None)
            if life:
                life.stop()
        elif uid in self._lives and commit.old is not None:
            self._lives[uid].follow(commit.old, commit.new)
