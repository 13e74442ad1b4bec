"""A store as it once was, for reads that are answered from the past."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.store.store import Commit, Store, as_of
from simulator.values import Obj, full_name


class Past:
    """The store as it was at a version, which stays so while the store goes on: `note` has to hear of every commit.

    It cannot be older than the store's history.
    """

    def __init__(self, store: Store, version: int) -> None:
        self._store = store
        self.compacted = store.compacted
        self.version = max(version, store.compacted)
        self.history = [commit for commit in store.history if commit.version <= self.version]
        self._before: dict[str, dict[tuple[str, str], Obj | None]] = {}
        for commit in store.history:
            if commit.version > self.version:
                self.note(commit)

    def note(self, commit: Commit) -> None:
        """Keep what a change has replaced, unless it was changed since then already."""
        self._before.setdefault(commit.kind, {}).setdefault(full_name(commit.new), commit.old)

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """The object as it was then, or None."""
        before = self._before.get(kind, {})
        key = (namespace, name)
        return before[key] if key in before else self._store.get(kind, namespace, name)

    def each(self, kind: str, namespace: str | None = None) -> Iterator[Obj]:
        """The objects of a kind as they were then, in the order of their keys."""
        found: dict[tuple[str, str], Obj | None] = {
            full_name(obj): obj for obj in self._store.each(kind, namespace)
        }
        found |= {key: obj for key, obj in self._before.get(kind, {}).items() if namespace in (None, key[0])}
        for key in sorted(found):
            obj = found[key]
            if obj is not None:
                yield obj

    def listed(self, kind: str, namespace: str | None = None) -> list[Obj]:
        """The same as a list."""
        return list(self.each(kind, namespace))

    def listed_at(self, version: int, kind: str, namespace: str | None = None) -> list[Obj]:
        """`listed` as it was at a version that is not older than the history."""
        return as_of(version, self.each(kind, namespace), self.history, kind, namespace)


def version_before(store: Store, moment: float) -> int:
    """The version that a store had at a moment (monotonic seconds), as far as its history goes back."""
    newer = next((commit for commit in store.history if commit.at > moment), None)
    return store.version if newer is None else newer.version - 1
