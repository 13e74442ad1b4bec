"""A button, and why it cannot be pressed."""

from dataclasses import dataclass

from journal.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Act:
    """A button: where it leads, and why it cannot be pressed (empty: it can)."""

    label: str
    url: str
    icon: str
    danger: bool
    reasons: tuple[Reason, ...]
