"""What every operation on objects needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.kinds.kind import Cause
from simulator.kinds.registry import Registry
from simulator.store.owners import Owners
from simulator.store.store import Store
from simulator.values import Obj


class Addresses(Protocol):
    """Gives Services their cluster IP and node ports."""

    def assign(self, draft: Obj, old: Obj | None, dry_run: bool) -> list[Cause]:
        """Fill in the addresses of a Service draft; answers why that is impossible."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The objects of one cluster and the facts about their kinds."""

    store: Store
    registry: Registry
    owners: Owners
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: the field manager and how managedFields names the operation."""

    manager: str
    subresource: str = ""
    dry_run: bool = False
