"""metadata.managedFields read and written as one set of fields per manager."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.patches.fields import Fields, compared, decoded, difference, encoded, union
from simulator.patches.schema import Schema
from simulator.values import Obj, stamp

APPLY, UPDATE = "Apply", "Update"


@dataclass(frozen=True, slots=True)
class Manager:
    """One entry of managedFields."""

    name: str
    operation: str
    subresource: str
    api_version: str
    time: str
    fields: Fields

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two entries the same manager."""
        return self.name, self.operation, self.subresource


def read_managers(obj: Obj) -> tuple[Manager, ...]:
    """The managers an object records."""
    entries = obj["metadata"].get("managedFields") or ()
    return tuple(
        Manager(
            entry.get("manager", ""), entry.get("operation", UPDATE), entry.get("subresource", ""),
            entry.get("apiVersion", ""), entry.get("time", ""), decoded(entry.get("fieldsV1") or {}),
        )
        for entry in entries
    )  # fmt: skip


def written(managers: tuple[Manager, ...]) -> list[Obj]:
    """The managers as managedFields; those that own nothing are left out."""
    return [_entry(manager) for manager in managers if manager.fields]


def _entry(manager: Manager) -> Obj:
    entry: Obj = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        "time": manager.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": encoded(manager.fields),
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def after_update(live: Obj, new: Obj, name: str, subresource: str, schema: Schema) -> tuple[Manager, ...]:
    """Who owns what once `name` has changed `live` into `new` by anything but an apply.

    managedFields that come with the change itself count as asked for (kubectl moves owners that way).
    """
    changed, removed = compared(live, new, schema)
    touched = union(changed, removed)
    me = Manager(name, UPDATE, subresource, new["apiVersion"], stamp(), changed)
    result = []
    asked = new if new["metadata"].get("managedFields") else live
    for manager in read_managers(asked):
        if manager.identity == me.identity:
            kept = difference(manager.fields, removed)
            moved = bool(touched)
            time = me.time if moved else manager.time
            me = replace(me, fields=union(kept, changed), time=time)
        else:
            result.append(replace(manager, fields=difference(manager.fields, touched)))
    return (*result, me)
