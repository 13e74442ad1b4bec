"""Whether a cluster is there: probes with hysteresis, so that one lost packet is no alarm.

Down needs five misses in a row and eight seconds without any answer, or three misses while the watches
fail as well. With 5 % of the probes failing, five in a row come about once in a thousand hours.
"""

from dataclasses import dataclass, replace

HEALTHY, DEGRADED, UNREACHABLE, UNKNOWN = "healthy", "degraded", "unreachable", "unknown"

MISSES_ALONE = 5
SILENT_S = 8.0
MISSES_WITH_WATCHES = 3
HITS = 2


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the probes have said so far. `answered_s`: when the cluster last gave any answer (monotonic)."""

    health: str
    answered_s: float
    misses: int = 0
    hits: int = 0


def hit(pulse: Pulse, now_s: float) -> Pulse:
    """After a good answer: healthy at once when nothing was known, else after two in a row."""
    hits = pulse.hits + 1
    up = hits >= HITS or pulse.health == UNKNOWN
    return Pulse(HEALTHY if up else pulse.health, now_s, 0, hits)


def miss(pulse: Pulse, now_s: float, *, answered: bool, watches_fail: bool) -> Pulse:
    """After a probe that failed. `answered`: the server did answer, but is not well; then it is degraded
    rather than unreachable."""
    seen = replace(pulse, misses=pulse.misses + 1, hits=0)
    if answered:
        seen = replace(seen, answered_s=now_s)
        return replace(seen, health=DEGRADED) if seen.misses >= MISSES_ALONE else seen
    alone = seen.misses >= MISSES_ALONE and now_s - seen.answered_s >= SILENT_S
    both = seen.misses >= MISSES_WITH_WATCHES and watches_fail
    return replace(seen, health=UNREACHABLE) if alone or both else seen
