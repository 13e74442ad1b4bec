"""Which faults there are, and what each may be asked for. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from simulator.values import Obj

PARAMS = {  # what each may be told beside `cluster`
    "refuse": (), "hang": (), "lost": ("how",), "cut_users": ("how",), "hold": ("match", "count", "when"),
    "error": ("rate", "status", "retry_after_s"), "slow": ("delay_s",), "past": ("back_s", "how"), "node_lost": ("node",),
    "image": ("pattern", "behaviour", "rate", "status", "delay_ms", "after_s"), "drop_watches": (), "compact": (),
    "random": ("seed", "kinds", "every_s", "lasts_s", "pattern"),
}  # fmt: skip
ONE_SHOT = ("drop_watches", "compact")
BEHAVIOURS = ("missing", "crash", "neverready", "slow", "failing", "laggy", "leak", "good")
WAYS = {
    "lost": ("refuse", "hang"),  # how a cluster that cannot be reached behaves towards those who try
    "cut_users": ("refuse", "hang"),
    "past": ("all", "cache"),  # which reads are old: all, or those that may come from a cache, and watches
}
MATCH_KEYS = ("verb", "resource", "namespace", "name", "subresource", "user_agent")
NUMBERS = {
    "rate": (0.0, 1.0), "status": (400.0, 599.0), "delay_s": (0.0, 3600.0), "delay_ms": (0.0, 60_000.0),
    "after_s": (0.0, 3600.0), "back_s": (0.0, 3600.0), "count": (1.0, 1e6), "retry_after_s": (1.0, 3600.0),
}  # fmt: skip


class BadFault(ValueError):
    """A fault that cannot be; the message says why."""


def checked(kind: str, params: Obj) -> None:
    """BadFault unless the parameters fit the kind."""
    if not _is_text(kind) or kind not in PARAMS:
        raise BadFault(f"there is no fault {kind!r}; there are: {', '.join(PARAMS)}")
    known = ("cluster", *PARAMS[kind])
    unknown = sorted(params.keys() - {"kind", *known})
    if unknown:
        raise BadFault(f"{kind} knows no {', '.join(unknown)}; only {', '.join(known)}")
    for name in NUMBERS.keys() & params.keys():
        _check_number(name, params[name])
    ways = WAYS.get(kind)
    if ways and params.get("how", ways[0]) not in ways:
        raise BadFault(f"{kind}: how is {' or '.join(ways)}")
    if kind == "hold":
        _check_hold(params)
    if kind == "image" and (params.get("behaviour") not in BEHAVIOURS or not _is_text(params.get("pattern"))):
        raise BadFault(f"image wants a pattern and a behaviour of: {', '.join(BEHAVIOURS)}")
    if kind == "node_lost" and not _is_text(params.get("node")):
        raise BadFault("node_lost wants a node: its name, or a glob")


def image_fits(pattern: str, image: str) -> bool:
    """Whether a pattern (a glob, or any part of the reference) fits an image."""
    return pattern in image or fnmatchcase(image, pattern)


def facts_fit(match: Obj, facts: Obj) -> bool:
    """Whether a request with these facts is one that a `hold` is meant for."""
    for key, wanted in match.items():
        actual: Any = facts.get(key) or ""
        fits = wanted in actual if key == "user_agent" else wanted == actual
        if not fits:
            return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _check_number(name: str, value: Any) -> None:
    low, high = NUMBERS[name]
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadFault(f"{name} is a number")
    if not low <= value <= high:  # nor is NaN
        raise BadFault(f"{name} goes from {low:g} to {high:g}")


def _check_hold(params: Obj) -> None:
    match = params.get("match") or {}
    if not isinstance(match, dict) or not all(isinstance(value, str) for value in match.values()):
        raise BadFault(f"hold: match is an object of texts, by {', '.join(MATCH_KEYS)}")
    unknown = set(match) - set(MATCH_KEYS)
    if unknown:
        raise BadFault(f"hold cannot match {', '.join(sorted(unknown))}; only {', '.join(MATCH_KEYS)}")
    if params.get("when", "before") not in ("before", "after"):
        raise BadFault("hold: when is before or after")
