"""Walking manifests: how items of lists are told apart, by name, by port, or not at all."""

from collections.abc import Iterator
from typing import Any

from .manifests import mapping
from .owners import PROTOCOL, Path, Step
from .patches import merge_key


def item_keys(path: Path, kind: str, item: Any) -> tuple[tuple[str, Any], ...]:
    """(name, value) of the fields that make `item` one of its list; empty: the list has no keys.

    The same port may be there once for each protocol.
    """
    name = path[-1].field if path else ""
    key = merge_key(name, kind)
    if key is None or key not in mapping(item):
        return ()
    found = [(key, item[key])]
    if name == "ports":
        found.append(("protocol", item.get("protocol", PROTOCOL)))
    return tuple(found)


def leaves(value: Any, kind: str, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of every field that has no fields of its own; lists without keys are one value."""
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from leaves(value[name], kind, (*path, Step(field=name)))
        return
    keys = [item_keys(path, kind, item) for item in value] if isinstance(value, list) else []
    if not keys or not all(keys):
        yield path, value
        return
    for each, item in zip(keys, value, strict=True):
        told = {name: inner for name, inner in item.items() if name not in dict(each)}
        yield from leaves(told or item, kind, (*path, Step(keys=each)))
