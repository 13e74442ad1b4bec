"""Who owns whom: the dependents of an object by the owner's UID."""

from __future__ import annotations

from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj, full_name

Key = tuple[str, str, str]  # kind, namespace, name


class Owners:
    """An index over metadata.ownerReferences, kept by listening to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_owner: dict[str, dict[Key, None]] = {}
        self._places: dict[str, Key] = {}
        for kind in store.kinds():
            for obj in store.each(kind):
                self._add(kind, obj)
                self._places[obj["metadata"]["uid"]] = (kind, *full_name(obj))
        store.listen(self._follow)

    def dependents(self, uid: str, kind: str | None = None) -> list[Obj]:
        """The objects that name this UID as an owner (of the kind), oldest first."""
        keys = tuple(self._by_owner.get(uid, ()))
        found = (self._store.get(*key) for key in keys if kind is None or key[0] == kind)
        return [obj for obj in found if obj is not None]

    def keys(self, uid: str) -> tuple[Key, ...]:
        """The keys of the objects that name this UID as an owner."""
        return tuple(self._by_owner.get(uid, ()))

    def place(self, uid: str) -> Key | None:
        """Where the object with this UID is; None when there is none (Events are not known)."""
        return self._places.get(uid)

    def _follow(self, commit: Commit) -> None:
        if commit.kind != "events":
            self._follow_place(commit)
        old = commit.old["metadata"].get("ownerReferences") if commit.old else None
        new = commit.new["metadata"].get("ownerReferences")
        if commit.type == DELETED:
            self._drop(commit.kind, commit.new)
        elif old is not new and old != new:
            if commit.old:
                self._drop(commit.kind, commit.old)
            self._add(commit.kind, commit.new)

    def _follow_place(self, commit: Commit) -> None:
        uid, old = commit.new["metadata"]["uid"], commit.old
        if commit.type == DELETED:
            self._places.pop(uid, None)
        elif old is None or old["metadata"]["uid"] != uid:
            if old is not None:  # put in the place of another, as a restore does
                self._places.pop(old["metadata"]["uid"], None)
            self._places[uid] = (commit.kind, *full_name(commit.new))

    def _add(self, kind: str, obj: Obj) -> None:
        for owner in obj["metadata"].get("ownerReferences") or ():
            self._by_owner.setdefault(owner["uid"], {})[(kind, *full_name(obj))] = None

    def _drop(self, kind: str, obj: Obj) -> None:
        for owner in obj["metadata"].get("ownerReferences") or ():
            keys = self._by_owner.get(owner["uid"], {})
            keys.pop((kind, *full_name(obj)), None)
            if not keys:
                self._by_owner.pop(owner["uid"], None)


def controller_of(obj: Obj) -> Obj | None:
    """The owner reference with `controller: true`, or None."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return owner  # type: ignore[no-any-return]
    return None


def controllers_of(commit: Commit) -> list[Obj]:
    """The references to the controller that an object has after a commit, and to one that it had before."""
    found, old = controller_of(commit.new), commit.old
    if old is None or old["metadata"].get("ownerReferences") is commit.new["metadata"].get("ownerReferences"):
        return [found] if found else []
    before = controller_of(old)
    return [one for one in (found, before if before != found else None) if one]
