"""A Prod that is no member of a Route may share its requests, or is told why not."""

from dataclasses import replace
from typing import Any

import pytest

from traffic.core.facts import TrafficFacts
from traffic.core.ground import Ground
from traffic.core.moving import split_refusal

from .world import example, facts, place, route, with_place

SHOP_U, SHOP_R = "shop-u-1", "shop-r-1"


def asked(fleet: TrafficFacts, name: str, to: str, weights: dict[str, int], **more: Any) -> str:
    ground = Ground(fleet)
    mine = next(one for one in ground.routes if one.name == name)
    why = split_refusal(ground, mine, to, weights, **more)
    if why is None:
        return ""
    assert dict(why.params)["prod"] == to
    return why.code


def changed(name: str, **changes: Any) -> TrafficFacts:
    """The example fleet with one Route that is otherwise."""
    fleet = example()
    return replace(fleet, routes=tuple(replace(r, **changes) if r.name == name else r for r in fleet.routes))


HALF = {"c-1": 50, "b-1": 50}


@pytest.mark.parametrize(
    ("fleet", "to", "code"),
    [
        pytest.param(example(), "b-1", "", id="it fits"),
        pytest.param(example(), "zzz", "move-to-unknown-prod", id="no such Prod"),
        pytest.param(example(), "c-2", "prod-of-another-kind", id="a test Prod"),
        pytest.param(with_place(example(), "b-1", serving=False), "b-1", "member-not-serving", id="ill"),
        pytest.param(
            with_place(example(), "b-1", vetoed=True), "b-1", "member-on-vetoed-version", id="vetoed"
        ),
        pytest.param(
            with_place(example(), "b-1", open=False), "b-1", "prod-on-closed-cluster", id="cordoned"
        ),
        pytest.param(with_place(example(), "b-1", capacity=319), "b-1", "prod-has-no-room", id="too small"),
        pytest.param(with_place(example(), "b-1", capacity=320), "b-1", "", id="just large enough"),
        pytest.param(changed(SHOP_U, pins=("a-1",)), "b-1", "route-pinned-elsewhere", id="pinned"),
    ],
)
def test_who_may_share_the_requests_of_a_route(fleet: TrafficFacts, to: str, code: str) -> None:
    assert asked(fleet, SHOP_U, to, {"c-1": 50, to: 50}) == code


def test_a_single_writer_goes_whole_to_a_prod_that_fits_or_not_at_all() -> None:
    fleet = changed(SHOP_U, data_class="single-writer")
    (mine,) = [one for one in fleet.routes if one.name == SHOP_U]
    why = split_refusal(Ground(fleet), mine, "b-1", HALF)
    assert why is not None and (why.code, dict(why.params)["prods"]) == ("writer-split", "b-1, c-1")
    assert asked(fleet, SHOP_U, "b-1", {"c-1": 0, "b-1": 100}) == ""


def test_a_version_that_may_not_work_on_the_data_is_no_partner() -> None:
    fleet = with_place(changed(SHOP_U, data_class="replicated"), "b-1", version="v2")
    assert asked(fleet, SHOP_U, "b-1", HALF) == "member-may-not-share-data"
    shared = with_place(fleet, "b-1", shares=frozenset({"v1"}))
    assert asked(shared, SHOP_U, "b-1", HALF) == ""


def test_a_standby_shares_for_a_while_and_not_for_good() -> None:
    fleet = with_place(example(), "b-1", role="standby")
    assert asked(fleet, SHOP_U, "b-1", HALF) == ""
    assert asked(fleet, SHOP_U, "b-1", HALF, for_good=True) == "prod-of-another-kind"


def test_two_failure_domains_that_were_bought_stay_two() -> None:
    weights = {"a-2": 50, "b-1": 0, "a-1": 50}
    assert asked(example(), SHOP_R, "a-1", weights) == "split-in-one-domain"
    assert asked(example(), SHOP_R, "a-1", {**weights, "b-1": 1}) == ""


def test_one_who_stood_in_once_is_asked_again() -> None:
    fleet = facts([place("a-1"), place("b-1", capacity=50)], [route("r", {"a-1": 100, "b-1": (0, 0)})])
    assert asked(fleet, "r", "b-1", {"a-1": 50, "b-1": 50}) == "prod-has-no-room"
