"""The kinds a cluster serves, found by path, by key and by group."""

from __future__ import annotations

from simulator.kinds import (
    apps,
    autoscaling,
    coordination,
    core,
    daemon_sets,
    definitions,
    events,
    gateways,
    jobs,
    metrics,
    networking,
    policy,
    rights,
    services,
    stateful_sets,
    storage,
)
from simulator.kinds.kind import Kind
from simulator.kinds.typed import typed

GROUPS = (
    core, services, events, storage, apps, stateful_sets, daemon_sets, jobs, policy, autoscaling, networking, gateways,
    coordination, rights, definitions, metrics,
)  # fmt: skip
BUILT_IN_KINDS: tuple[Kind, ...] = tuple(typed(kind) for group in GROUPS for kind in group.KINDS)


class Registry:
    """A cluster's kinds; kinds may come and go (custom resources)."""

    def __init__(self, kinds: tuple[Kind, ...] = BUILT_IN_KINDS) -> None:
        self._by_path: dict[tuple[str, str, str], Kind] = {}
        self._by_key: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, kind: Kind) -> None:
        """Serve the kind from now on."""
        self._by_path[(kind.group, kind.version, kind.plural)] = kind
        self._by_key[kind.key] = kind

    def remove(self, kind: Kind) -> None:
        """Serve this version no longer."""
        self._by_path.pop((kind.group, kind.version, kind.plural), None)
        left = [other for other in self._by_path.values() if other.key == kind.key]
        if left:
            self._by_key[kind.key] = left[-1]
        else:
            self._by_key.pop(kind.key, None)

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind at a REST path."""
        return self._by_path.get((group, version, plural))

    def has_group(self, group: str) -> bool:
        """Whether anything of the group is served."""
        return any(found == group for found, _, _ in self._by_path)

    def by_key(self, key: str) -> Kind:
        """The kind with this store key; KeyError when there is none."""
        return self._by_key[key]

    def all(self) -> tuple[Kind, ...]:
        """Every kind."""
        return tuple(self._by_path.values())

    def groups(self) -> tuple[tuple[str, str], ...]:
        """The (group, version) pairs served; the core group is empty and comes first."""
        return tuple(sorted({(kind.group, kind.version) for kind in self.all()}))

    def of_group(self, group: str, version: str) -> tuple[Kind, ...]:
        """The kinds of a group version by name."""
        found = (kind for kind in self.all() if (kind.group, kind.version) == (group, version))
        return tuple(sorted(found, key=lambda kind: kind.plural))
