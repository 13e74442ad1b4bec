"""Reasons: why something waits, is refused or has failed, as a code with parameters."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Param = str | int
NESTED = ("why", "cause", "root")  # codes of Reasons within a Reason, from the outermost


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its parameters, sorted by name, so that equal reasons are equal values."""

    code: str
    params: tuple[tuple[str, Param], ...] = ()


def because(code: str, **params: Param) -> Reason:
    """The Reason `code` with `params`.

    >>> because("few-users", load=20, limit=50)
    Reason(code='few-users', params=(('limit', 50), ('load', 20)))
    """
    return Reason(code, tuple(sorted(params.items())))


def within(code: str, inner: Reason, **params: Param) -> Reason:
    """The Reason `code` with `inner` as its `why`: the code, and its parameters beside ours. What is inside of that has
    the next name of `NESTED`.

    >>> within("outer", within("middle", because("inner", load=20)))
    Reason(code='outer', params=(('cause', 'inner'), ('load', 20), ('why', 'middle')))
    """
    deeper = dict(pairwise(NESTED))
    told = {deeper.get(name, name): value for name, value in inner.params if name != NESTED[-1]}
    return because(code, **{**told, **params, "why": inner.code})


def reason_to_json(reason: Reason) -> dict[str, Any]:
    """`{"code": ..., "params": {...}}`: the stored form."""
    return {"code": reason.code, "params": dict(reason.params)}


def reason_from_json(data: dict[str, Any] | None) -> Reason | None:
    """The Reason that `reason_to_json` stored; None for None or an empty object."""
    if not data:
        return None
    return because(data["code"], **data.get("params", {}))


class Refused(Exception):
    """A change that was not made. Carries every Reason; nothing was written."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class FieldErrors(Exception):
    """Input that was not understood: (path of the field, Reason) for every error. Nothing was written."""

    def __init__(self, errors: tuple[tuple[str, Reason], ...]) -> None:
        super().__init__(", ".join(f"{path}: {reason.code}" for path, reason in errors))
        self.errors = errors
