"""What is left of a release is judged by the facts of now; what has begun stays as it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.anew import Meanwhile, Place, changes, left_out
from releases.core.facts import FleetFacts
from releases.core.impact import CLASSES
from releases.core.plan import From, Plan
from releases.core.strategy import Amount, Strategy
from releases.core.waves import plan_anew, plan_release
from tests.core.releases.fleet_strategies import fleets, strategies
from tests.core.releases.fleets import V2, example_fleet, names_of

DEAD = {"cluster_reason": because("cluster-unreachable", cluster="a"), "emptied": True}


def planned(fleet: FleetFacts, strategy: Strategy) -> Plan:
    return plan_release(fleet, "shop", V2, strategy)


def flat(plan: Plan) -> list[str]:
    """All its Prods in order."""
    return [prod.name for wave in plan.waves for prod in wave.prods]


def left_for(fleet: FleetFacts, gone: str, to: str) -> FleetFacts:
    """As after a failover: whom `gone` served alone, `to` serves now, and a partner of it serves alone."""
    return replace(
        fleet,
        routes=tuple(
            replace(
                route,
                members=(*(one for one in route.members), *([(to, 100)] if len(route.members) == 1 else [])),
                drained=(gone,),
            )
            if gone in dict(route.members)
            else route
            for route in fleet.routes
        ),
    )


def after_failover(**emptied: dict[str, object]) -> FleetFacts:
    """The example fleet once cluster a was left: c-1 serves shop-s, b-1 serves shop-r alone."""
    gone = emptied or {"a_1": DEAD, "a_2": DEAD}
    return left_for(left_for(example_fleet(**gone), "a-1", "c-1"), "a-2", "c-1")


def test_who_has_taken_over_a_third_of_the_users_comes_last():
    old = planned(example_fleet(), Strategy())
    assert names_of(old) == [["c-2"], ["c-1"], ["a-2", "b-1"], ["a-1", "b-2"]]
    new = plan_anew(after_failover(), old, {"c-2"}, V2, Strategy())
    assert [wave.name for wave in new.waves] == ["test", "few", "single"]
    assert names_of(new) == [["c-2"], ["a-1", "a-2"], ["b-1", "b-2", "c-1"]]
    assert new.digest != old.digest


def test_each_prod_that_has_another_place_is_told_with_why_and_what_holds_it_now():
    old = planned(example_fleet(), Strategy())
    told = {
        one.prod: one
        for one in changes(old, plan_anew(after_failover(), old, {"c-2"}, V2, Strategy()), {"c-2"})
    }
    assert set(told) == {"a-1", "a-2", "b-1", "b-2", "c-1"}
    assert (told["c-1"].before, told["c-1"].after.wave, told["c-1"].after.name) == (
        Place(2, "few", None, "v1.0.0"),
        3,
        "single",
    )
    assert told["c-1"].why == because("single-users", routes=5, load=420)
    assert told["a-1"].after == Place(2, "few", DEAD["cluster_reason"], "v1.0.0")


def test_what_has_begun_stays_in_its_wave_and_is_no_change_even_if_it_was_hit():
    old = planned(example_fleet(), Strategy())
    begun = {"c-2", "c-1", "a-2"}
    new = plan_anew(after_failover(), old, begun, V2, Strategy())
    assert names_of(new) == [["c-2"], ["c-1"], ["a-2"], ["a-1"], ["b-1", "b-2"]]
    assert new.waves[2].prods == old.waves[2].prods[:1]
    assert not begun & {one.prod for one in changes(old, new, begun)}


def test_a_partner_that_this_very_run_has_out_holds_nobody_back():
    old = planned(example_fleet(), Strategy())
    fleet = example_fleet(a_2={"health": "not-ready"})
    new = plan_anew(fleet, old, {"c-2", "c-1", "a-2"}, V2, Strategy())
    assert new.digest == old.digest
    held = plan_anew(fleet, old, {"c-2", "c-1"}, V2, Strategy()).waves[2].prods[1]
    assert held.held == because("partner-not-healthy", partner="a-2", route="shop-r-1")


@pytest.mark.parametrize(
    ("begun", "gates"),
    [
        pytest.param({"c-2", "c-1"}, [0, 1, 1, 1], id="a wave that has not begun asks as it would have"),
        pytest.param(
            {"c-2", "c-1", "a-2"}, [0, 1, 1, 1, 1], id="what is left of one that has asked asks again"
        ),
    ],
)
def test_an_approval_is_of_the_plan_that_was_read(begun, gates):
    strategy = Strategy(ask="each-wave")
    new = plan_anew(example_fleet(), planned(example_fleet(), strategy), begun, V2, strategy)
    assert [len(wave.gates) for wave in new.waves] == gates


def test_bounds_of_load_count_what_has_begun():
    strategy = Strategy(name="percent")
    old = planned(example_fleet(), strategy)
    assert plan_anew(example_fleet(), old, {"c-2", "c-1", "a-2"}, V2, strategy) == old


def test_bounds_of_load_count_what_has_begun_and_serves_more_now():
    strategy = Strategy(name="percent")
    old = planned(example_fleet(), strategy)
    new = plan_anew(after_failover(), old, {"c-2", "c-1"}, V2, strategy)
    assert [wave.name for wave in new.waves] == ["10%", "50%", "100%"], "423 of 1,123 units run it already"
    assert names_of(new) == [["c-2", "c-1"], ["a-1", "a-2"], ["b-1", "b-2"]]


def test_prods_that_the_release_leaves_out_stay_left_out():
    old = plan_release(example_fleet(), "shop", V2, Strategy(), (("b-2", "a launch"),))
    assert "b-2" not in flat(plan_anew(after_failover(), old, {"c-2"}, V2, Strategy()))


NEWER, OURS = From("v1.0.5", 1, 1), From("v1.1.0", 2, 1)
OTHER = {"b-2": Meanwhile(9, "2025-06-01 03:00 UTC")}
MOVED_ON = because("changed-meanwhile", prod="b-2", run=9, version="v1.0.5", at="2025-06-01 03:00 UTC")


@pytest.mark.parametrize(
    ("b_2", "meanwhile", "why"),
    [
        pytest.param(
            {"came_from": NEWER, "version": "v1.0.5"}, OTHER, MOVED_ON, id="a later run has ended there"
        ),
        pytest.param(
            {"version": "v1.0.5"}, OTHER, MOVED_ON, id="a later run has begun it, be it that it was ended"
        ),
        pytest.param({"lifecycle": "retired"}, {}, because("retired-meanwhile", prod="b-2"), id="retired"),
        pytest.param({}, OTHER, None, id="healed, or taken back again: it is as it was"),
        pytest.param({"came_from": From("v1.0.0", 1, 2)}, OTHER, None, id="other overrides, which it keeps"),
        pytest.param({"came_from": OURS, "version": "v1.1.0"}, OTHER, None, id="it has this Version already"),
        pytest.param(
            {"version": "v1.0.5"}, {}, None, id="it was asked to run another before this was planned"
        ),
    ],
)
def test_who_was_changed_by_another_run_or_is_retired_is_named_and_left(b_2, meanwhile, why):
    old, now = planned(example_fleet(), Strategy()), example_fleet(b_2=b_2)
    left = left_out(old, {"c-2"}, now, meanwhile)
    assert left == ({"b-2": why} if why else {})
    assert ("b-2" in flat(plan_anew(now, old, {"c-2"}, V2, Strategy(), left_out=left))) == (why is None)
    assert left_out(old, {"c-2", "b-2"}, now, meanwhile) == {}, "what has begun is its own"


def test_an_emptied_prod_that_still_serves_keeps_its_class():
    emptied = {"emptied": True}
    fleet = example_fleet(a_1=emptied, a_2=emptied)
    assert names_of(planned(fleet, Strategy())) == names_of(planned(example_fleet(), Strategy()))


asks_nobody = strategies.map(lambda strategy: replace(strategy, ask="none"))


@given(fleets(), asks_nobody, st.integers(0, 10))
def test_with_the_same_facts_it_is_the_same_plan(fleet, strategy, done):
    fleet, begun = well_begun(fleet, strategy, done)
    old = planned(fleet, strategy)
    assert plan_anew(fleet, old, begun, V2, strategy) == old


def well_begun(fleet: FleetFacts, strategy: Strategy, done: int) -> tuple[FleetFacts, set[str]]:
    """With the first `done` Prods of its plan well, since others were held for them otherwise when the plan was made;
    and these. One that gets well may serve more, and comes later then: until the first ones are."""
    begun = set(flat(planned(fleet, strategy))[:done])
    well = replace(
        fleet,
        prods=tuple(
            replace(prod, health="ready", lifecycle="in-service", cluster_reason=None)
            if prod.name in begun
            else prod
            for prod in fleet.prods
        ),
    )
    return (fleet, begun) if well == fleet else well_begun(well, strategy, done)


@given(fleets(), fleets(), strategies, st.data())
def test_whatever_has_happened_each_prod_is_in_one_wave_or_named_and_what_has_begun_goes_first(
    fleet, later, strategy, data
):
    old = planned(fleet, strategy)
    order = flat(old)
    some = st.lists(st.sampled_from(order), unique=True) if order else st.just([])
    begun = set(data.draw(some))
    left = left_out(old, begun, later, {name: Meanwhile(9, "now") for name in data.draw(some)})
    new = plan_anew(later, old, begun, V2, strategy, left_out=left)
    now = flat(new)
    assert sorted([*now, *left]) == sorted(order)
    assert set(now[: len(begun)]) == begun
    assert all(wave.prods for wave in new.waves)
    assert {one.prod for one in changes(old, new, begun)} <= set(now) - begun
    moved = {one.prod for one in changes(old, new, begun)}
    assert (new.digest == old.digest) <= (not moved), "what is told is what the digest covers"


@given(fleets(), fleets(), strategies)
def test_what_is_left_goes_by_its_class_of_now(fleet, later, strategy):
    strategy = replace(strategy, name="by-impact", few_below=Amount(50))
    new = plan_anew(later, planned(fleet, strategy), frozenset(), V2, strategy)
    ranks = [CLASSES.index(wave.name) for wave in new.waves]
    assert ranks == sorted(set(ranks))
