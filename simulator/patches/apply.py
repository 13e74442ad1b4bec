"""Server-side apply: merge a configuration, track who owns which field, refuse conflicts.

Source: sigs.k8s.io/structured-merge-diff `merge.Updater.Apply`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from simulator.patches.fields import (
    Fields,
    compared,
    difference,
    fields_of,
    intersection,
    item_key,
    union,
)
from simulator.patches.managers import APPLY, Manager, read_managers
from simulator.patches.schema import Path, Schema
from simulator.values import Obj, copied, stamp, without_nulls


class ApplyConflict(Exception):
    """Other managers own fields that the configuration would change."""

    def __init__(self, conflicts: tuple[tuple[Manager, Fields], ...]) -> None:
        super().__init__("conflict")
        self.conflicts = conflicts


def applied(
    live: Obj, config: Obj, name: str, force: bool, schema: Schema, subresource: str = ""
) -> tuple[Obj, tuple[Manager, ...]]:
    """The merged object and its managers; ApplyConflict unless forced."""
    config = without_nulls(config)
    identity = (name, APPLY, subresource)
    wanted = fields_of(config, schema)
    others = tuple(m for m in read_managers(live) if m.identity != identity)
    merged = merged_values(live, config, schema)
    changed, _ = compared(live, merged, schema)
    others = _after_conflicts(others, changed, force)
    mine = next((m for m in read_managers(live) if m.identity == identity), None)
    if mine:
        merged = _pruned(merged, mine.fields, wanted, others, schema)
    me = Manager(name, APPLY, subresource, config.get("apiVersion", ""), stamp(), wanted)
    if mine and mine.fields == wanted and not changed:
        me = replace(me, time=mine.time)
    return merged, (me, *others)


def _after_conflicts(others: tuple[Manager, ...], changed: Fields, force: bool) -> tuple[Manager, ...]:
    """The other managers without what was taken from them by force."""
    conflicts = tuple((m, both) for m in others if (both := intersection(m.fields, changed)))
    if conflicts and not force:
        raise ApplyConflict(conflicts)
    return tuple(replace(m, fields=difference(m.fields, changed)) for m in others)


def merged_values(live: Any, config: Any, schema: Schema, path: Path = ()) -> Any:
    """The live value with the configuration laid over it; neither is changed."""
    if isinstance(config, dict) and isinstance(live, dict):
        if path and schema.is_atomic_map(path):
            return copied(config)
        result = dict(live)
        for key, value in config.items():
            result[key] = merged_values(live.get(key), value, schema, (*path, key))
        return result
    if isinstance(config, list) and isinstance(live, list) and path:
        return _merged_list(live, config, schema, path)
    return copied(config)


def _merged_list(live: list[Any], config: list[Any], schema: Schema, path: Path) -> list[Any]:
    keys = schema.apply_keys(path)
    if keys:
        return _merged_items(live, config, keys, schema, path)
    if schema.is_set(path):
        return [*live, *(item for item in config if item not in live)]
    return copied(config)  # type: ignore[no-any-return]


def _merged_items(
    live: list[Any], config: list[Any], keys: tuple[str, ...], schema: Schema, path: Path
) -> list[Any]:
    """Items in the order of the configuration; live-only items keep their place among them."""
    old = {item_key(item, keys): item for item in live}
    new = {item_key(item, keys): item for item in config}
    result: dict[str, Any] = {}
    waiting = list(new)
    for key, item in old.items():
        if key not in new:
            result[key] = item
            continue
        while waiting and key not in result:
            following = waiting.pop(0)
            result[following] = merged_values(old.get(following), new[following], schema, path)
    for key in waiting:
        result[key] = merged_values(old.get(key), new[key], schema, path)
    return list(result.values())


def _pruned(merged: Obj, mine: Fields, wanted: Fields, others: tuple[Manager, ...], schema: Schema) -> Obj:
    """Without the fields that only this manager owned and no longer applies."""
    kept = wanted
    for manager in others:
        kept = union(kept, manager.fields)
    dropped = difference(mine, kept)
    return _removed(merged, dropped, kept, schema, ()) if dropped else merged


def _removed(value: Any, dropped: Fields, kept: Fields, schema: Schema, path: Path) -> Any:
    if isinstance(value, dict):
        return _removed_from_map(value, dropped, kept, schema, path)
    if isinstance(value, list):
        return _removed_from_list(value, dropped, kept, schema, path)
    return value


def _removed_from_map(
    value: dict[str, Any], dropped: Fields, kept: Fields, schema: Schema, path: Path
) -> dict[str, Any]:
    result = {}
    for key, item in value.items():
        gone, stays = dropped.get("f:" + key), kept.get("f:" + key)
        if gone is None:
            result[key] = item
        elif "." not in gone or stays:
            left = _removed(item, gone, stays or {}, schema, (*path, key))
            if left or not item:
                result[key] = left
    return result


def _removed_from_list(
    value: list[Any], dropped: Fields, kept: Fields, schema: Schema, path: Path
) -> list[Any]:
    keys = schema.apply_keys(path)
    result = []
    for item in value:
        key = item_key(item, keys) if keys else _value_key(item)
        gone, stays = dropped.get(key), kept.get(key)
        if gone is None:
            result.append(item)
        elif "." not in gone or stays:
            result.append(_removed(item, gone, stays or {}, schema, path))
    return result


def _value_key(item: Any) -> str:
    return "v:" + json.dumps(item)
