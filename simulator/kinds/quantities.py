"""Quantities in their canonical form. Source: k8s.io/apimachinery/pkg/api/resource/quantity.go."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
SUFFIXES = {power: suffix for suffix, power in DECIMAL.items()}


def value_of(text: Any) -> Fraction:
    """The number a quantity stands for; ValueError when it is none."""
    found = FORM.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f"quantities must match the regular expression of Kubernetes: {text!r}")
    number, suffix = Fraction(found[1]), found[2] or ""
    if suffix in BINARY:
        return number * 2 ** BINARY[suffix]
    power = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
    return number * Fraction(10) ** power


@lru_cache(maxsize=4096)
def canonical(text: Any, finest: int = -9) -> str:
    """The quantity as a server writes it: no fraction, the largest suffix that loses nothing; rounded up to 10**finest.

    >>> [canonical(text) for text in ("1000m", "0.5", 2, "1024Mi", "1.5Gi", "1500m", "1000", "1e3", "0")]
    ['1', '500m', '2', '1Gi', '1536Mi', '1500m', '1k', '1e3', '0']
    """
    value, suffix = value_of(text), _suffix(str(text).strip())
    if suffix in BINARY and value.denominator == 1 and abs(value) >= 1024:
        return _binary(int(value))
    power, scaled = finest, value * 10**-finest
    number = math.ceil(scaled) if value >= 0 else math.floor(scaled)
    while number and number % 1000 == 0 and power < 18:
        number, power = number // 1000, power + 3
    if not number:
        return "0"
    if suffix[:1] in ("e", "E") and suffix != "E":
        return f"{number}e{power}" if power else str(number)
    return f"{number}{SUFFIXES[power]}"


def canonical_all(amounts: Any) -> None:
    """Bring every quantity of a map of amounts into its canonical form in whole thousandths, in place."""
    for name, amount in (amounts or {}).items():
        amounts[name] = canonical(amount, -3)


def _suffix(text: str) -> str:
    found = FORM.fullmatch(text)
    return (found[2] or "") if found else ""


def _binary(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < 60:
        value, power = value // 1024, power + 10
    names = {number: suffix for suffix, number in BINARY.items()}
    return f"{value}{names.get(power, '')}"
