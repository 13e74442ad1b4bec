"""Quantities: `500m`, `0.5` and `5e-1` are the same amount.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from fractions import Fraction
from typing import Any

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
# At most 20 digits a side and an exponent of two: more is no amount that a cluster takes.
_SHAPE = re.compile(r"([+-]?)(\d{0,20})(?:\.(\d{0,20}))?(?:([eE][+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE]))?")


def amount(value: Any) -> Fraction | None:
    """The number that a quantity stands for; None for what is none.

    >>> amount("1Gi") == amount("1024Mi"), amount("500m"), amount("fast")
    (True, Fraction(1, 2), None)
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    found = _SHAPE.fullmatch(str(value))
    if found is None or not (found[2] or found[3]):
        return None
    number = Fraction(f"{found[1]}{found[2] or 0}.{found[3] or 0}")
    return number * _factor(found[4] or "", found[5] or "")


def _factor(exponent: str, suffix: str) -> Fraction:
    if suffix in _BINARY:
        return Fraction(2 ** _BINARY[suffix])
    return Fraction(10) ** (int(exponent[1:]) if exponent else _DECIMAL[suffix])


def same_amount(one: Any, other: Any) -> bool:
    """Whether both are quantities and amount to the same."""
    first = amount(one)
    return first is not None and first == amount(other)
