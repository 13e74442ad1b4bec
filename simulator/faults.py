"""Faults on command: what goes wrong where, until it is cleared."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from simulator.fault_checks import (
    MATCH_KEYS,
    ONE_SHOT,
    BadFault,
    checked,
    facts_fit,
    image_fits,
)
from simulator.values import Obj
from simulator.wire.doors import OPEN, SHUT, SILENT

__all__ = ["BadFault", "Fault", "FaultBook", "image_fits"]


@dataclass(slots=True)
class Fault:
    """One active fault. `held` are the requests that a `hold` keeps waiting, `did` what a `random` one has set."""

    id: str
    kind: str
    params: Obj
    cluster: str | None
    left: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    held: list[Obj] = field(default_factory=list)
    did: list[Obj] = field(default_factory=list)

    def shown(self) -> Obj:
        """The fault as the control API answers it."""
        shown = {"id": self.id, **self.params, "kind": self.kind}
        if self.kind == "hold":
            shown |= {"left": self.left, "held": self.held, "released": self.released.is_set()}
        if self.kind == "random":
            shown["did"] = self.did
        return shown


class FaultBook:
    """The active faults of a fleet; listeners hear of every change."""

    def __init__(self, seed: int = 1) -> None:
        self._faults: dict[str, Fault] = {}
        self._count = 0
        self._happened: set[str] = set()
        self._random = random.Random(f"{seed}/faults")
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener after each change."""
        self._listeners.append(listener)

    def add(self, params: Obj) -> Fault:
        """Set a fault; BadFault when its parameters make no sense."""
        kind = params.get("kind", "")
        checked(kind, params)
        self._count += 1
        rest = {key: value for key, value in params.items() if key != "kind"}
        fault = Fault(f"f{self._count}", kind, rest, params.get("cluster"), int(params.get("count", 1)))
        if kind in ONE_SHOT:
            self._happened.add(fault.id)
        else:
            self._faults[fault.id] = fault
            self._told()
        return fault

    def has_happened(self, fault_id: str) -> bool:
        """Whether it was one that happens once, so that there is nothing to undo."""
        return fault_id in self._happened

    def all(self) -> list[Fault]:
        """The active faults, oldest first."""
        return list(self._faults.values())

    def get(self, fault_id: str) -> Fault | None:
        """The active fault with this id."""
        return self._faults.get(fault_id)

    def clear(self, fault_id: str | None = None) -> int:
        """Take one fault away, or all; what they held goes on. Answers how many went."""
        gone = [fault for fault in self.all() if fault_id in (None, fault.id)]
        for fault in gone:
            del self._faults[fault.id]
            fault.released.set()
        if gone:
            self._told()
        return len(gone)

    def active(self, kind: str, cluster: str) -> Fault | None:
        """The first fault of a kind that is set for the cluster (or for all)."""
        for fault in self._faults.values():
            if fault.kind == kind and fault.cluster in (None, cluster):
                return fault
        return None

    def refusing(self, cluster: str) -> Fault | None:
        """The fault that has the cluster's API server cut connections."""
        return self.active("refuse", cluster) or self._unreachable(("lost",), cluster, "refuse")

    def hanging(self, cluster: str) -> Fault | None:
        """The fault that has the cluster's API server accept and never answer."""
        return self.active("hang", cluster) or self._unreachable(("lost",), cluster, "hang")

    def users_state(self, cluster: str) -> str:
        """What users find at the cluster's ports: open, shut or silent."""
        kinds = ("lost", "cut_users")
        if self._unreachable(kinds, cluster, "refuse"):
            return SHUT
        return SILENT if self._unreachable(kinds, cluster, "hang") else OPEN

    def _unreachable(self, kinds: tuple[str, ...], cluster: str, how: str) -> Fault | None:
        found = (
            fault
            for fault in self._faults.values()
            if fault.kind in kinds
            and fault.cluster in (None, cluster)
            and fault.params.get("how", "refuse") == how
        )
        return next(found, None)

    def error_for(self, cluster: str) -> Fault | None:
        """The `error` fault that the next request meets, by its rate."""
        fault = self.active("error", cluster)
        met = fault and self._random.random() < float(fault.params.get("rate", 1.0))
        return fault if met else None

    def node_lost(self, cluster: str, node: str) -> bool:
        """Whether nothing is heard of a node any more."""
        return bool(self._faults) and any(
            fault.kind == "node_lost"
            and fault.cluster in (None, cluster)
            and fnmatchcase(node, fault.params["node"])
            for fault in self._faults.values()
        )

    def hold_for(self, cluster: str, facts: Obj) -> Fault | None:
        """The `hold` that catches a request with these facts; counts it as used."""
        for fault in self._faults.values():
            usable = fault.kind == "hold" and fault.left > 0 and fault.cluster in (None, cluster)
            if usable and facts_fit(fault.params.get("match") or {}, facts):
                fault.left -= 1
                fault.held.append({key: facts[key] for key in MATCH_KEYS})
                return fault
        return None

    def image_fault(self, cluster: str, image: str) -> Fault | None:
        """The newest `image` fault of the cluster whose pattern fits the image."""
        return next((f for f in self._of_images(cluster) if image_fits(f.params["pattern"], image)), None)

    def image_rules(self, cluster: str) -> list[tuple[str, str]]:
        """(pattern, behaviour) of the `image` faults of the cluster, newest first."""
        return [(f.params["pattern"], f.params["behaviour"]) for f in self._of_images(cluster)]

    def _of_images(self, cluster: str) -> list[Fault]:
        return [f for f in self.all()[::-1] if f.kind == "image" and f.cluster in (None, cluster)]

    def _told(self) -> None:
        for listener in self._listeners:
            listener()
