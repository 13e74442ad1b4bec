"""How a version treats its users: which share of their requests fails, and how long they wait. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.values import Obj

FAILING_TAG = re.compile(r"failing(\d{0,3})")
LAGGY_TAG = re.compile(r"laggy(\d{0,5})")
USUAL_LAG_MS = 500


@dataclass(frozen=True, slots=True)
class Manner:
    """`rate` of the requests (0-1) are answered with `status`; all wait `delay_s` on average."""

    rate: float = 0.0
    status: int = 500
    delay_s: float = 0.0


def manner_of_tag(tag: str) -> Manner:
    """What the words in a tag say.

    >>> manner_of_tag("v1.3.0-laggy800-failing20"), manner_of_tag("v1.3.0") == Manner()
    (Manner(rate=0.2, status=500, delay_s=0.8), True)
    """
    found = LAGGY_TAG.search(tag)
    delay_ms = int(found[1] or USUAL_LAG_MS) if found else 0
    return Manner(failing_share(tag), delay_s=delay_ms / 1000)


def manner_of_fault(params: Obj) -> Manner:
    """What an `image` fault says.

    >>> manner_of_fault({"behaviour": "laggy"}), manner_of_fault({"behaviour": "crash"}) == Manner()
    (Manner(rate=0.0, status=500, delay_s=0.5), True)
    """
    usual = {"failing": (1.0, 0), "laggy": (0.0, USUAL_LAG_MS)}.get(params["behaviour"])
    if usual is None:
        return Manner()
    rate, delay_ms = float(params.get("rate", usual[0])), float(params.get("delay_ms", usual[1]))
    return Manner(rate, int(params.get("status", 500)), delay_ms / 1000)


def failing_share(tag: str) -> float:
    """The share of users' requests that a tag says go wrong: all, or as many percent as it names.

    >>> failing_share("v1.3.0-failing20"), failing_share("v1.3.0-failing"), failing_share("v1.3.0")
    (0.2, 1.0, 0.0)
    """
    found = FAILING_TAG.search(tag)
    return min(int(found[1] or 100), 100) / 100 if found else 0.0
