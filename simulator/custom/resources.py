"""The kinds that a CustomResourceDefinition serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.custom.columns import cells_of, columns_of
from simulator.custom.structural import fill_defaults, pruned, schema_causes
from simulator.kinds.kind import Cause, Kind
from simulator.patches.schema import MERGED_SETS, Path, Schema
from simulator.values import Obj, dig

CLOSED = "create not allowed while custom resource definition is terminating"


@dataclass(frozen=True, slots=True)
class CustomSchema(Schema):
    """List types from x-kubernetes-list-type; nothing is taken from the names of fields."""

    sets: frozenset[Path] = field(default_factory=frozenset)
    atomic: frozenset[Path] = field(default_factory=frozenset)

    def merge_key(self, path: Path) -> str | None:  # noqa: ARG002
        """None: custom resources know no strategic merge."""
        return None

    def apply_keys(self, path: Path) -> tuple[str, ...] | None:
        """The keys of an associative list; None: the list is not one."""
        return ("uid",) if path == ("metadata", "ownerReferences") else self.keyed.get(path)

    def is_set(self, path: Path) -> bool:
        """Whether the list at the path is a set of scalars."""
        return path in self.sets or (path[0] == "metadata" and path[-1] in MERGED_SETS)

    def is_atomic_map(self, path: Path) -> bool:
        """Whether the map at the path is owned and replaced as a whole."""
        return path in self.atomic


def kinds_of(definition: Obj, closed: bool = False) -> tuple[Kind, ...]:
    """A Kind per served version, that of the storage version last; `closed` takes no new objects."""
    versions = [version for version in definition["spec"]["versions"] if version.get("served")]
    return tuple(_kind(definition, v, closed) for v in sorted(versions, key=lambda v: bool(v.get("storage"))))


def _kind(definition: Obj, version: Obj, closed: bool) -> Kind:
    spec, names = definition["spec"], definition["spec"]["names"]
    schema: Obj = dig(version, "schema", "openAPIV3Schema") or {}
    subresources = {"status"} if dig(version, "subresources", "status") is not None else set()
    if dig(version, "subresources", "scale", "specReplicasPath") == ".spec.replicas":
        subresources.add("scale")
    selectable = [entry["jsonPath"] for entry in version.get("selectableFields") or ()]
    return Kind(
        spec["group"], version["name"], names["kind"], names["plural"], namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular") or "", short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()), subresources=frozenset(subresources),
        has_generation=True, default=_defaulter(schema), validate=_validator(schema), columns=columns_of(version),
        cells=cells_of(version), schema=_apply_schema(schema), custom=True, published=schema, closed=CLOSED if closed else "",
        field_labels={path.removeprefix("."): tuple(path.removeprefix(".").split(".")) for path in selectable},
        without_unknown=lambda obj: pruned(obj, schema),
    )  # fmt: skip


def _defaulter(schema: Obj) -> Callable[[Obj], None]:
    def default(draft: Obj) -> None:
        """Without unknown fields, with the schema's defaults."""
        known, _ = pruned(draft, schema)
        fill_defaults(known, schema)
        draft.clear()
        draft.update(known)

    return default


def _validator(schema: Obj) -> Callable[[Obj, Obj | None], list[Cause]]:
    def validate(new: Obj, old: Obj | None) -> list[Cause]:
        """What the schema forbids."""
        return list(schema_causes(new, schema))

    return validate


def _apply_schema(schema: Obj) -> CustomSchema:
    keyed: dict[Path, tuple[str, ...]] = {}
    sets: set[Path] = set()
    atomic: set[Path] = set()

    def walk(inner: Obj, path: Path) -> None:
        kind = inner.get("x-kubernetes-list-type")
        if kind == "map":
            keyed[path] = tuple(inner.get("x-kubernetes-list-map-keys") or ())
        elif kind == "set":
            sets.add(path)
        if inner.get("x-kubernetes-map-type") == "atomic":
            atomic.add(path)
        for name, entry in (inner.get("properties") or {}).items():
            walk(entry, (*path, name))
        if isinstance(inner.get("items"), dict):
            walk(inner["items"], path)

    walk(schema, ())
    return CustomSchema(keyed, frozenset(sets), frozenset(atomic))
