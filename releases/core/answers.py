"""What a step answers when it has looked."""

from dataclasses import dataclass

from journal.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Done, with evidence."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Running:
    """Not yet; look again when woken, at the latest after `retry_after_s`."""

    reason: Reason
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The world said no."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class TryAgain:
    """We could not find out, or could not reach: another attempt after the back-off, then errored."""

    reason: Reason


Answer = Succeeded | Running | Failed | TryAgain
