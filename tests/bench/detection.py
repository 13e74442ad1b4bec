"""How long the death of a Cluster takes to be known, and how often it is cried over an hour of failing probes.

Pure, in virtual time: `traffic.core.detect` alone, looked at every second.
"""

import statistics
from collections.abc import Callable
from itertools import pairwise

from tests.core.traffic.test_detect import run, well
from traffic.core.detect import DOWN

HOUR_S, DIES_AT_S, NOISE_PERCENT = 3600, 60, 5
HOURS, DEATHS = 50, 200


def main() -> None:
    alarms = sum(_alarms(seed) for seed in range(HOURS))
    took = [_noticed(_died, seed, NOISE_PERCENT) for seed in range(DEATHS)]
    quiet = [_noticed(_died, seed, 0) for seed in range(DEATHS)]
    print(
        f"{HOURS} hours of a Cluster that lives, {NOISE_PERCENT} % of its probes failing: {alarms} false alarms"
    )
    print(f"| {DEATHS} deaths | median s | longest s |")
    print("|---|---|---|")
    print(f"| no other probe fails | {statistics.median(quiet):.1f} | {max(quiet):.1f} |")
    print(f"| {NOISE_PERCENT} % of the others fail | {statistics.median(took):.1f} | {max(took):.1f} |")


def _alarms(seed: int) -> int:
    """How often it was called dead within an hour."""
    states = [verdict.state for _, verdict in run(well, HOUR_S, seed, NOISE_PERCENT)]
    return sum(now == DOWN != before for before, now in pairwise(states))


def _noticed(answers: Callable[[str, float], bool], seed: int, noise: int) -> float:
    """Seconds from the death to the first look that calls it dead."""
    phase = seed % 20 / 10
    dead = ((at, v) for at, v in run(lambda s, t: answers(s, t - phase), 120, seed, noise) if v.state == DOWN)
    return next(at for at, _ in dead if at >= DIES_AT_S) - DIES_AT_S - phase


def _died(signal: str, at: float) -> bool:
    return at < DIES_AT_S


if __name__ == "__main__":
    main()
