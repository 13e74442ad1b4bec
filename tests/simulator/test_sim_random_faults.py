"""Faults at random moments: the same seed gives the same sequence, and clearing it undoes all of it."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from simulator.fault_checks import ONE_SHOT, BadFault, checked
from simulator.random_faults import USUAL, Game, Stroke, parse_game, strokes
from simulator.testing import Fleet, start_fleet
from tests.simulator.space import until

GAME = Game(7, USUAL, ("a", "b"), 3, (5.0, 20.0), (3.0, 15.0))
QUICK: dict[str, Any] = {"seed": 7, "every_s": [0.05, 0.1], "lasts_s": [0.1, 0.3]}


@pytest.fixture(scope="module")
def hurt() -> Iterator[Fleet]:
    with start_fleet(["a", "b"]) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def _well_again(hurt: Fleet) -> Iterator[None]:
    yield
    hurt.clear_faults()


def first(game: Game, count: int = 200) -> list[Stroke]:
    return list(itertools.islice(strokes(game), count))


def test_the_same_seed_gives_the_same_sequence_and_another_another() -> None:
    assert first(GAME) == first(GAME)
    assert first(GAME) != first(replace(GAME, seed=8))


def test_every_kind_comes_on_every_cluster_within_its_bounds() -> None:
    found = first(GAME)
    assert {(one.fault["kind"], one.fault["cluster"]) for one in found} == {
        (kind, cluster) for kind in USUAL for cluster in ("a", "b")
    }
    gaps = [later.at_s - one.at_s for one, later in itertools.pairwise(found)]
    assert all(4.99 <= gap <= 20.01 for gap in gaps)
    for one in found:
        assert one.lasts_s == 0 if one.fault["kind"] in ONE_SHOT else 3 <= one.lasts_s <= 15
        checked(one.fault["kind"], one.fault)


def test_images_misbehave_where_a_pattern_says_which() -> None:
    game = parse_game({"pattern": "shop/api:v2", "kinds": "image"}, ("a", "b"), 3)
    found = first(game)
    assert {one.fault["pattern"] for one in found} == {"shop/api:v2"}
    assert len({one.fault["behaviour"] for one in found}) > 5
    assert {one.fault["cluster"] for one in found} == {"a", "b"}


@pytest.mark.parametrize(
    "params",
    [
        {"kinds": "hold"}, {"kinds": "image"}, {"seed": "x"}, {"every_s": "0-1"}, {"lasts_s": "long"},
        {"nonsense": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_game_that_cannot_be_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(BadFault, match="random"):
        parse_game(params, ("a",), 3)


def did(fleet: Fleet, fault_id: str) -> list[dict[str, Any]]:
    found = next(fault for fault in fleet.faults() if fault["id"] == fault_id)
    return [{key: one[key] for key in ("at_s", "lasts_s", "fault")} for one in found["did"]]


def test_what_it_did_is_served_and_a_second_time_is_the_same(hurt: Fleet) -> None:
    told = []
    for _ in range(2):
        fault = hurt.fault("random", **QUICK)
        until(lambda fault=fault: len(did(hurt, fault)) >= 8, "eight faults")
        told.append(did(hurt, fault)[:8])
        hurt.clear_faults(fault)
        assert hurt.faults() == []
    game = parse_game({"kind": "random", **QUICK}, ("a", "b"), 3)
    wanted = [{"at_s": s.at_s, "lasts_s": s.lasts_s, "fault": s.fault} for s in first(game, 8)]
    assert told == [wanted, wanted]


def test_what_it_sets_goes_by_itself_and_with_it_and_leaves_others_alone(hurt: Fleet) -> None:
    mine = hurt.fault("slow", cluster="b", delay_s=0)
    fault = hurt.fault("random", kinds="cut_users", cluster="a", every_s=[0.2, 0.2], lasts_s=[0.1, 0.1])

    def users() -> str:
        return str(hurt.ask("GET", "/clusters")["clusters"][0]["users"])

    until(lambda: users() != "open", "users are cut off")
    until(lambda: users() == "open", "and let in again")
    hurt.clear_faults(fault)
    fault = hurt.fault("random", kinds="cut_users", cluster="a", every_s=[0.05, 0.05], lasts_s=[60, 60])
    until(lambda: users() != "open", "users are cut off again")
    hurt.clear_faults(fault)
    assert users() == "open"
    assert [one["id"] for one in hurt.faults()] == [mine]


def test_after_many_faults_the_fleet_is_well(hurt: Fleet) -> None:
    fault = hurt.fault("random", seed=3, every_s=[0.05, 0.05], lasts_s=[0.1, 1.0])
    until(lambda: len(did(hurt, fault)) >= 40, "forty faults")
    hurt.clear_faults(fault)
    for name in ("a", "b"):
        assert hurt.request(name, "GET", "/api/v1/pods")[0] == 200
    assert "Traceback" not in hurt.log()
