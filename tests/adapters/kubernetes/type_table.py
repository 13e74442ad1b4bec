"""The table of types that `simulator/kinds/types.json` holds, made from the OpenAPI of a real API server."""

from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]
PLAIN = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "Time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "Time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
}
FORMATS = {"int32": "int32", "int64": "int64", "byte": "bytes", "double": "float64"}
SCALARS = {"boolean": "bool", "integer": "int64", "number": "float64", "string": "string", "object": "any"}


def table_of(documents: Iterable[Document], kinds: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """`{"kinds": {"apps/v1 Deployment": TYPE}, "types": {TYPE: {FIELD: WORD}}}` of (group, version, kind)s.

    A word is a type with `[]` or `{}` before it for lists and maps, and `!` after it when apply replaces it as a
    whole. Then follow `atomic` (a map that is replaced as a whole), `always` (written even when it is empty), `set`
    or `by KEY,KEY` (what apply knows items by), and `merge KEY` (what a strategic patch knows them by).
    """
    schemas: Document = {}
    for document in documents:
        schemas |= document["components"]["schemas"]
    roots = {_kind_name(schema): name for name, schema in schemas.items() if _kind_name(schema)}
    wanted = {f"{group}/{version} {kind}".lstrip("/") for group, version, kind in kinds}
    found = {word: roots[word] for word in sorted(wanted & roots.keys())}
    types: Document = {}
    for name in found.values():
        _add(name, schemas, types)
    return {
        "kinds": {word: short(name) for word, name in found.items()},
        "types": dict(sorted(types.items())),
    }


def short(name: str) -> str:
    """`io.k8s.api.apps.v1.DeploymentSpec` as `apps.v1.DeploymentSpec`."""
    return ".".join(name.split(".")[-3:])


def _kind_name(schema: Document) -> str:
    """`apps/v1 Deployment` for the schema of that kind alone."""
    names = schema.get("x-kubernetes-group-version-kind") or []
    if len(names) != 1 or "properties" not in schema or "metadata" not in schema["properties"]:
        return ""
    (one,) = names
    return f"{one['group']}/{one['version']} {one['kind']}".lstrip("/")


def _add(name: str, schemas: Document, types: Document) -> None:
    if short(name) in types or name in PLAIN or "properties" not in schemas[name]:
        return
    fields: dict[str, str] = {}
    types[short(name)] = fields
    for field, schema in schemas[name]["properties"].items():
        required = field in schemas[name].get("required", ())
        fields[field] = _word(schema, schemas) + _extras(schema, required=required)
        for reference in _references(schema):
            _add(reference, schemas, types)


def _reference(schema: Document) -> str:
    for part in (schema, *schema.get("allOf", ())):
        if "$ref" in part:
            return str(part["$ref"]).rpartition("/")[2]
    return ""


def _references(schema: Document) -> list[str]:
    inner = [schema.get("items"), schema.get("additionalProperties")]
    below = [name for one in inner if isinstance(one, dict) for name in _references(one)]
    return [name for name in (_reference(schema), *below) if name]


def _word(schema: Document, schemas: Document) -> str:
    reference = _reference(schema)
    if reference in PLAIN:
        return PLAIN[reference]
    if reference:
        atomic = "!" if schemas[reference].get("x-kubernetes-map-type") == "atomic" else ""
        return short(reference) + atomic if "properties" in schemas[reference] else "any"
    if schema.get("type") == "array":
        return "[]" + _word(schema["items"], schemas)
    if isinstance(schema.get("additionalProperties"), dict):
        return "{}" + _word(schema["additionalProperties"], schemas)
    return FORMATS.get(schema.get("format", ""), SCALARS.get(schema.get("type", ""), "any"))


def _extras(schema: Document, *, required: bool) -> str:
    words = ""
    if schema.get("x-kubernetes-map-type") == "atomic":
        words += " atomic"
    if schema.get("default") == {} or (required and schema.get("type") == "array"):
        words += " always"
    kind = schema.get("x-kubernetes-list-type")
    if kind == "map":
        words += " by " + ",".join(schema["x-kubernetes-list-map-keys"])
    elif kind == "set":
        words += " set"
    if "merge" in schema.get("x-kubernetes-patch-strategy", ""):
        words += f" merge {schema.get('x-kubernetes-patch-merge-key', '')}".rstrip()
    return words
