"""Who wrote which field: `metadata.managedFields`, read.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .manifests import Manifest, mapping, objects

OURS = "drover"
# Managers that write what Kubernetes itself has to: that is no change by a person or a tool.
CONTROLLERS = frozenset(
    {"kube-controller-manager", "kube-scheduler", "kube-apiserver", "kubelet", "cloud-controller-manager"}
)
PROTOCOL = "TCP"  # what a port has that names none


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a field, the place `index` of a list, or the item of a list that has `keys`."""

    field: str = ""
    index: int = -1
    keys: tuple[tuple[str, Any], ...] = ()


Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """One manager of an object, when it wrote last (RFC 3339), and the tree of its fields (FieldsV1)."""

    manager: str
    at: str
    fields: Manifest = field(hash=False)


def owners(live: Manifest) -> tuple[Owner, ...]:
    """The managers of `live`, the latest first; those that only write its status are left out."""
    entries = objects(mapping(live.get("metadata")).get("managedFields"))
    found = [
        Owner(str(entry.get("manager", "")), str(entry.get("time", "")), mapping(entry.get("fieldsV1")))
        for entry in entries
        if entry.get("subresource") != "status"
    ]
    return tuple(sorted(found, key=lambda owner: (owner.at, owner.manager), reverse=True))


def foreign(found: Sequence[Owner]) -> tuple[Owner, ...]:
    """Those that are neither we nor a controller of Kubernetes."""
    return tuple(owner for owner in found if owner.manager not in CONTROLLERS | {OURS})


def owner_of(found: Sequence[Owner], path: Path) -> Owner | None:
    """Who owns the field at `path`: another manager rather than we; None for nobody."""
    owning = [owner for owner in found if _owns(owner.fields, path)]
    return next((owner for owner in owning if owner.manager != OURS), next(iter(owning), None))


def _owns(tree: Mapping[str, Any], path: Path) -> bool:
    """An empty tree on the way means that all below is one value."""
    for step in path:
        child = next((sub for key, sub in tree.items() if is_step(key, step)), None)
        if child is None:
            return False
        if not child:
            return True
        tree = mapping(child)
    return bool(path)


def is_step(key: str, step: Step) -> bool:
    """Whether the FieldsV1 key (`f:spec`, `k:{"name":"api"}`) is that of `step`."""
    if step.keys:
        return key.startswith("k:") and has_keys(_keys(key), step.keys)
    return bool(step.field) and key == f"f:{step.field}"


def has_keys(item: Mapping[str, Any], keys: Sequence[tuple[str, Any]]) -> bool:
    """Whether `item` is the one of its list that has `keys`."""
    return all(item.get(name, PROTOCOL if name == "protocol" else None) == value for name, value in keys)


def children(tree: Mapping[str, Any]) -> Iterator[tuple[Step | str, Manifest]]:
    """The fields and items of a tree, sorted; the members of a set as the value that they are."""
    for key, sub in sorted(tree.items()):
        if key.startswith("f:"):
            yield Step(field=key[2:]), mapping(sub)
        elif key.startswith("k:") and (keys := _keys(key)):
            yield Step(keys=tuple(sorted(keys.items()))), mapping(sub)
        elif key.startswith("v:"):
            yield key[2:], {}


def _keys(key: str) -> Manifest:
    try:
        return mapping(json.loads(key[2:]))
    except ValueError:
        return {}
