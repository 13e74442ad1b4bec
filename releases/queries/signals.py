"""What the two signals of a Cluster say, in a line: the API, and the users' side."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from releases.marks import SIGNAL_MARKS, SIGNAL_NAMES, Mark
from traffic.core.detect import API, DIRECT, ROUTED
from traffic.queries.liveness import Alive, SignalNow


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A signal, and how its last probe was answered. `known`: that was lately; else `at` is when it was heard last (None:
    never)."""

    name: str | Promise
    mark: Mark
    known: bool
    at: datetime | None


def signal_lines(alive: Alive) -> tuple[SignalLine, ...]:
    """The two that decide whether it lives; what comes through a router is a third one where it says otherwise."""
    found = {one.name: one for one in alive.signals}
    lines = [_line(found.get(name) or SignalNow(name, None, None)) for name in (API, DIRECT)]
    routed, direct = found.get(ROUTED), found.get(DIRECT)
    if routed is not None and routed.good is not None and (direct is None or routed.good != direct.good):
        lines.append(_line(routed))
    return tuple(lines)


def _line(signal: SignalNow) -> SignalLine:
    return SignalLine(
        SIGNAL_NAMES[signal.name], SIGNAL_MARKS[signal.good], signal.good is not None, signal.at
    )
