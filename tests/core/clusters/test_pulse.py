"""Health with hysteresis: a lost probe is no alarm, a dead cluster is one within 15 s."""

import random

import pytest

from clusters.core.pulse import (
    DEGRADED,
    HEALTHY,
    HITS,
    UNKNOWN,
    UNREACHABLE,
    Pulse,
    hit,
    miss,
)

PROBE_S, TIMEOUT_S, RETRY_S = 2.0, 2.0, 1.0


def misses(pulse: Pulse, count: int, *, every_s: float = 2.0, watches_fail: bool = False) -> Pulse:
    for i in range(count):
        pulse = miss(pulse, pulse.answered_s + every_s * (i + 1), answered=False, watches_fail=watches_fail)
    return pulse


UP = Pulse(HEALTHY, 0.0, 0, HITS)


@pytest.mark.parametrize(
    ("count", "watches_fail", "expected"),
    [(4, False, HEALTHY), (5, False, UNREACHABLE), (2, True, HEALTHY), (3, True, UNREACHABLE)],
)
def test_down_needs_several_misses(count: int, watches_fail: bool, expected: str) -> None:
    assert misses(UP, count, watches_fail=watches_fail).health == expected


def test_quick_misses_alone_are_not_enough() -> None:
    assert misses(UP, 7, every_s=0.1).health == HEALTHY


def test_up_needs_two_answers_in_a_row() -> None:
    down = misses(UP, 5)
    once = hit(down, 20.0)
    assert once.health == UNREACHABLE
    assert hit(once, 22.0).health == HEALTHY
    assert hit(miss(once, 22.0, answered=False, watches_fail=True), 24.0).health == UNREACHABLE


def test_the_first_answer_settles_what_was_unknown() -> None:
    assert hit(Pulse(UNKNOWN, 0.0), 1.0).health == HEALTHY


def test_a_server_that_answers_badly_is_degraded_and_not_unreachable() -> None:
    pulse = UP
    for i in range(5):
        pulse = miss(pulse, float(i), answered=True, watches_fail=True)
    assert pulse.health == DEGRADED


def test_a_cluster_that_falls_silent_is_noticed_within_15_s() -> None:
    """The worst case: it dies just after a probe, and each probe waits for its timeout."""
    now_s, pulse = PROBE_S, UP
    while pulse.health == HEALTHY:
        now_s += TIMEOUT_S
        pulse = miss(pulse, now_s, answered=False, watches_fail=False)
        now_s += max(0.0, RETRY_S - TIMEOUT_S)
    assert now_s <= 15.0


def test_an_hour_with_5_percent_of_the_probes_failing_raises_no_alarm() -> None:
    for seed in range(20):
        luck, pulse, now_s = random.Random(seed), UP, 0.0
        while now_s < 3600:
            if luck.random() < 0.05:
                now_s += RETRY_S
                pulse = miss(pulse, now_s, answered=False, watches_fail=False)
            else:
                now_s += PROBE_S
                pulse = hit(pulse, now_s)
            assert pulse.health == HEALTHY
