"""The words in which a real server refuses the value of a field. Source: apimachinery/pkg/util/validation/field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.kinds.kind import Cause
from simulator.values import compact


def required(at: str, words: str = "") -> Cause:
    """What has to be there is not."""
    return Cause(at, f"Required value: {words}" if words else "Required value", "FieldValueRequired")


def invalid_value(at: str, value: Any, words: str) -> Cause:
    """The value cannot be.

    >>> invalid_value("spec.replicas", -1, "must be more").message
    'Invalid value: -1: must be more'
    """
    return Cause(at, f"Invalid value: {compact(value)}: {words}")


def unsupported(at: str, value: Any, known: Iterable[str]) -> Cause:
    """The word is none of those known, which are shown in their order."""
    listed = ", ".join(f'"{word}"' for word in known)
    words = f"Unsupported value: {compact(value)}: supported values: {listed}"
    return Cause(at, words, "FieldValueNotSupported")


def forbidden_value(at: str, words: str) -> Cause:
    """The field may not be there."""
    return Cause(at, f"Forbidden: {words}", "FieldValueForbidden")


def duplicate(at: str, value: Any) -> Cause:
    """There is one like it already."""
    return Cause(at, f"Duplicate value: {compact(value)}", "FieldValueDuplicate")


def absent(at: str, value: str, words: str = "") -> Cause:
    """What the field names is not there."""
    text = f'Not found: "{value}"'
    return Cause(at, f"{text}: {words}" if words else text, "FieldValueNotFound")
