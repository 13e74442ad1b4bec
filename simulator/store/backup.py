"""A backup of a cluster's store, and going back to it, as with a snapshot of etcd."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.store.store import Store
from simulator.values import Obj, full_name

Key = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True, slots=True)
class Backup:
    """Everything in a store at a version. Objects are never changed in place, so keeping them is no copying."""

    version: int
    objects: dict[Key, Obj]


def backup_of(store: Store) -> Backup:
    """What is in the store now."""
    return Backup(
        store.version, {(kind, *full_name(obj)): obj for kind in store.kinds() for obj in store.each(kind)}
    )


def drop_newer(store: Store, backup: Backup) -> None:
    """Take away what the backup does not have."""
    for key in backup_of(store).objects.keys() - backup.objects.keys():
        store.remove(*key)


def go_back(store: Store, backup: Backup, bump: int = 0) -> None:
    """Make the store, from which all that is newer was dropped, what it was, with the UIDs and resourceVersions of then; what comes next gets versions that
    were given before, unless they are bumped (`etcdutl snapshot restore --bump-revision`). There is no history.

    Listeners hear of each difference; the versions that they see meanwhile are nobody else's.
    """
    for key, obj in backup.objects.items():
        if store.get(*key) is not obj:
            store.put(key[0], obj)
            store.restore(key[0], obj)
    store.version = backup.version + bump
    store.compact()
