"""Reading a JSON value as a type, as a typed server does: wrong types, fields it does not have.

Source: sigs.k8s.io/json, whose words these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.patches.types import ANY, LIST, MAP, STRUCT, Type

QUANTITY = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
WHOLE = {"int32": 2**31, "int64": 2**63}
TEXTS = frozenset({"string", "bytes"})
# What a type with a reader of its own is to Go.
READ_AS = {"IntOrString": "int32", "bytes": "[]uint8"}


def decoding_problem(value: Any, type_: Type, path: str = "", struct: str = "") -> str:
    """The first thing in a value that its type cannot take; empty when there is none."""
    if value is None or type_.form == ANY:
        return ""
    if type_.form == STRUCT and isinstance(value, dict):
        name = _go_short(type_)
        for key, item in value.items():
            found = type_.fields.get(key)
            if found and (problem := decoding_problem(item, found, _join(path, key), name)):
                return problem
        return ""
    if type_.form == MAP and isinstance(value, dict):
        return _first(decoding_problem(item, type_.item, path, struct) for item in value.values())  # type: ignore[arg-type]
    if type_.form == LIST and isinstance(value, list):
        return _first(decoding_problem(item, type_.item, path, struct) for item in value)  # type: ignore[arg-type]
    if type_.form != "bytes" and _is(value, type_.form):
        return ""
    return scalar_problem(value, type_, f"Go struct field {struct}.{path}")


def _first(problems: Iterator[str]) -> str:
    return next((problem for problem in problems if problem), "")


def scalar_problem(value: Any, type_: Type, where: str) -> str:
    """Why a value cannot be read as a scalar type; empty when it can."""
    form = type_.form
    if form == "Quantity":
        fits = (
            isinstance(value, str | int | float)
            and not isinstance(value, bool)
            and re.fullmatch(QUANTITY, str(value))
        )
        return "" if fits else f"quantities must match the regular expression '{QUANTITY}'"
    if form == "Time" and isinstance(value, str):
        layout = "2006-01-02T15:04:05Z07:00"
        return (
            ""
            if MOMENT.fullmatch(value)
            else f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"'
        )
    if form == "bytes" and isinstance(value, str):
        return base64_problem(value)
    if _is(value, form) or (form == "IntOrString" and (isinstance(value, str) or _is(value, "int32"))):
        return ""
    number = f" {value}" if _json_name(value) == "number" and (form in WHOLE or form == "IntOrString") else ""
    return f"json: cannot unmarshal {_json_name(value)}{number} into {where} of type {_go(type_)}"


def base64_problem(text: str) -> str:
    """Why a text is no base64; empty when it is."""
    plain = text.replace("\n", "").replace("\r", "")
    odd = re.search(r"[^A-Za-z0-9+/]", plain.rstrip("="))
    place = odd.start() if odd else len(plain) if len(plain) % 4 else None
    return "" if place is None else f"illegal base64 data at input byte {place}"


def _is(value: Any, form: str) -> bool:
    if form in TEXTS:
        return isinstance(value, str)
    if form == "bool":
        return isinstance(value, bool)
    if form in WHOLE:
        return isinstance(value, int) and not isinstance(value, bool) and -WHOLE[form] <= value < WHOLE[form]
    return form == "float64" and isinstance(value, int | float) and not isinstance(value, bool)


def _json_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = ((dict, "object"), (list, "array"), (str, "string"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


def _go(type_: Type) -> str:
    if type_.form == LIST:
        return f"[]{_go(type_.item)}"  # type: ignore[arg-type]
    if type_.form == MAP:
        assert type_.item is not None
        return "v1.ResourceList" if type_.item.form == "Quantity" else f"map[string]{_go(type_.item)}"
    if type_.form == STRUCT:
        return ".".join(type_.name.split(".")[-2:])
    return READ_AS.get(type_.form, type_.form)


def _go_short(type_: Type) -> str:
    return type_.name.rpartition(".")[2]


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def unknown_paths(value: Any, type_: Type, path: str = "") -> Iterator[str]:
    """The paths of the fields that the type does not have."""
    if isinstance(value, list) and type_.form == LIST:
        for n, item in enumerate(value):
            yield from unknown_paths(item, type_.item, f"{path}[{n}]")  # type: ignore[arg-type]
    elif isinstance(value, dict) and type_.form in (MAP, STRUCT):
        for key, item in value.items():
            found, at = type_.at(key), _join(path, key)
            if found is None:
                yield at
            else:
                yield from unknown_paths(item, found, at)


def known_only(value: Any, type_: Type) -> Any:
    """The value without the fields that the type does not have."""
    if isinstance(value, list) and type_.form == LIST:
        return [known_only(item, type_.item) for item in value]  # type: ignore[arg-type]
    if isinstance(value, dict) and type_.form in (MAP, STRUCT):
        kept = ((key, item, type_.at(key)) for key, item in value.items())
        return {key: known_only(item, found) for key, item, found in kept if found is not None}
    return value
