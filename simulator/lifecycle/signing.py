"""What controllers write, with their names in managedFields as upstream's controllers leave them."""

from __future__ import annotations

from simulator.lifecycle.backend import Backend
from simulator.patches.fields import Fields, compared, decoded, difference, encoded, union
from simulator.patches.managers import UPDATE, Manager, after_update, written
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
    others = [entry for n, entry in enumerate(entries) if n != at]
    touched = union(changed, removed)
    if any(_overlap(entry["fieldsV1"], touched) for entry in others):
        signed = written(after_update(live, new, manager, subresource, kind.schema))
    elif at is None:
        me = Manager(manager, UPDATE, subresource, new["apiVersion"], stamp(), changed)
        signed = [*entries, *written((me,))]
    else:
        signed = [*entries[:at], _renewed(entries[at], changed, removed), *entries[at + 1 :]]
    return backend.store.put(key, {**new, "metadata": {**new["metadata"], "managedFields": signed}})


def _index(entries: list[Obj], manager: str, subresource: str) -> int | None:
    wanted = (manager, UPDATE, subresource)
    for n, entry in enumerate(entries):
        if (entry["manager"], entry["operation"], entry.get("subresource", "")) == wanted:
            return n
    return None


def _renewed(entry: Obj, changed: Fields, removed: Fields) -> Obj:
    """The entry of the writer itself; most often it owns already what it writes."""
    own = decoded(entry["fieldsV1"])
    if not removed and not difference(changed, own):
        return {**entry, "time": stamp()}
    return {**entry, "time": stamp(), "fieldsV1": encoded(union(difference(own, removed), changed))}


def _overlap(kept: Fields, touched: Fields) -> bool:
    """Whether a FieldsV1 value has a path of a set."""
    return any(
        key != "." and key in touched and (not inner or "." in touched[key] or _overlap(inner, touched[key]))
        for key, inner in kept.items()
    )
