"""Sets of field paths, as metadata.managedFields writes them (FieldsV1).

A set is a tree of dicts with the keys of FieldsV1 (`f:spec`, `k:{"name":"api"}`, `v:"x"`); the key
"." marks that the path itself is a member. Outside, a lone {".": {}} is written {}.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from simulator.patches.schema import Path, Schema
from simulator.values import Obj

Fields = dict[str, Any]
LEAF: Fields = {}  # one for all: a cluster has millions of them
MEMBER: Fields = {".": LEAF}
SKIPPED = frozenset({"apiVersion", "kind"})
SYSTEM_METADATA = frozenset(
    {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation",
     "managedFields", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"}
)  # fmt: skip
KEY_DEFAULTS = {"protocol": "TCP"}


def encoded(fields: Fields) -> Fields:
    """The tree as FieldsV1 writes it."""
    return {
        key: LEAF if value is MEMBER or key == "." or value == MEMBER else encoded(value)
        for key, value in sorted(fields.items())
    }


def decoded(fields: Fields) -> Fields:
    """The tree that a FieldsV1 value stands for."""
    return {
        key: ({} if key == "." else MEMBER if not value else decoded(value)) for key, value in fields.items()
    }


def union(left: Fields, right: Fields) -> Fields:
    """Paths in either."""
    result = dict(left)
    for key, value in right.items():
        result[key] = union(result[key], value) if key in result else value
    return result


def intersection(left: Fields, right: Fields) -> Fields:
    """Paths in both."""
    result: Fields = {}
    for key in left.keys() & right.keys():
        sub = {} if key == "." else intersection(left[key], right[key])
        if key == "." or sub:
            result[key] = sub
    return result


def difference(left: Fields, right: Fields) -> Fields:
    """Paths in the left set only."""
    result: Fields = {}
    for key, value in left.items():
        if key not in right:
            result[key] = value
        elif key != "." and (sub := difference(value, right[key])):
            result[key] = sub
    return result


def item_key(item: Any, keys: tuple[str, ...]) -> str:
    """The FieldsV1 key of an item of an associative list."""
    return _key_of(keys, *[item.get(key, KEY_DEFAULTS.get(key)) for key in keys])


@lru_cache(maxsize=4096, typed=True)  # 1, 1.0 and True are told apart
def _key_of(keys: tuple[str, ...], *values: Any) -> str:
    named = {key: value for key, value in sorted(zip(keys, values, strict=True)) if value is not None}
    return "k:" + json.dumps(named, separators=(",", ":"))


def fields_of(value: Any, schema: Schema, path: Path = ()) -> Fields:
    """All leaf paths of an applied configuration, without identity and system metadata."""
    if isinstance(value, dict) and value and not (path and schema.is_atomic_map(path)):
        return _fields_of_map(value, schema, path)
    if isinstance(value, list) and value and path:
        keys = schema.apply_keys(path)
        if keys:
            return {item_key(v, keys): union(MEMBER, fields_of(v, schema, path)) for v in value}
        if schema.is_set(path):
            return {"v:" + json.dumps(v): MEMBER for v in value}
    return MEMBER


def _fields_of_map(value: dict[str, Any], schema: Schema, path: Path) -> Fields:
    result = {}
    for key, item in value.items():
        if (path == () and key in SKIPPED) or (path == ("metadata",) and key in SYSTEM_METADATA):
            continue
        sub = fields_of(item, schema, (*path, key))
        if sub:
            result["f:" + key] = union(MEMBER, sub) if path and schema.is_map(path) else sub
    return result


def compared(
    old: Any, new: Any, schema: Schema, path: Path = (), *, item: bool = False
) -> tuple[Fields, Fields]:
    """(added or modified leaf paths, removed leaf paths); `item` is one of the list at the path."""
    if old is new or old == new:
        return {}, {}
    if isinstance(old, dict) and isinstance(new, dict) and not (path and schema.is_atomic_map(path)):
        return _compared_maps(old, new, schema, path)
    if path and isinstance(old, list) and isinstance(new, list):
        if keys := schema.apply_keys(path):
            return _compared_items({item_key(v, keys): v for v in old}, {item_key(v, keys): v for v in new},
                                   schema, path)  # fmt: skip
        if schema.is_set(path):
            return _compared_items({"v:" + json.dumps(v): v for v in old},
                                   {"v:" + json.dumps(v): v for v in new}, schema, path)  # fmt: skip
    if old is None and not item and isinstance(new, dict | list) and schema.is_always(path):
        return compared(type(new)(), new, schema, path) if new else ({}, {})
    if old is None:
        return all_fields(new, schema, path), {}
    if new is None:
        return {}, all_fields(old, schema, path)
    return MEMBER, {}


def made_fields(obj: Any, schema: Schema, path: Path = ()) -> Fields:
    """What somebody owns who has made the object (or the part of it at the path) from nothing: `compared` with {}."""
    result: Fields = {}
    for key, item in obj.items():
        below = (*path, key)
        if _untracked(path, key):
            continue
        if not isinstance(item, dict | list) or not schema.is_always(below):
            result["f:" + key] = all_fields(item, schema, below)
        elif item:
            plain = isinstance(item, dict) and not schema.is_atomic_map(below)
            found = made_fields(item, schema, below) if plain else compared([], item, schema, below)[0]
            if found:
                result["f:" + key] = found
    return result


def all_fields(value: Any, schema: Schema, path: Path) -> Fields:
    """The paths of a value that is new as a whole: its leaves, and the maps and lists around them."""
    if isinstance(value, dict) and value and not schema.is_atomic_map(path):
        inner = {"f:" + key: all_fields(item, schema, (*path, key)) for key, item in value.items()}
        return {".": LEAF, **inner}
    if isinstance(value, list) and value:
        if keys := schema.apply_keys(path):
            return {".": LEAF, **{item_key(v, keys): all_fields(v, schema, path) for v in value}}
        if schema.is_set(path):
            return {".": LEAF, **{"v:" + json.dumps(v): MEMBER for v in value}}
    return MEMBER


def _compared_maps(old: Obj, new: Obj, schema: Schema, path: Path) -> tuple[Fields, Fields]:
    changed: Fields = {}
    removed: Fields = {}
    for name, after in new.items():
        before = old.get(name)
        if before is after or before == after or _untracked(path, name):
            continue  # most of an object that changes stays as it is
        more, less = compared(before, after, schema, (*path, name))
        if more:
            changed["f:" + name] = more
        if less:
            removed["f:" + name] = less
    for name in old.keys() - new.keys():
        if not _untracked(path, name) and (less := compared(old[name], None, schema, (*path, name))[1]):
            removed["f:" + name] = less
    return changed, removed


def _compared_items(old: Obj, new: Obj, schema: Schema, path: Path) -> tuple[Fields, Fields]:
    """Of the items of a list by the keys that FieldsV1 gives them."""
    changed: Fields = {}
    removed: Fields = {}
    for key in {**old, **new}:
        more, less = compared(old.get(key), new.get(key), schema, path, item=True)
        if key not in old:
            more = union(more, MEMBER)
        if key not in new:
            less = union(less, MEMBER)
        if more:
            changed[key] = more
        if less:
            removed[key] = less
    return changed, removed


def _untracked(path: Path, name: str) -> bool:
    return (path == () and name in SKIPPED) or (path == ("metadata",) and name in SYSTEM_METADATA)


def dotted(fields: Fields, prefix: str = "") -> list[str]:
    """Each member path as conflicts name it: `.spec.template.spec.containers[name="api"].image`."""
    result = [prefix] if "." in fields and prefix else []
    for key, value in sorted(fields.items()):
        if key != ".":
            result += dotted(value, prefix + step(key))
    return result


def step(key: str) -> str:
    """One key of FieldsV1 as messages write it: `.spec`, `[name="api"]`, `[="x"]`."""
    kind, _, text = key.partition(":")
    if kind == "f":
        return "." + text
    if kind == "v":
        return f"[={text}]"
    return "[" + ",".join(f"{k}={json.dumps(v)}" for k, v in json.loads(text).items()) + "]"
