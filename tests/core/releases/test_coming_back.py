"""How a drained Prod gets its users back, by strategy."""

from dataclasses import replace

import pytest

from journal.core.reasons import because
from releases.core.facts import FleetFacts
from releases.core.strategy import BadStrategy, Strategy, parse_strategy
from releases.core.waves import plan_release
from tests.core.releases.fleets import V2, example_fleet


def published(fleet: FleetFacts) -> FleetFacts:
    return replace(fleet, routes=tuple(replace(route, published=True) for route in fleet.routes))


def steps_of(name: str, fleet: FleetFacts | None = None, **strategy) -> list:
    plan = plan_release(published(fleet or example_fleet()), "shop", V2, Strategy(**strategy))
    prods = {prod.name: prod for wave in plan.waves for prod in wave.prods}
    return [(step.kind, dict(step.params)) for step in prods[name].steps]


def kinds_of(name: str, fleet: FleetFacts | None = None, **strategy) -> list[str]:
    return [kind for kind, _ in steps_of(name, fleet, **strategy)]


def test_by_default_all_of_them_come_back_at_once():
    assert kinds_of("a-2") == ["drain", "set_version", "wait_ready", "restore", "soak"]


def test_a_ramp_goes_by_10_30_50_and_100_percent_and_is_watched_but_for_the_last():
    ramps = [params for kind, params in steps_of("a-2", back="ramp", ramp_watch_s=7) if kind == "ramp"]
    assert [(params["percent"], params["watch_s"]) for params in ramps] == [
        (10, 7),
        (30, 7),
        (50, 7),
        (100, 0),
    ]
    assert kinds_of("a-2", back="ramp") == ["drain", "set_version", "wait_ready", *["ramp"] * 4, "soak"]


def test_who_is_not_drained_gets_nobody_back():
    assert kinds_of("a-1", back="ramp") == ["set_version", "wait_ready", "soak"]


@pytest.mark.parametrize("lifecycle", ["building", "out-of-service"])
def test_a_prod_that_a_ramp_would_wait_for_in_vain_is_restored(lifecycle):
    assert "restore" in kinds_of("a-2", example_fleet(a_2={"lifecycle": lifecycle}), back="ramp")


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"back": "slowly"}, "back", because("not-one-of", choices="restore, ramp")),
        ({"back": True}, "back", because("not-one-of", choices="restore, ramp")),
        ({"ramp_watch_s": -1}, "ramp_watch_s", because("out-of-range", low=0, high=86400)),
    ],
)
def test_wrong_words_are_named(given, path, reason):
    with pytest.raises(BadStrategy) as wrong:
        parse_strategy(given)
    assert dict(wrong.value.errors) == {path: reason}
