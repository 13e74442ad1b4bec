"""Scheduler and kubelets: pods get a node, start, become ready, fail, and end."""

from __future__ import annotations

import asyncio

from simulator.controllers.context import Context
from simulator.controllers.pod_life import PodLife
from simulator.controllers.readiness import is_finished_pod
from simulator.controllers.room import Room, is_too_small
from simulator.controllers.scheduling import (
    HOPELESS,
    NO_VICTIMS,
    fits,
    is_ready_node,
    no_node_words,
    obstacle,
)
from simulator.store.store import ADDED, DELETED, Commit
from simulator.values import Obj, dig

ROOM_S = 0.3


class Pods:
    """One `PodLife` per pod of a cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.store = context, context.backend.store
        self._lives: dict[str, PodLife] = {}
        self.room = Room(self.store)
        self._turn = 0
        self._making_room = False
        self._next_ip = 0
        self._restored_ips: set[str] = set()
        self._unbound: dict[PodLife, None] = {}
        self.store.listen(self._follow, "pods")
        self._lacking: dict[PodLife, None] = {}
        self._unready: dict[PodLife, None] = {}
        context.faults.listen(self._follow_faults)
        self.store.listen(self._follow_nodes, "nodes")
        for kind in ("configmaps", "secrets"):
            self.store.listen(self._follow_references, kind)

    def start(self) -> None:
        """Take up the lives of restored pods where they were."""
        pods = self.store.listed("pods")
        self._restored_ips = {dig(pod, "status", "podIP") for pod in pods}
        for pod in pods:
            self.room.take(pod)
        for pod in pods:
            self._begin(pod)

    def stop(self) -> None:
        """Let every pod freeze as it is."""
        for life in self._lives.values():
            life.stop()
        self._lives.clear()
        for waiting in (self._unbound, self._lacking, self._unready):
            waiting.clear()

    def node_for(self, pod: Obj) -> tuple[Obj | None, str]:
        """(the node for a pod, in turn over those that may take it; else why there is none)."""
        every = self.store.listed("nodes")
        nodes = [node for node in every if is_ready_node(node) and fits(pod["spec"], node)]
        nodes = [node for node in nodes if not self.room.lacks(pod, node)]
        self._turn += 1
        if nodes:
            return nodes[self._turn % len(nodes)], ""
        return None, self._no_node(pod, every)

    def _no_node(self, pod: Obj, every: list[Obj]) -> str:
        obstacles, preemptions = [], []
        for node in every:
            fixed = obstacle(pod["spec"], node)
            lacks = [f"Insufficient {name}" for name in self.room.lacks(pod, node)]
            obstacles += [fixed] if fixed else lacks
            preemptions.append(HOPELESS if fixed or is_too_small(pod, node) else NO_VICTIMS)
        return no_node_words(obstacles, preemptions, len(every))

    def wait_for_nodes(self, life: PodLife) -> None:
        """Have the pod look for a node again as soon as any node changes."""
        self._unbound[life] = None

    def wait_for_references(self, life: PodLife) -> None:
        """Have the pod try again to start as soon as a ConfigMap or Secret of its namespace changes."""
        self._lacking[life] = None

    def wait_for_behaviour(self, life: PodLife) -> None:
        """Have the pod look at its images again as soon as any fault comes or goes."""
        self._unready[life] = None

    def on_node(self, name: str) -> list[Obj]:
        """The pods that are bound to a node."""
        return [pod for pod in self.store.each("pods") if dig(pod, "spec", "nodeName") == name]

    def is_cut_off(self, pod: Obj | None) -> bool:
        """Whether the pod's kubelet is not heard of, so that nothing it is asked for happens."""
        node = dig(pod, "spec", "nodeName")
        return bool(node) and self.context.faults.node_lost(self.context.cluster, node)

    def resume(self, node: str) -> None:
        """Go on with the pods of a node that is heard of again."""
        for pod in self.on_node(node):
            self._lives[pod["metadata"]["uid"]].resume(pod)

    def _follow_references(self, commit: Commit) -> None:
        space = commit.new["metadata"]["namespace"]
        for life in [life for life in self._lacking if life.key[0] == space]:
            del self._lacking[life]
            life.try_again()

    def _follow_faults(self) -> None:
        waiting, self._unready = self._unready, {}
        for life in waiting:
            life.probe_again()

    def _follow_nodes(self, _: Commit) -> None:
        self._look_for_nodes()

    def _look_for_nodes(self) -> None:
        waiting, self._unbound = self._unbound, {}
        for life in waiting:
            life.try_again()

    def next_ip(self) -> str:
        """A pod IP that no living pod has (they come round after 63,000 pods)."""
        while True:
            self._next_ip += 1
            number = self._next_ip % 63000
            address = f"10.244.{number // 250}.{number % 250 + 1}"
            if address not in self._restored_ips:
                return address

    def _make_room(self) -> None:
        """Have those that wait look again soon, once for however many pods go until then."""
        if not self._making_room:
            self._making_room = True
            asyncio.get_running_loop().call_later(ROOM_S, self._room_made)

    def _room_made(self) -> None:
        self._making_room = False
        self._look_for_nodes()

    def _begin(self, pod: Obj) -> None:
        life = PodLife(self.context, self, pod)
        self._lives[pod["metadata"]["uid"]] = life
        life.begin(pod)

    def _follow(self, commit: Commit) -> None:
        uid = commit.new["metadata"]["uid"]
        if self._unbound and (commit.type == DELETED or is_finished_pod(commit.new)):
            self._make_room()
        if commit.type == ADDED:
            self._begin(commit.new)
        elif commit.type == DELETED:
            life = self._lives.pop(uid, None)
            if life:
                self._unbound.pop(life, None)
                self._lacking.pop(life, None)
                self._unready.pop(life, None)
                life.stop()
        elif uid in self._lives and commit.old is not None:
            self._lives[uid].follow(commit.old, commit.new)
