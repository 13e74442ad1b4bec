"""JSON from people and programs, checked for what no schema asks: depth, size, text that nobody can store."""

from collections.abc import Iterator
from typing import Any

from journal.core.reasons import because

from .yaml_text import DEPTH_MAX, Problem

VALUES_MAX = 50_000


def json_problems(item: Any) -> list[Problem]:
    """The first problem of each sort, without recursion: deeper than DEPTH_MAX, more than VALUES_MAX
    values, or a text with NUL or half a surrogate pair. Empty: fine."""
    found: dict[str, Problem] = {}
    for count, (path, depth, value) in enumerate(_walk(item)):
        if depth > DEPTH_MAX:
            found.setdefault("deep", Problem(path, because("json-too-deep", limit=DEPTH_MAX)))
        elif isinstance(value, str) and _is_unstorable(value):
            found.setdefault("text", Problem(path, because("text-unstorable")))
        if count > VALUES_MAX:
            found["many"] = Problem("", because("json-too-large", limit=VALUES_MAX))
            break
    return list(found.values())


def _walk(item: Any) -> Iterator[tuple[str, int, Any]]:
    """(path, depth, value) of every value and key, those deeper than DEPTH_MAX + 1 left out."""
    left: list[tuple[str, int, Any]] = [("", 0, item)]
    while left:
        path, depth, value = left.pop()
        yield path, depth, value
        if depth > DEPTH_MAX:
            continue
        if isinstance(value, dict):
            for key, inner in value.items():
                yield path, depth, key
                left.append((f"{path}.{key}"[-200:].lstrip("."), depth + 1, inner))
        elif isinstance(value, list):
            left.extend((f"{path}[{i}]"[-200:], depth + 1, inner) for i, inner in enumerate(value))


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
