"""What pods ask of nodes and what is left there, as running sums. Source: the scheduler's NodeResourcesFit."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

from simulator.controllers.readiness import is_finished_pod
from simulator.kinds.quantities import value_of
from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj, dig

Asked = dict[str, int]  # by resource, in thousandths


class Room:
    """Follows which pods are on which node; a pod that has ended leaves its room to others."""

    def __init__(self, store: Store) -> None:
        self._taken: dict[str, Counter[str]] = {}
        self._held: dict[str, tuple[str, Asked]] = {}
        store.listen(self._follow, "pods")

    def take(self, pod: Obj) -> None:
        """Count a pod that is on a node."""
        node, uid = pod["spec"].get("nodeName"), pod["metadata"]["uid"]
        if node and uid not in self._held and not is_finished_pod(pod):
            self._held[uid] = node, asked_by(pod)
            self._taken.setdefault(node, Counter()).update(self._held[uid][1])

    def lacks(self, pod: Obj, node: Obj) -> list[str]:
        """The resources of which the node has not enough left for the pod."""
        asked = asked_by(pod)
        if not asked:
            return []
        taken, there = self._taken.get(node["metadata"]["name"], Counter()), _allocatable(node)
        return [name for name, amount in asked.items() if amount > there.get(name, 0) - taken.get(name, 0)]

    def _follow(self, commit: Commit) -> None:
        uid, old = commit.new["metadata"]["uid"], commit.old
        if (
            old is not None and old["metadata"]["uid"] != uid
        ):  # put in the place of another, as a restore does
            self._give_back(old["metadata"]["uid"])
        if commit.type == DELETED or is_finished_pod(commit.new):
            self._give_back(uid)
        else:
            self.take(commit.new)

    def _give_back(self, uid: str) -> None:
        if uid in self._held:
            node, asked = self._held.pop(uid)
            self._taken[node].subtract(asked)


def asked_by(pod: Obj) -> Asked:
    """What the containers of a pod request together."""
    total: Asked = {}
    for container in pod["spec"]["containers"]:
        for name, amount in (dig(container, "resources", "requests") or {}).items():
            total[name] = total.get(name, 0) + _thousandths(amount)
    return total


def is_too_small(pod: Obj, node: Obj) -> bool:
    """Whether the pod would not find room even on the empty node."""
    there = _allocatable(node)
    return any(amount > there.get(name, 0) for name, amount in asked_by(pod).items())


def _allocatable(node: Obj) -> Asked:
    return {name: _thousandths(amount) for name, amount in (dig(node, "status", "allocatable") or {}).items()}


@lru_cache(maxsize=4096)
def _thousandths(amount: str) -> int:
    return math.ceil(value_of(amount) * 1000)
