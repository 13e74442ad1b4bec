"""/api/schema/: the OpenAPI document. /api/docs/: the same, to read, without scripts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from access.api.permission import Permitted
from access.doors import may

from .api_schema import JSON, METHODS, PREFIX

DEEPEST = 3  # fields of fields of fields


class Schema(SpectacularAPIView):
    """The OpenAPI 3.1 document, as YAML, or as JSON where that is asked for."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
    permission_classes = [Permitted]


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter. `depth` is 0 for those at the top."""

    name: str
    kind: str
    needed: bool
    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    text: str
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    text: str
    action: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    example: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    operations: tuple[Operation, ...]


@require_safe
@may("read")
def docs(request: HttpRequest) -> HttpResponse:
    """The page that shows the schema."""
    return render(request, "api/docs.html", {"page": read_docs(), "now": timezone.now()})


@cache
def read_docs() -> tuple[Group, ...]:
    """Every operation, by the first part of its path. The schema does not change while a process lives."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[Operation]] = {}
    for path, item in sorted(schema["paths"].items()):
        if not path.startswith(PREFIX):
            continue
        for method in METHODS:
            if method in item:
                operation = _operation(schema, method, path, item[method])
                groups.setdefault(path.removeprefix(PREFIX).split("/")[1], []).append(operation)
    return tuple(Group(name, tuple(found)) for name, found in groups.items())


def _operation(schema: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> Operation:
    media = told.get("requestBody", {}).get("content", {}).get(JSON, {})
    return Operation(
        method=method.upper(),
        path=path,
        text=told.get("description", ""),
        action=told.get("x-action", ""),
        parameters=tuple(_parameter(schema, one) for one in told.get("parameters", ())),
        body=tuple(_fields(schema, media.get("schema", {}))),
        example=_pretty(media.get("example")),
        answers=tuple(_answer(schema, status, one) for status, one in told["responses"].items()),
    )


def _parameter(schema: dict[str, Any], told: dict[str, Any]) -> Field:
    told = _resolved(schema, told)
    kind = _kind(schema, told.get("schema", {}))
    where = "" if told["in"] == "query" else f" ({told['in']})"
    return Field(told["name"], kind + where, bool(told.get("required")), told.get("description", ""))


def _answer(schema: dict[str, Any], status: str, told: dict[str, Any]) -> Answer:
    told = _resolved(schema, told)
    media = told.get("content", {}).get(JSON, {})
    fields = tuple(_fields(schema, media.get("schema", {})))
    return Answer(status, told.get("description", ""), fields, _pretty(media.get("example")))


def _fields(schema: dict[str, Any], told: dict[str, Any], depth: int = 0) -> Iterator[Field]:
    told = _resolved(schema, told)
    if told.get("type") == "array":
        told = _resolved(schema, told.get("items", {}))
    needed = set(told.get("required", ()))
    for name, inner in told.get("properties", {}).items():
        text = inner.get("description", "")
        yield Field(name, _kind(schema, inner), name in needed, text, depth)
        if depth < DEEPEST - 1:
            yield from _fields(schema, inner, depth + 1)


def _kind(schema: dict[str, Any], told: dict[str, Any]) -> str:
    """`string`, `integer or null`, `list of object`, `one of a, b`."""
    if values := _resolved(schema, told).get("enum"):
        return "one of " + ", ".join("null" if value is None else str(value) for value in values)
    several = told.get("oneOf") or told.get("anyOf")
    if several:
        return " or ".join(_kind(schema, one) for one in several)
    found = _resolved(schema, told)
    kinds = found.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["array"]:
        return "list of " + _kind(schema, found.get("items", {}))
    return " or ".join([*kinds[:-1], kinds[-1]]) + (f" ({found['format']})" if "format" in found else "")


def _resolved(schema: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to; `allOf` and `oneOf` of one thing are that thing."""
    for name in ("allOf", "oneOf", "anyOf"):
        real = [one for one in told.get(name, ()) if one.get("type") != "null"]
        if len(real) == 1:
            return _resolved(schema, real[0])
    reference = told.get("$ref")
    if not reference:
        return told
    found: Any = schema
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(schema, found)


def _pretty(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False) if example is not None else ""
