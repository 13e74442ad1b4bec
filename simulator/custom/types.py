"""The types that a structural schema gives to the fields of a custom resource."""

from __future__ import annotations

from simulator.custom.structural import EMBEDDED, INT_OR_STRING, PRESERVE
from simulator.kinds.typed import TYPES
from simulator.patches.types import ANYTHING, LIST, MAP, STRUCT, Type
from simulator.values import Obj

METADATA = TYPES["meta.v1.ObjectMeta"]
TEXT = Type("string")
SCALARS = {"string": TEXT, "boolean": Type("bool"), "integer": Type("float64"), "number": Type("float64")}


def type_of_schema(schema: Obj, *, identified: bool = True) -> Type:
    """The type of what a schema describes; `identified` has a kind and metadata besides."""
    if schema.get(INT_OR_STRING):
        return Type("IntOrString")
    kind = schema.get("type")
    if kind == "array":
        return _list_type(schema)
    if kind == "object":
        return _object_type(schema, identified=identified or bool(schema.get(EMBEDDED)))
    return SCALARS.get(kind or "", ANYTHING)


def _list_type(schema: Obj) -> Type:
    items = schema.get("items")
    of = schema.get("x-kubernetes-list-type")
    return Type(
        LIST, item=type_of_schema(items, identified=False) if isinstance(items, dict) else ANYTHING,
        keys=tuple(schema.get("x-kubernetes-list-map-keys") or ()) if of == "map" else (), is_set=of == "set",
    )  # fmt: skip


def _object_type(schema: Obj, *, identified: bool) -> Type:
    atomic = schema.get("x-kubernetes-map-type") == "atomic"
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        return Type(MAP, item=type_of_schema(others, identified=False), atomic=atomic)
    if others is True:
        return Type(MAP, item=ANYTHING, atomic=atomic)
    fields = {
        name: type_of_schema(inner, identified=False)
        for name, inner in (schema.get("properties") or {}).items()
    }
    if identified:
        fields |= {"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA}
    return Type(STRUCT, fields=fields, atomic=atomic, open=bool(schema.get(PRESERVE)))
