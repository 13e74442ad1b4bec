"""Backups of clusters over the control API: take one, go back to one, which is undone by going back once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.store.backup import Backup
from simulator.values import Obj, stamp

if TYPE_CHECKING:
    from simulator.cluster import Cluster
    from simulator.fleet import Fleet

KEPT = 20  # each keeps the objects of its moment alive


class BadBackup(ValueError):
    """A backup or restore that cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One backup: of which cluster, when, and by what."""

    id: str
    cluster: str
    at: str
    why: str
    backup: Backup

    def shown(self) -> Obj:
        """The backup as the control API answers it."""
        return {"id": self.id, "cluster": self.cluster, "at": self.at, "why": self.why,
                "resourceVersion": str(self.backup.version), "objects": len(self.backup.objects)}  # fmt: skip


class Backups:
    """The last backups of a fleet, in memory."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._entries: dict[str, Entry] = {}
        self._count = 0

    def shown(self) -> list[Obj]:
        """All of them, oldest first."""
        return [entry.shown() for entry in self._entries.values()]

    def take(self, body: Obj) -> Obj:
        """Back up the `cluster`; BadBackup."""
        return self._take(self._cluster(body), "asked for").shown()

    def restore(self, body: Obj) -> Obj:
        """Bring the `cluster` back to a `backup` (its newest without one), perhaps with `bump`; BadBackup.

        The answer's `undo` is a backup of what was there just before.
        """
        cluster, bump = self._cluster(body), body.get("bump", 0)
        mine = [entry for entry in self._entries.values() if entry.cluster == cluster.name]
        found = [entry for entry in mine if body.get("backup") in (None, entry.id)]
        if not found:
            raise BadBackup(
                f"{cluster.name} has no such backup; there are: {', '.join(e.id for e in mine) or 'none'}"
            )
        if not isinstance(bump, int) or isinstance(bump, bool) or not 0 <= bump <= 2**40:
            raise BadBackup("bump is a whole number from 0")
        before = self._take(cluster, f"before the restore of {found[-1].id}")
        cluster.go_back(found[-1].backup, bump)
        return {"restored": found[-1].id, "undo": before.id}

    def _cluster(self, body: Obj) -> Cluster:
        name: Any = body.get("cluster")
        cluster = self._fleet.clusters.get(name) if isinstance(name, str) else None
        if cluster is None:
            raise BadBackup(f"there is no cluster {name!r}; there are: {', '.join(self._fleet.clusters)}")
        return cluster

    def _take(self, cluster: Cluster, why: str) -> Entry:
        self._count += 1
        entry = Entry(f"b{self._count}", cluster.name, stamp(), why, cluster.backup())
        self._entries[entry.id] = entry
        while len(self._entries) > KEPT:
            del self._entries[next(iter(self._entries))]
        return entry
