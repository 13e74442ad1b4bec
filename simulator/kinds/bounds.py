"""Causes that many kinds share: numbers that are too small, words that are not among those known.

Source: k8s.io/apimachinery/pkg/api/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from simulator.kinds.kind import Cause
from simulator.values import Obj

PERCENT = re.compile(r"[0-9]+%")
PERCENT_WORDS = ("a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
                 "used for validation is '[0-9]+%')")  # fmt: skip


def negative_causes(values: Obj, fields: Iterable[str], at: str) -> Iterator[Cause]:
    """A cause per field below 0."""
    for field in fields:
        number = values.get(field)
        if isinstance(number, int) and number < 0:
            yield Cause(f"{at}.{field}", f"Invalid value: {number}: must be greater than or equal to 0")


def unknown_causes(value: object, known: Iterable[str], at: str) -> Iterator[Cause]:
    """A cause for a word that is there and not among the known ones."""
    words = sorted(known)
    if value and value not in words:
        listed = ", ".join(f'"{word}"' for word in words)
        yield Cause(at, f'Unsupported value: "{value}": supported values: {listed}', "FieldValueNotSupported")


def share_causes(values: Obj, fields: Iterable[str], at: str) -> Iterator[Cause]:
    """A cause per field whose text is no percentage."""
    for field in fields:
        text = values.get(field)
        if isinstance(text, str) and not PERCENT.fullmatch(text):
            yield Cause(f"{at}.{field}", f'Invalid value: "{text}": {PERCENT_WORDS}')
