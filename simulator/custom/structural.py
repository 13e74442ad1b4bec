"""Structural schemas: prune, default and validate values. Source: k8s.io/apiextensions-apiserver/pkg/apiserver.

CEL rules (x-kubernetes-validations) and formats other than date-time are not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from simulator.kinds.kind import Cause
from simulator.values import Obj, copied, parse_stamp

PRESERVE, INT_OR_STRING = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
EMBEDDED = "x-kubernetes-embedded-resource"
IDENTITY = frozenset({"apiVersion", "kind", "metadata"})
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float),
}  # fmt: skip


def pruned(value: Any, schema: Obj, path: str = "", root: bool = True) -> tuple[Any, list[str]]:
    """(the value without fields the schema does not know, the paths of those)."""
    if isinstance(value, dict):
        return _pruned_map(value, schema, path, root or bool(schema.get(EMBEDDED)))
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        pairs = [pruned(item, schema["items"], f"{path}[{n}]", False) for n, item in enumerate(value)]
        return [item for item, _ in pairs], [name for _, names in pairs for name in names]
    return value, []


def _pruned_map(value: Obj, schema: Obj, path: str, identified: bool) -> tuple[Obj, list[str]]:
    fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
    result: Obj = {}
    unknown: list[str] = []
    for key, item in value.items():
        at = f"{path}.{key}" if path else key
        inner = fields.get(key) if key in fields else others if isinstance(others, dict) else None
        if identified and key in IDENTITY:
            result[key] = item
        elif inner is not None:
            result[key], more = pruned(item, inner, at, False)
            unknown += more
        elif schema.get(PRESERVE) or others is True:
            result[key] = item
        else:
            unknown.append(at)
    return result, unknown


def without_nulls(value: Any, schema: Obj) -> Any:
    """A deep copy without the nulls that the schema does not allow: what they name is as good as absent."""
    if isinstance(value, dict):
        fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
        inner = others if isinstance(others, dict) else {}
        return {
            key: without_nulls(item, fields.get(key) or inner)
            for key, item in value.items()
            if item is not None or (fields.get(key) or inner).get("nullable")
        }
    if isinstance(value, list):
        items = schema.get("items")
        return [without_nulls(item, items if isinstance(items, dict) else {}) for item in value]
    return value


def fill_defaults(value: Any, schema: Obj) -> None:
    """Put the schema's defaults where a map has nothing, in place."""
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for key, inner in (schema.get("properties") or {}).items():
            if "default" in inner and (
                key not in value or (value[key] is None and not inner.get("nullable"))
            ):
                value[key] = copied(inner["default"])
            if key in value:
                fill_defaults(value[key], inner)
        for key in value if isinstance(others, dict) else ():
            fill_defaults(value[key], others)  # type: ignore[arg-type]
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            fill_defaults(item, schema["items"])


def schema_causes(value: Any, schema: Obj, path: str = "", root: bool = True) -> Iterator[Cause]:
    """What the schema forbids about the value, in the words of the real server."""
    if value is None and schema.get("nullable"):
        return
    wrong = _type_cause(value, schema, path)
    if wrong is not None:
        yield wrong
        return
    yield from _value_causes(value, schema, path)
    if isinstance(value, dict):
        yield from _map_causes(value, schema, path, root)
    elif isinstance(value, list):
        yield from _list_causes(value, schema, path)
    yield from _combined_causes(value, schema, path)


