"""RFC 6902 JSON Patch."""

from __future__ import annotations

from typing import Any

from simulator.values import copied


class PatchFailed(ValueError):
    """The patch does not fit the object or is malformed."""


def json_patched(document: Any, operations: Any) -> Any:
    """A changed copy of the document; PatchFailed when an operation does not apply."""
    if not isinstance(operations, list):
        raise PatchFailed("a JSON patch is a list of operations")
    root = {"": copied(document)}
    for operation in operations:
        _apply(root, operation)
    return root[""]


def _apply(root: dict[str, Any], operation: Any) -> None:
    try:
        op, path = operation["op"], _pointer(operation["path"])
        if op == "add":
            _add(root, path, operation["value"])
        elif op == "remove":
            _remove(root, path)
        elif op == "replace":
            _replace(root, path, operation["value"])
        elif op in ("move", "copy"):
            _transfer(root, op, _pointer(operation["from"]), path)
        elif op == "test":
            _test(root, path, operation["value"])
        else:
            raise PatchFailed(f"Unexpected kind: {op}")
    except (KeyError, IndexError, TypeError) as error:
        raise PatchFailed(f"the patch does not fit the object: {operation}: {error}") from error


def _replace(root: dict[str, Any], path: list[str], value: Any) -> None:
    """As `add`, but for an item of a list; a field need not be there, as upstream has it."""
    parent = _find(root, path[:-1])
    if isinstance(parent, list):
        parent[int(path[-1])] = value
    else:
        parent[path[-1]] = value


def _transfer(root: dict[str, Any], op: str, source: list[str], target: list[str]) -> None:
    value = copied(_find(root, source))
    if op == "move":
        _remove(root, source)
    _add(root, target, value)


def _test(root: dict[str, Any], path: list[str], value: Any) -> None:
    parent = _find(root, path[:-1])
    found = (
        parent.get(path[-1]) if isinstance(parent, dict) else parent[int(path[-1])]
    )  # null is what is not there
    if found != value:
        raise PatchFailed(f"testing value /{'/'.join(path[1:])} failed")


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")]


def _find(root: Any, path: list[str]) -> Any:
    for part in path:
        root = root[int(part)] if isinstance(root, list) else root[part]
    return root


def _add(root: Any, path: list[str], value: Any) -> None:
    parent = _find(root, path[:-1])
    if not isinstance(parent, list):
        parent[path[-1]] = value
    elif path[-1] == "-":
        parent.append(value)
    elif int(path[-1]) > len(parent):
        raise IndexError(path[-1])
    else:
        parent.insert(int(path[-1]), value)


def _remove(root: Any, path: list[str]) -> None:
    parent = _find(root, path[:-1])
    if isinstance(parent, list):
        parent.pop(int(path[-1]))
    else:
        del parent[path[-1]]
