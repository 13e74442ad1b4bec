"""The kinds that a CustomResourceDefinition serves."""

from __future__ import annotations

from collections.abc import Callable

from simulator.custom.columns import cells_of, columns_of
from simulator.custom.structural import PRESERVE, fill_defaults, pruned, schema_causes, without_nulls
from simulator.custom.types import type_of_schema
from simulator.kinds.kind import Cause, Kind, ScalePaths
from simulator.patches.types import TypedSchema
from simulator.values import Obj, dig

SCALE_PATHS = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
CLOSED = "create not allowed while custom resource definition is terminating"


def kinds_of(definition: Obj, closed: bool = False) -> tuple[Kind, ...]:
    """A Kind per served version, that of the storage version last; `closed` takes no new objects."""
    versions = [version for version in definition["spec"]["versions"] if version.get("served")]
    return tuple(_kind(definition, v, closed) for v in sorted(versions, key=lambda v: bool(v.get("storage"))))


def _kind(definition: Obj, version: Obj, closed: bool) -> Kind:
    spec, names = definition["spec"], definition["spec"]["names"]
    schema: Obj = dig(version, "schema", "openAPIV3Schema") or {}
    subresources = {"status"} if dig(version, "subresources", "status") is not None else set()
    scale: Obj = dig(version, "subresources", "scale") or {}
    if scale:
        subresources.add("scale")
    type_ = type_of_schema(schema or {"type": "object", PRESERVE: True})
    selectable = [entry["jsonPath"] for entry in version.get("selectableFields") or ()]
    return Kind(
        spec["group"], version["name"], names["kind"], names["plural"], namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular") or "", short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()), subresources=frozenset(subresources),
        has_generation=True, default=_defaulter(schema), validate=_validator(schema), columns=columns_of(version),
        cells=cells_of(version), type=type_, schema=TypedSchema(root=type_), custom=True, versioned=True, published=schema,
        scale=ScalePaths(*(_steps(scale.get(name)) for name in SCALE_PATHS)),
        closed=CLOSED if closed else "",
        field_labels={path.removeprefix("."): tuple(path.removeprefix(".").split(".")) for path in selectable},
        without_nulls=lambda obj: without_nulls(obj, schema),
        without_unknown=lambda obj: pruned(obj, schema),
    )  # fmt: skip


def _steps(path: str | None) -> tuple[str, ...]:
    return tuple(step for step in (path or "").split(".") if step)


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
