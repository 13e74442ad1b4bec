"""What the schema in a definition has to be like. Source: apiextensions-apiserver/pkg/apis/apiextensions/validation."""

from __future__ import annotations

import re

from simulator.custom.structural import INT_OR_STRING, PRESERVE, TYPES, schema_causes
from simulator.kinds.causes import forbidden_value, invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.values import Obj

OF_FIELDS, OF_ITEMS = (
    f"must not be empty for specified {where}" for where in ("object fields", "array items")
)


def definition_schema_causes(
    schema: Obj, at: str, untyped: str = "must not be empty at the root"
) -> list[Cause]:
    """What a real server would refuse about a schema and those in it; `untyped` says that there is no type."""
    causes = [*_type_causes(schema, at, untyped), *_list_causes(schema, at), *_default_causes(schema, at)]
    fields, others, items = (
        schema.get("properties") or {},
        schema.get("additionalProperties"),
        schema.get("items"),
    )
    if fields and others:
        causes.append(
            forbidden_value(
                f"{at}.additionalProperties", "additionalProperties and properties are mutual exclusive"
            )
        )
    for name, inner in fields.items():
        causes += definition_schema_causes(inner, f"{at}.properties[{name}]", OF_FIELDS)
    if isinstance(others, dict):
        causes += definition_schema_causes(others, f"{at}.additionalProperties", OF_FIELDS)
    if isinstance(items, dict):
        causes += definition_schema_causes(items, f"{at}.items", OF_ITEMS)
    return causes


def _type_causes(schema: Obj, at: str, untyped: str) -> list[Cause]:
    kind = schema.get("type")
    if kind and kind not in TYPES:
        return [unsupported(f"{at}.type", kind, sorted(TYPES))]
    if not kind and not schema.get(INT_OR_STRING) and not schema.get(PRESERVE):
        return [required(f"{at}.type", untyped)]
    return []


def _list_causes(schema: Obj, at: str) -> list[Cause]:
    causes = []
    if schema.get("type") == "array" and schema.get("items") is None:
        causes.append(required(f"{at}.items", "must be specified"))
    if schema.get("x-kubernetes-list-type") == "map" and not schema.get("x-kubernetes-list-map-keys"):
        words = "must not be empty if x-kubernetes-list-type is map"
        causes.append(required(f"{at}.x-kubernetes-list-map-keys", words))
    return causes


def _default_causes(schema: Obj, at: str) -> list[Cause]:
    pattern = schema.get("pattern") or ""
    try:
        re.compile(pattern)
    except re.error as error:
        words = f"must be a valid regular expression, but isn't: {error}"
        return [invalid_value(f"{at}.pattern", pattern, words)]
    if schema.get("default") is None or schema.get("type") not in TYPES:
        return []
    found = schema_causes(schema["default"], schema, "", False)
    return [Cause(f"{at}.default{cause.field}", cause.message, cause.reason) for cause in found]
