"""RFC 7386 JSON Merge Patch."""

from __future__ import annotations

from typing import Any

from simulator.values import copied


def merge_patched(document: Any, patch: Any) -> Any:
    """A changed copy: null removes, maps merge, all else replaces."""
    if not isinstance(patch, dict):
        return copied(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patched(result.get(key), value)
    return result