def _type_cause(value: Any, schema: Obj, path: str) -> Cause | None:
    wanted = schema.get("type")
    if schema.get(INT_OR_STRING):
        good = isinstance(value, int | str) and not isinstance(value, bool)
        wanted = "integer,string"
    elif wanted not in TYPES:
        return None
    else:
        good = isinstance(value, TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
    if good:
        return None
    found = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    name = found.get(type(value), "null")
    return Cause(
        path,
        f'Invalid value: "{name}": {path} in body must be of type {wanted}: "{name}"',
        "FieldValueTypeInvalid",
    )


def _value_causes(value: Any, schema: Obj, path: str) -> Iterator[Cause]:
    if schema.get("enum") is not None and value not in schema["enum"]:
        known = ", ".join(json.dumps(item) for item in schema["enum"])
        yield Cause(
            path,
            f"Unsupported value: {json.dumps(value)}: supported values: {known}",
            "FieldValueNotSupported",
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and (value <= low if schema.get("exclusiveMinimum") else value < low):
            word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
            yield Cause(path, f"Invalid value: {value}: {path} in body should be {word} {low}")
        step = schema.get("multipleOf")
        if step and Fraction(str(value)) % Fraction(str(step)):
            yield Cause(path, f"Invalid value: {value}: {path} in body should be a multiple of {step}")
        if high is not None and (value >= high if schema.get("exclusiveMaximum") else value > high):
            word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
            yield Cause(path, f"Invalid value: {value}: {path} in body should be {word} {high}")
    if isinstance(value, str):
        yield from _text_causes(value, schema, path)


def _text_causes(value: str, schema: Obj, path: str) -> Iterator[Cause]:
    pattern, shown = schema.get("pattern"), json.dumps(value)
    if pattern is not None and not re.search(pattern, value):
        yield Cause(path, f"Invalid value: {shown}: {path} in body should match '{pattern}'")
    if schema.get("format") == "date-time" and not _is_moment(value):
        words = f"Invalid value: {shown}: {path} in body must be of type date-time: {shown}"
        yield Cause(path, words, "FieldValueTypeInvalid")
    if len(value) < schema.get("minLength", 0):
        yield Cause(
            path,
            f"Invalid value: {shown}: {path} in body should be at least {schema['minLength']} chars long",
        )
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield Cause(path, f"Too long: may not be more than {schema['maxLength']} bytes", "FieldValueTooLong")


def _is_moment(text: str) -> bool:
    try:
        return "T" in text.upper() and parse_stamp(text.upper()).tzinfo is not None
    except ValueError:
        return False


def _map_causes(value: Obj, schema: Obj, path: str, root: bool) -> Iterator[Cause]:
    fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
    least, most = schema.get("minProperties", 0), schema.get("maxProperties")
    if len(value) < least:
        words = f"Invalid value: {len(value)}: {path} in body should have at least {least} properties"
        yield Cause(path, words)
    if most is not None and len(value) > most:
        yield Cause(path, f"Too many: {len(value)}: must have at most {most} items", "FieldValueTooMany")
    for name in schema.get("required") or ():
        if name not in value:
            yield Cause(f"{path}.{name}" if path else name, "Required value", "FieldValueRequired")
    for key, item in value.items():
        inner = fields.get(key) if key in fields else others if isinstance(others, dict) else None
        if inner is not None and not (root and key in IDENTITY):
            yield from schema_causes(item, inner, f"{path}.{key}" if path else key, False)


def _list_causes(value: list[Any], schema: Obj, path: str) -> Iterator[Cause]:
    if len(value) < schema.get("minItems", 0):
        yield Cause(
            path,
            f"Invalid value: {len(value)}: {path} in body should have at least {schema['minItems']} items",
        )
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield Cause(
            path, f"Too many: {len(value)}: must have at most {schema['maxItems']} items", "FieldValueTooMany"
        )
    keys, seen = schema.get("x-kubernetes-list-map-keys") or (), []
    for n, item in enumerate(value):
        if isinstance(schema.get("items"), dict):
            yield from schema_causes(item, schema["items"], f"{path}[{n}]", False)
        name = {key: item.get(key) for key in keys} if keys and isinstance(item, dict) else item
        if schema.get("x-kubernetes-list-type") in ("map", "set") and name in seen:
            shown = json.dumps(name, separators=(",", ":"))
            yield Cause(f"{path}[{n}]", f"Duplicate value: {shown}", "FieldValueDuplicate")
        seen.append(name)


def _combined_causes(value: Any, schema: Obj, path: str) -> Iterator[Cause]:
    for inner in schema.get("allOf") or ():
        yield from schema_causes(value, inner, path, False)
    for word in ("anyOf", "oneOf"):
        choices = schema.get(word)
        if not choices or schema.get(INT_OR_STRING):
            continue
        fitting = sum(1 for inner in choices if not any(schema_causes(value, inner, path, False)))
        if fitting == 0 or (word == "oneOf" and fitting > 1):
            least = "at least one schema (anyOf)" if word == "anyOf" else "one and only one schema (oneOf)"
            yield Cause(path or "<nil>", f'Invalid value: "": "{path}" must validate {least}')
    if schema.get("not") and not any(schema_causes(value, schema["not"], path, False)):
        yield Cause(path or "<nil>", f'Invalid value: "": "{path}" must not validate the schema (not)')
