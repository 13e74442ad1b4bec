"""Whether a Cluster or a Prod is dead, by two independent signals, and when not to trust that by ourselves.

`api` probes ask the Kubernetes API, `direct` ones ask for a user's page at the Prod itself, `routed` ones through
the router. Dead is what both `api` and `direct` say: one of them alone is our own trouble as often as not, and
users behind a failing router have not lost their Prod. Both go our own way there, though: while users whom the Cluster
alone serves are answered through a router, it is we who are cut off. Probes of a signal are INTERVAL_S apart and give up after
TIMEOUT_S, so a death is noticed after at most INTERVAL_S + (MISSES - 1) * INTERVAL_S + TIMEOUT_S = 10 s.
With 5 % of the probes failing, both signals miss four in a row at once in one of 10^10 looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from journal.core.reasons import Reason, because

API, DIRECT, ROUTED = "api", "direct", "routed"
UP, SUSPECT, DOWN, UNKNOWN = "up", "suspect", "down", "unknown"

INTERVAL_S = 2
TIMEOUT_S = 2
# Down: this many in a row missed by both signals, over at least SILENT_S (a little less than they take, since
# probes are never exactly on time).
MISSES = 4
SILENT_S = 5
# Up again: of the last LOOKED of both signals at most FORGIVEN missed, the last one good, over at least STEADY_S.
LOOKED = 15
FORGIVEN = 1
STEADY_S = 25
# No probe for so long: nothing is known.
STALE_S = 10


@dataclass(frozen=True, slots=True)
class Probe:
    """What one probe said, at the time (aware, UTC) when its answer or its timeout came."""

    at: datetime
    signal: str
    good: bool


@dataclass(frozen=True, slots=True)
class History:
    """The state that was decided last, and the probes of the last minute, in any order."""

    was: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state now; the Reason says what is known where it is not simply up."""

    state: str
    why: Reason | None = None


def detect(history: History, now: datetime) -> Verdict:
    """What the probes say now. Down and up need much, and between the two the state stays as it was."""
    api, direct, routed = (_of(history, signal) for signal in (API, DIRECT, ROUTED))
    stale = [name for name, probes in ((API, api), (DIRECT, direct)) if _is_stale(probes, now)]
    if stale:
        return Verdict(UNKNOWN, because("probes-silent", signals=", ".join(stale)))
    missing = [name for name, probes in ((API, api), (DIRECT, direct)) if _misses(probes)]
    if len(missing) == 2 and history.was != DOWN and _serves(routed, now):
        return Verdict(SUSPECT, because("served-all-the-same"))
    if len(missing) == 2:
        silent_s = int((now - max(_last_good(api), _last_good(direct))).total_seconds())
        return Verdict(DOWN, because("both-signals-miss", seconds=silent_s))
    if history.was == DOWN:
        steady = _is_steady(api) and _is_steady(direct)
        return Verdict(UP) if steady else Verdict(DOWN, because("not-steady-yet"))
    if history.was == UNKNOWN and not (_greets(api) and _greets(direct)):
        return Verdict(UNKNOWN, because("probes-too-few"))
    if missing:
        return Verdict(SUSPECT, because("one-signal-misses", signal=missing[0]))
    if _misses(routed):
        return Verdict(SUSPECT, because("one-signal-misses", signal=ROUTED))
    return Verdict(UP)


def _of(history: History, signal: str) -> list[Probe]:
    """The probes of one signal, the newest last. Of two at one time the failed one counts."""
    return sorted((p for p in history.probes if p.signal == signal), key=lambda p: (p.at, not p.good))


def _is_stale(probes: list[Probe], now: datetime) -> bool:
    return not probes or now - probes[-1].at > timedelta(seconds=STALE_S)


def _misses(probes: list[Probe]) -> bool:
    """Whether all since the last good one are enough, in number and in time. Some probe sooner after a miss."""
    bad = list(takewhile(lambda probe: not probe.good, reversed(probes)))
    return len(bad) >= MISSES and bad[0].at - bad[-1].at >= timedelta(seconds=SILENT_S)


def _serves(probes: list[Probe], now: datetime) -> bool:
    """Whether users are answered, as far as is known now."""
    return not _is_stale(probes, now) and any(probe.good for probe in probes) and not _misses(probes)


def _greets(probes: list[Probe]) -> bool:
    """Whether the last two were good: enough where nothing was known."""
    return [probe.good for probe in probes[-2:]] == [True, True]


def _last_good(probes: list[Probe]) -> datetime:
    """When the signal was good last; where it never was, its first probe."""
    return max((probe.at for probe in probes if probe.good), default=probes[0].at)


def _is_steady(probes: list[Probe]) -> bool:
    last = probes[-LOOKED:]
    return (
        len(last) == LOOKED
        and last[-1].good
        and sum(not probe.good for probe in last) <= FORGIVEN
        and last[-1].at - last[0].at >= timedelta(seconds=STEADY_S)
    )


def brake(states: Mapping[str, str]) -> Reason | None:
    """Why nothing may act by itself on what the Clusters look like; None: it may.

    Where more than a third look dead or are unknown, we are the ones cut off. A fleet of two can never tell.

    >>> brake({"a": "down", "b": "up", "c": "up"})
    >>> brake({"a": "down", "b": "unknown", "c": "up"}).code, brake({"a": "up", "b": "up"}).code
    ('too-many-look-dead', 'fleet-too-small-to-automate')
    """
    if len(states) < 3:
        return because("fleet-too-small-to-automate", clusters=len(states))
    dead = sum(state in (DOWN, UNKNOWN) for state in states.values())
    if 3 * dead > len(states):
        return because("too-many-look-dead", dead=dead, clusters=len(states))
    return None
