"""What is wrong with an applied configuration before anything is merged: types, unknown fields, the same item twice.

Source: sigs.k8s.io/structured-merge-diff `typed/validate.go`, whose words these are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.patches.decoding import WHOLE, scalar_problem
from simulator.patches.fields import KEY_DEFAULTS, item_key, step
from simulator.patches.types import ANY, LIST, MAP, STRUCT, Type

NUMBERS = frozenset({"int32", "int64", "float64"})
TEXTS = frozenset({"string", "bytes", "Time"})


def type_problems(value: Any, type_: Type, at: str = "") -> Iterator[str]:
    """Each problem of a configuration; in a map with an unknown field only the first such."""
    if value is None or type_.form == ANY:
        return
    if type_.form in (MAP, STRUCT):
        yield from (
            _map_problems(value, type_, at)
            if isinstance(value, dict)
            else (f"{at}: expected map, got {_go(value)}",)
        )
    elif type_.form == LIST:
        yield from (
            _item_problems(value, type_, at)
            if isinstance(value, list)
            else (f"{at}: expected list, got {_go(value)}",)
        )
    elif problem := _scalar_problem(value, type_.form):
        yield f"{at}: {problem}, got {_go_scalar(value, type_.form)}"


def _map_problems(value: dict[str, Any], type_: Type, at: str) -> Iterator[str]:
    for key, item in value.items():
        found = type_.at(key)
        if found is None:
            yield f"{at}.{key}: field not declared in schema"
            return
        yield from type_problems(item, found, f"{at}.{key}")


def _item_problems(items: list[Any], type_: Type, at: str) -> Iterator[str]:
    seen = set()
    for n, item in enumerate(items):
        keyed = bool(type_.keys) and isinstance(item, dict)
        named = type_.item is not None and type_.item.name  # built-in types have defaults for their keys
        if (
            keyed
            and not named
            and not any(item.get(key, KEY_DEFAULTS.get(key)) is not None for key in type_.keys)
        ):
            keys = " ".join(f'"{key}"' for key in type_.keys)
            yield (f"{at}: element {n}: associative list with keys has an element that omits all key fields [{keys}] "
                   "(and doesn't have default values for any key fields)")  # fmt: skip
            return
        key = item_key(item, type_.keys) if keyed else ""
        if key and key in seen:
            yield f"{at}: duplicate entries for key {step(key)}"
        seen.add(key)
        yield from type_problems(item, type_.item, at + (step(key) if key else f"[{n}]"))  # type: ignore[arg-type]


def _scalar_problem(value: Any, form: str) -> str:
    if form in TEXTS:
        return "" if isinstance(value, str) else "expected string"
    if form == "bool":
        return "" if isinstance(value, bool) else "expected boolean"
    if form in NUMBERS:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if number else "expected numeric (int or float)"
    return "expected scalar" if isinstance(value, dict | list) else ""


def _go_scalar(value: Any, form: str) -> str:
    if form in NUMBERS and isinstance(value, bool | str):
        return "bool" if isinstance(value, bool) else "string"
    if form in TEXTS and not isinstance(value, dict | list):
        return f"&value.valueUnstructured{{Value:{str(value).lower() if isinstance(value, bool) else value}}}"
    return _go(value)


def _go(value: Any) -> str:
    return f"&{{{go_text(value)}}}"


def go_text(value: Any) -> str:
    """The value as Go prints it.

    >>> go_text({"b": [1, True, None], "a": "x"})
    'map[a:x b:[1 true <nil>]]'
    """
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_text(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    return "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def conversion_problem(value: Any, type_: Type) -> str:
    """Why a configuration that merges well cannot become an object of its kind; empty when it can."""
    if isinstance(value, dict):
        fields = ((item, type_.at(key)) for key, item in value.items())
        return next(filter(None, (conversion_problem(item, found) for item, found in fields if found)), "")
    if isinstance(value, list) and type_.form == LIST:
        return next(filter(None, (conversion_problem(item, type_.item) for item in value)), "")  # type: ignore[arg-type]
    if type_.form in ("Quantity", "IntOrString"):
        return scalar_problem(value, type_, "Go value")
    if type_.form in WHOLE and isinstance(value, int) and abs(value) > WHOLE[type_.form]:
        return f"cannot convert {value} to {type_.form}"
    if type_.form in NUMBERS and isinstance(value, float) and type_.form != "float64":
        return f"cannot convert float64 to {type_.form}"
    return ""


def whole(value: Any) -> Any:
    """The value with every 2.0 as 2: a server that reads YAML makes no difference."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
