"""Whether a Cluster is dead, on a clock of our own: what is noticed, how soon, and what is not mistaken for it."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from traffic.core.detect import (
    API,
    DIRECT,
    DOWN,
    INTERVAL_S,
    ROUTED,
    SUSPECT,
    TIMEOUT_S,
    UNKNOWN,
    UP,
    History,
    Probe,
    Verdict,
    brake,
    detect,
)

START = datetime(2026, 7, 1, 3, 0, tzinfo=UTC)
HOUR_S = 3600
Answers = Callable[[str, float], bool]


def run(answers: Answers, seconds: int, seed: int = 1, noise: int = 0) -> Iterator[tuple[float, Verdict]]:
    """(seconds since START, what is decided then), looked at every second. `answers(signal, at)`: whether a probe
    sent then is answered; one that is not says so TIMEOUT_S later. `noise`: percent of probes that fail."""
    chance, probes, was = random.Random(seed), deque(maxlen=60), UNKNOWN
    coming: list[Probe] = []
    for second in range(seconds):
        for n, signal in enumerate((API, DIRECT, ROUTED)):
            if (second + n) % INTERVAL_S == 0:
                good = answers(signal, second) and chance.random() * 100 >= noise
                took = chance.uniform(0, 0.3) if good else TIMEOUT_S
                coming.append(Probe(START + timedelta(seconds=second + took), signal, good))
        now = START + timedelta(seconds=second + 1)
        probes.extend(probe for probe in coming if probe.at <= now)
        coming = [probe for probe in coming if probe.at > now]
        verdict = detect(History(was, tuple(probes)), now)
        was = verdict.state
        yield second + 1, verdict


def well(signal: str, at: float) -> bool:
    return True


@pytest.mark.parametrize("seed", range(6))
def test_an_hour_with_5_percent_failing_probes_raises_no_false_alarm(seed):
    states = {verdict.state for at, verdict in run(well, HOUR_S, seed, noise=5) if at > 10}
    assert DOWN not in states
    assert UP in states


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("died", [60, 61, 117])
def test_a_dead_cluster_is_noticed_within_10_seconds(seed, died):
    told = run(lambda signal, at: at < died, died + 60, seed, noise=5)
    noticed = next(at for at, verdict in told if verdict.state == DOWN and at > died)
    assert noticed - died <= 10


def test_it_stays_dead_until_it_has_been_steady_for_a_while():
    told = dict(run(lambda signal, at: not 60 <= at < 120, 240))
    assert {told[at].state for at in range(75, 145)} == {DOWN}
    assert told[239].state == UP
    assert told[130].why is not None
    assert told[130].why.code == "not-steady-yet"


def test_a_cluster_that_flaps_does_not_come_back():
    told = dict(run(lambda signal, at: at < 60 or (at >= 90 and at % 20 < 14), 400))
    assert {told[at].state for at in range(75, 400)} == {DOWN}


@pytest.mark.parametrize("mute", [API, DIRECT, ROUTED])
def test_one_signal_alone_is_suspect_and_never_dead(mute):
    told = dict(run(lambda signal, at: at < 60 or signal != mute, 200))
    assert {told[at].state for at in range(75, 200)} == {SUSPECT}
    assert dict(told[199].why.params) == {"signal": mute}


def test_a_cluster_whose_users_are_answered_is_not_dead_where_we_alone_are_cut_off():
    told = dict(run(lambda signal, at: at < 60 or (signal == ROUTED and at < 120), 200))
    assert {told[at].state for at in range(70, 121)} == {SUSPECT}
    assert told[119].why.code == "served-all-the-same"
    assert {told[at].state for at in range(130, 200)} == {DOWN}


def test_what_was_heard_of_users_long_ago_holds_back_nothing():
    routed = [Probe(START + timedelta(seconds=second), ROUTED, True) for second in (0, 2, 4, 6)]
    missed = [*bad(API, 10, 12, 14, 16, 18), *bad(DIRECT, 10, 12, 14, 16, 18)]
    assert detect(History(UP, (*missed, *routed)), START + timedelta(seconds=18)).state == DOWN


def test_the_dead_is_not_alive_again_by_one_answer_through_a_router():
    told = dict(run(lambda signal, at: at < 60 or (signal == ROUTED and at >= 90), 200))
    assert {told[at].state for at in range(75, 200)} == {DOWN}


def test_a_short_break_is_no_death():
    told = [verdict.state for at, verdict in run(lambda signal, at: not 60 <= at < 65, 200)]
    assert DOWN not in told


def test_the_same_probes_in_any_order_say_the_same():
    probes = [
        Probe(START + timedelta(seconds=n), signal, False)
        for n in range(0, 20, 2)
        for signal in (API, DIRECT)
    ]
    now = START + timedelta(seconds=20)
    assert detect(History(UP, tuple(probes)), now) == detect(History(UP, tuple(probes[::-1])), now)
    assert detect(History(UP, tuple(probes)), now).state == DOWN


def bad(signal: str, *seconds: int) -> list[Probe]:
    return [Probe(START + timedelta(seconds=second), signal, False) for second in seconds]


NOT_DEAD = {
    "old news": ([*bad(API, 0, 2, 4, 6), *bad(DIRECT, 0, 2, 4, 6)], 17, UNKNOWN),
    "one signal has gone silent": ([*bad(API, 0, 2, 4, 6), *bad(DIRECT, 10, 12, 14, 16)], 17, UNKNOWN),
    "no probes at all": ([], 0, UNKNOWN),
    "three misses": ([*bad(API, 0, 2, 4), *bad(DIRECT, 0, 2, 4)], 5, UP),
    "four misses in one breath": ([*bad(API, 1, 1, 2, 2), *bad(DIRECT, 1, 1, 2, 2)], 3, UP),
}


@pytest.mark.parametrize("case", NOT_DEAD)
def test_what_is_not_taken_for_a_death(case):
    probes, seconds, state = NOT_DEAD[case]
    assert detect(History(UP, tuple(probes)), START + timedelta(seconds=seconds)).state == state


def test_misses_that_come_faster_than_they_should_count_by_their_time():
    probes = [*bad(API, *range(7)), *bad(DIRECT, 0, 2, 4, 6)]
    assert detect(History(UP, tuple(probes)), START + timedelta(seconds=6)).state == DOWN
    soon = [*bad(API, *range(5)), *bad(DIRECT, 0, 1, 2, 3, 4)]
    assert detect(History(UP, tuple(soon)), START + timedelta(seconds=4)).state == UP


def test_nothing_is_up_before_it_has_answered_twice():
    once = [Probe(START, signal, True) for signal in (API, DIRECT)]
    assert detect(History(UNKNOWN, tuple(once)), START).state == UNKNOWN
    assert detect(History(UNKNOWN, tuple(once * 2)), START).state == UP


# states of the Clusters -> why nothing may act by itself
BRAKES = {
    "one of three": ([DOWN, UP, UP], None),
    "two of three": ([DOWN, DOWN, UP], "too-many-look-dead"),
    "two of six": ([DOWN, DOWN, UP, UP, UP, UP], None),
    "three of six": ([DOWN, DOWN, DOWN, UP, UP, UP], "too-many-look-dead"),
    "unknown counts as dead": ([DOWN, UNKNOWN, UP], "too-many-look-dead"),
    "suspect does not": ([DOWN, SUSPECT, SUSPECT], None),
    "a fleet of two": ([UP, UP], "fleet-too-small-to-automate"),
    "a fleet of one": ([DOWN], "fleet-too-small-to-automate"),
    "no fleet": ([], "fleet-too-small-to-automate"),
}


@pytest.mark.parametrize("case", BRAKES)
def test_the_brake_holds_where_we_may_be_the_ones_cut_off(case):
    states, code = BRAKES[case]
    why = brake({f"k{n}": state for n, state in enumerate(states)})
    assert (why.code if why else None) == code
