"""Causes that many kinds share: numbers that are too small, words that are not among those known.

Source: k8s.io/apimachinery/pkg/api/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from simulator.kinds.causes import invalid_value
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


def share_causes(values: Obj, fields: Iterable[str], at: str, open_ended: str = "") -> Iterator[Cause]:
    """A cause per field that is neither a count nor a percentage, or more than all; `open_ended` may be more."""
    for field in fields:
        share = values.get(field)
        if isinstance(share, str) and not PERCENT.fullmatch(share):
            yield invalid_value(f"{at}.{field}", share, PERCENT_WORDS)
        elif isinstance(share, str) and int(share[:-1]) > 100 and field != open_ended:
            yield invalid_value(f"{at}.{field}", share, "must not be greater than 100%")
    yield from negative_causes(values, fields, at)
