"""What people send about traffic, read: each fault at its field."""

from collections.abc import Mapping, Sequence
from typing import Any

from access.actions.words import optional_reason
from journal.core.reasons import FieldErrors, Reason, because
from traffic.routers.rules import NAME

LOAD_MAX = 1_000_000_000
EPOCH_MAX = 2**63 - 1
PRODS_MAX = 100


class Faults:
    """Gathers what is wrong, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[tuple[str, Reason]] = []

    def add(self, path: str, code: str, **params: str | int) -> None:
        """`path` has this fault."""
        self._found.append((path, because(code, **params)))

    def add_reason(self, path: str, reason: Reason) -> None:
        """`path` has the fault that somebody else has found."""
        self._found.append((path, reason))

    def take(self, wrong: FieldErrors, prefix: str = "") -> None:
        """The faults of a part, below `prefix`."""
        self._found += [(f"{prefix}{path}", reason) for path, reason in wrong.errors]

    def at(self, path: str) -> bool:
        """Whether something is wrong there already."""
        return any(found == path or found.startswith(f"{path}[") for found, _ in self._found)

    def errors(self) -> FieldErrors:
        """All that was found; it may be nothing."""
        return FieldErrors(tuple(self._found))

    def check(self) -> None:
        """Raises FieldErrors of all that was found."""
        if self._found:
            raise self.errors()


def text_of(given: Mapping[str, Any], field: str, faults: Faults) -> str:
    """The text there; "" where there is none. What is given and is no text is a fault."""
    value = given.get(field, "")
    if not isinstance(value, str):
        faults.add(field, "not-a-text")
        return ""
    return value


def read_names(value: Any, field: str, faults: Faults) -> tuple[str, ...]:
    """A list of names of Prods, at most PRODS_MAX; "" for what cannot be one."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > PRODS_MAX:
        faults.add(field, "prods-no-list")
        return ()
    return tuple(one if isinstance(one, str) and NAME.fullmatch(one) else "" for one in value)


def whole(value: Any) -> int | None:
    """A whole number, or the text of one; None for anything else.

    >>> whole(5), whole("05"), whole(True), whole(1.0), whole("1e3"), whole("٣"), whole("")
    (5, 5, None, None, None, None, None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value) < 20:
        return int(value)
    return None


def read_reason(value: Any, faults: Faults) -> str:
    """A person's reason; it may be empty."""
    if not isinstance(value, str):
        faults.add("reason", "not-a-text")
        return ""
    try:
        return optional_reason(value)
    except FieldErrors as wrong:
        faults.take(wrong)
        return ""
