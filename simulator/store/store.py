"""Objects by kind, namespace and name; one resource version counter; commits told to listeners."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from simulator.values import Obj, full_name, packed

HISTORY_LENGTH = 2048  # commits kept for watchers that resume; older ones answer 410

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


class Commit:
    """One change. `old` is None for a creation; `new` is the last state even for a deletion; `at` is monotonic."""

    __slots__ = ("_body", "at", "kind", "new", "old", "type", "version")

    def __init__(self, kind: str, type_: str, version: int, old: Obj | None, new: Obj) -> None:
        self.kind, self.type, self.version, self.old, self.new = kind, type_, version, old, new
        self.at = time.monotonic()
        self._body: bytes | None = None

    def line(self, type_: str) -> bytes:
        """The watch event of this commit as one line; the object is serialised only once."""
        if self._body is None:
            self._body = packed(self.new)
        return b'{"type":"%b","object":%b}\n' % (type_.encode(), self._body)


Listener = Callable[[Commit], None]


class Store:
    """All objects of a cluster. Kinds are named by registry keys such as `apps/deployments`.

    Objects handed in belong to the store afterwards and are never changed in place.
    """

    def __init__(self, history_length: int = HISTORY_LENGTH) -> None:
        self.version = 1
        self.compacted = 0
        self.history: deque[Commit] = deque(maxlen=history_length)
        self._kinds: dict[str, dict[str, dict[str, Obj]]] = {}
        self._listeners: dict[str, list[Listener]] = {}
        self._all_listeners: list[Listener] = []

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """The object, or None."""
        return self._kinds.get(kind, {}).get(namespace, {}).get(name)

    def each(self, kind: str, namespace: str | None = None) -> Sequence[Obj]:
        """The objects of a kind as they are now, in no particular order; of all namespaces when None."""
        spaces = self._kinds.get(kind, {})
        if namespace is not None:
            return tuple(spaces[namespace].values()) if namespace in spaces else ()
        return [obj for names in spaces.values() for obj in names.values()]

    def listed(self, kind: str, namespace: str | None = None) -> list[Obj]:
        """The objects of a kind in the order of their keys, as etcd returns them."""
        return sorted(self.each(kind, namespace), key=full_name)

    def listed_at(self, version: int, kind: str, namespace: str | None = None) -> list[Obj]:
        """`listed` as it was at a version that is not older than the history."""
        if version >= self.version:
            return self.listed(kind, namespace)
        return as_of(version, self.each(kind, namespace), self.history, kind, namespace)

    def kinds(self) -> tuple[str, ...]:
        """The kinds that have ever had an object."""
        return tuple(self._kinds)

    def listen(self, listener: Listener, kind: str | None = None) -> None:
        """Call the listener after each commit (of the kind); it must not commit itself."""
        if kind is None:
            self._all_listeners.append(listener)
        else:
            self._listeners.setdefault(kind, []).append(listener)

    def put(self, kind: str, obj: Obj) -> Obj:
        """Create or replace; answers the object as stored, with its new resourceVersion."""
        namespace, name = full_name(obj)
        names = self._kinds.setdefault(kind, {}).setdefault(namespace, {})
        old = names.get(name)
        new = self._next(obj)
        names[name] = new
        self._tell(Commit(kind, MODIFIED if old else ADDED, self.version, old, new))
        return new

    def remove(self, kind: str, namespace: str, name: str) -> Obj | None:
        """Take the object away; answers its last state with a new version, None if it was gone."""
        names = self._kinds.get(kind, {}).get(namespace, {})
        old = names.pop(name, None)
        if old is None:
            return None
        last = self._next(old)
        if not names:
            self._kinds[kind].pop(namespace, None)
        self._tell(Commit(kind, DELETED, self.version, old, last))
        return last

    def forget(self, kind: str) -> None:
        """Forget a kind that has no objects any more."""
        if not self._kinds.get(kind):
            self._kinds.pop(kind, None)

    def compact(self) -> None:
        """Forget the history: a watch from an older version answers 410 from now on."""
        self.history.clear()
        self.compacted = self.version

    def restore(self, kind: str, obj: Obj) -> None:
        """Put back an object from a snapshot as it is: no new version, no commit."""
        namespace, name = full_name(obj)
        self._kinds.setdefault(kind, {}).setdefault(namespace, {})[name] = obj

    def _next(self, obj: Obj) -> Obj:
        self.version += 1
        meta = dict(obj["metadata"])
        meta["resourceVersion"] = str(self.version)
        return {**obj, "metadata": meta}

    def _tell(self, commit: Commit) -> None:
        if len(self.history) == self.history.maxlen:
            self.compacted = self.history[0].version
        self.history.append(commit)
        for listener in self._all_listeners:
            listener(commit)
        for listener in self._listeners.get(commit.kind, ()):
            listener(commit)


def as_of(
    version: int, objects: Iterable[Obj], history: Sequence[Commit], kind: str, namespace: str | None
) -> list[Obj]:
    """The objects of a kind at the end of a history as they were at a version of it, in the order of their keys."""
    found = {full_name(obj): obj for obj in objects}
    for commit in reversed(history):
        if commit.version <= version:
            break
        key = full_name(commit.new)
        if commit.kind != kind or namespace not in (None, key[0]):
            continue
        if commit.old is None:
            found.pop(key, None)
        else:
            found[key] = commit.old
    return [found[key] for key in sorted(found)]
