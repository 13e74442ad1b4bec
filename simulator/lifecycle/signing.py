"""What controllers write, with their names in managedFields as upstream's controllers leave them."""

from __future__ import annotations

from simulator.lifecycle.backend import Backend
from simulator.patches.fields import compared, decoded, difference
from simulator.patches.managers import UPDATE, after_update, written
from simulator.values import Obj, stamp

CONTROLLERS = "kube-controller-manager"


def put_signed(
    backend: Backend,
    key: str,
    live: Obj,
    new: Obj,
    *,
    manager: str = CONTROLLERS,
    subresource: str = "status",
) -> Obj:
    """Store what a controller has made of `live`; answers it as stored. Status by default, as most of it is."""
    kind = backend.registry.by_key(key)
    entries = live["metadata"].get("managedFields") or []
    changed, removed = compared(live, new, kind.schema)
    at = _index(entries, manager, subresource)
    if at is not None and not removed and not difference(changed, decoded(entries[at]["fieldsV1"])):
        signed = [*entries[:at], {**entries[at], "time": stamp()}, *entries[at + 1 :]]
    else:
        signed = written(after_update(live, new, manager, subresource, kind.schema))
    return backend.store.put(key, {**new, "metadata": {**new["metadata"], "managedFields": signed}})


def _index(entries: list[Obj], manager: str, subresource: str) -> int | None:
    wanted = (manager, UPDATE, subresource)
    for n, entry in enumerate(entries):
        if (entry["manager"], entry["operation"], entry.get("subresource", "")) == wanted:
            return n
    return None
