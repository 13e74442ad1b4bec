"""Kubernetes' strategic merge patch: a merge patch that knows lists with keys.

Source: k8s.io/apimachinery/pkg/util/strategicpatch. Directives: `$patch: replace|delete|merge`,
`$retainKeys`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`.
"""

from __future__ import annotations

from typing import Any

from simulator.patches.json_patch import PatchFailed
from simulator.patches.schema import BUILT_IN, Path, Schema
from simulator.patches.typed import go_text
from simulator.values import copied

DELETE_PREFIX = "$deleteFromPrimitiveList/"
ORDER_PREFIX = "$setElementOrder/"
DIRECTIVES = ("replace", "delete", "merge")


class PatchRefused(PatchFailed):
    """The patch itself makes no sense; upstream answers 500."""


def strategic_patched(document: Any, patch: Any, schema: Schema = BUILT_IN, path: Path = ()) -> Any:
    """A changed copy of a map; PatchFailed when a keyed list item lacks its key."""
    if not isinstance(patch, dict):
        raise PatchFailed("a strategic merge patch is an object")
    if "$patch" in patch and patch["$patch"] not in DIRECTIVES:
        raise PatchRefused(f"unknown patch type: {patch['$patch']} in map: {go_text(patch)}")
    if patch.get("$patch") == "replace":
        return {key: copied(value) for key, value in patch.items() if key != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    result = dict(document) if isinstance(document, dict) else {}
    _retain(result, patch)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(result, key, value, schema, (*path, key))
    _apply_list_directives(result, patch, schema, path)
    return result


def _retain(result: dict[str, Any], patch: dict[str, Any]) -> None:
    keep = patch.get("$retainKeys")
    if keep is not None:
        for key in [key for key in result if key not in keep]:
            del result[key]


def _merge_field(result: dict[str, Any], key: str, value: Any, schema: Schema, path: Path) -> None:
    if value is None:
        result.pop(key, None)
    elif isinstance(value, dict):
        result[key] = strategic_patched(result.get(key), value, schema, path)
    elif isinstance(value, list):
        result[key] = _merged_list(result.get(key) or [], value, schema, path)
    else:
        result[key] = value


def _merged_list(live: list[Any], patch: list[Any], schema: Schema, path: Path) -> list[Any]:
    key = schema.merge_key(path)
    if key is not None:
        return _merged_items(live, patch, key, schema, path)
    if schema.is_set(path):
        return [*live, *(item for item in patch if item not in live)]
    return copied(_without_directives(patch))  # type: ignore[no-any-return]


def _without_directives(patch: list[Any]) -> list[Any]:
    return [item for item in patch if not (isinstance(item, dict) and set(item) == {"$patch"})]


def _merged_items(live: list[Any], patch: list[Any], key: str, schema: Schema, path: Path) -> list[Any]:
    items = [item for item in patch if isinstance(item, dict)]
    if any(item == {"$patch": "replace"} for item in items):
        return [copied(item) for item in items if item != {"$patch": "replace"}]
    result = list(live)
    for item in items:
        if key not in item:
            raise PatchRefused(f"map: {go_text(item)} does not contain declared merge key: {key}")
        at = next((n for n, old in enumerate(result) if old.get(key) == item[key]), None)
        _place_item(result, at, item, schema, path)
    return _in_order(result, [item[key] for item in items], [item.get(key) for item in live], key)


def _in_order(merged: list[Any], patched: list[Any], live: list[Any], key: str) -> list[Any]:
    """Patched items in the order of the patch, all others in their own; one that was there before a patched one stays
    before it. Source: `mergeSortedSlice`."""
    mine = sorted(
        (item for item in merged if item.get(key) in patched), key=lambda item: patched.index(item.get(key))
    )
    others = [item for item in merged if item.get(key) not in patched]
    result: list[Any] = []
    while others and mine:
        left, right = others[0].get(key), mine[0].get(key)
        before = left in live and right in live and live.index(left) < live.index(right)
        result.append(others.pop(0) if before else mine.pop(0))
    return [*result, *others, *mine]


def _place_item(result: list[Any], at: int | None, item: Any, schema: Schema, path: Path) -> None:
    if item.get("$patch") == "delete":
        if at is not None:
            del result[at]
        return
    old = result[at] if at is not None else {}
    merged = strategic_patched(old, item, schema, path)
    if at is None:
        result.append(merged)
    else:
        result[at] = merged


def _apply_list_directives(result: dict[str, Any], patch: dict[str, Any], schema: Schema, path: Path) -> None:
    for key, value in patch.items():
        if key.startswith(DELETE_PREFIX):
            name = key[len(DELETE_PREFIX) :]
            result[name] = [item for item in result.get(name) or [] if item not in value]
        elif key.startswith(ORDER_PREFIX):
            name = key[len(ORDER_PREFIX) :]
            if isinstance(result.get(name), list):
                result[name] = _ordered(result[name], value, schema.merge_key((*path, name)))


def _ordered(items: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """The items in the asked order; items it does not name keep their place after the others."""

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted = [name(item) for item in order]
    ranks = {repr(value): rank for rank, value in enumerate(wanted)}
    return sorted(items, key=lambda item: ranks.get(repr(name(item)), len(ranks)))
