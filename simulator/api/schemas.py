"""OpenAPI schemas of the kinds: of the built-in ones what fields there are and of which type, without words; of custom
resources what their definition says."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.kinds.kind import Kind
from simulator.kinds.messages import Field, message_name, messages
from simulator.values import Obj

META, TEXT = "io.k8s.apimachinery.pkg.apis.meta.v1", {"type": "string"}
OBJECT_META = f"{META}.ObjectMeta"
PLAIN: dict[str, Obj] = {
    "string": TEXT, "bytes": {"type": "string", "format": "byte"}, "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"}, "int64": {"type": "integer", "format": "int64"},
    "time": {"type": "string", "format": "date-time"}, "microtime": {"type": "string", "format": "date-time"},
    "json": {"type": "object"},
}  # fmt: skip
NAMED: dict[str, tuple[str, Obj]] = {
    "quantity": ("io.k8s.apimachinery.pkg.api.resource.Quantity", {"oneOf": [TEXT, {"type": "number"}]}),
    "intstr": ("io.k8s.apimachinery.pkg.util.intstr.IntOrString",
               {"format": "int-or-string", "oneOf": [{"type": "integer"}, TEXT]}),
}  # fmt: skip


def schemas_of(kinds: tuple[Kind, ...]) -> dict[str, Obj]:
    """The schemas of these kinds and of all they refer to, by name."""
    roots = {message_name(kind.api_version, kind.kind): kind for kind in kinds if not kind.custom}
    found: dict[str, Obj] = dict(NAMED.values())
    for name in _reached([*roots, "meta/v1.ObjectMeta"]):
        schema = _schema(name)
        found[_public(name)] = _rooted(schema, roots[name]) if name in roots else schema
    for kind in kinds:
        if kind.custom:
            found[_custom_name(kind)] = _rooted(kind.published, kind)
    return found


def _reached(names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in messages() and name not in seen:
            seen.add(name)
            names += [field.type for field in messages()[name].values()]
            yield name


def _schema(name: str) -> Obj:
    fields = list(_flat(name))
    required = [field.name for field in fields if field.mark == "!"]
    schema: Obj = {"type": "object", "properties": {field.name: _type(field) for field in fields}}
    return {**schema, "required": required} if required else schema


def _flat(name: str) -> Iterator[Field]:
    for field in messages()[name].values():
        if field.mark == "+":
            yield from _flat(field.type)
        else:
            yield field


def _type(field: Field) -> Obj:
    one = PLAIN.get(field.type) or {"$ref": f"#/components/schemas/{_public(field.type)}"}
    if field.many == "[]":
        return {"type": "array", "items": one}
    return {"type": "object", "additionalProperties": one} if field.many else one


def _public(name: str) -> str:
    if name in NAMED:
        return NAMED[name][0]
    package, _, message = name.partition(".")
    return (
        f"{META}.{message}" if package == "meta/v1" else f"io.k8s.api.{package.replace('/', '.')}.{message}"
    )


def _custom_name(kind: Kind) -> str:
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])


def _rooted(schema: Obj, kind: Kind) -> Obj:
    """With what every object has, and the kind by which clients find it."""
    own = {"apiVersion": TEXT, "kind": TEXT, "metadata": {"$ref": f"#/components/schemas/{OBJECT_META}"}}
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        **schema,
        "properties": {**schema.get("properties", {}), **own},
        "x-kubernetes-group-version-kind": [gvk],
    }
