"""What is left of a release by `switch`: begun pairs stay, the others are paired by the facts of now."""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from journal.core.reasons import Reason, because
from releases.core.anew import changes
from releases.core.facts import FleetFacts, RouteFacts
from releases.core.plan import Plan
from releases.core.rollback import switched
from releases.core.strategy import Strategy
from releases.core.switch_anew import emptied_meanwhile, not_needed, pair_anew
from releases.core.switching import Pairing
from releases.core.waves import chosen_anew, plan_anew
from tests.core.releases.fleet_strategies import fleets
from tests.core.releases.fleets import V2, names_of
from tests.core.releases.test_anew import flat
from tests.core.releases.test_switching import ENOUGH, SWITCH, paired, switch_plan, with_standbys


class Judged(NamedTuple):
    plan: Plan
    pairing: Pairing
    left: dict[str, Reason]

    @property
    def missing(self) -> list[tuple[str, str]]:
        """(code, Prod)"""
        return [(why.code, str(dict(why.params)["prod"])) for why in self.pairing.missing]


def anew(
    fleet: FleetFacts, old: Plan, begun: Collection[str], strategy: Strategy = SWITCH, **rooms: int
) -> Judged:
    begun = frozenset(begun)
    out = emptied_meanwhile(old, begun, fleet)
    chosen = chosen_anew(fleet, old, strategy, out)
    free = {prod.name: 1000 for prod in fleet.prods} | {
        name.replace("_", "-"): room for name, room in rooms.items()
    }
    pairing = pair_anew(chosen, fleet, old, begun, free)
    new = plan_anew(fleet, old, begun, V2, strategy, left_out=out, pairing=pairing)
    return Judged(new, pairing, {**out, **not_needed(old, new, begun, fleet, out)})


def changed(fleet: FleetFacts, **prods: dict[str, object]) -> FleetFacts:
    own = {name.replace("_", "-"): fields for name, fields in prods.items()}
    return replace(fleet, prods=tuple(replace(prod, **own.get(prod.name, {})) for prod in fleet.prods))


FLEET = with_standbys(*ENOUGH, "c-6")
OLD = switch_plan(FLEET)
PREPARED = {"c-2", "a-8", "b-8", "c-6"}
HELD = because("held", why="looking", by="mio")


def test_the_pairs_of_before():
    assert dict(switched(OLD)) == {"a-2": "a-8", "b-1": "b-8", "a-1": "c-6", "b-2": "c-7", "c-1": "c-8"}


def test_who_has_begun_to_take_a_place_takes_it_though_another_had_more_room_now():
    judged = anew(FLEET, OLD, PREPARED, c_6=500)
    assert dict(switched(judged.plan)) == dict(switched(OLD)) and judged.plan.digest == OLD.digest
    assert dict(switched(anew(FLEET, OLD, {"c-2"}, c_6=500).plan))["a-1"] == "c-7"


def test_who_has_not_begun_finds_the_partner_of_now_and_it_is_shown():
    fleet = changed(FLEET, c_7={"held": HELD})
    judged = anew(fleet, OLD, PREPARED)
    assert dict(switched(judged.plan)) == {**dict(switched(OLD)), "b-2": "c-8", "c-1": "c-9"}
    assert names_of(judged.plan) == [
        ["c-2"],
        ["a-8", "b-8", "c-6", "c-8", "c-9"],
        ["a-2", "b-1", "a-1", "b-2", "c-1"],
    ]
    assert judged.left == {"c-7": because("takes-no-place", prod="c-7")}
    told = {
        one.prod: (one.before and one.before.name, one.other_steps)
        for one in changes(OLD, judged.plan, PREPARED)
    }
    assert told == {"b-2": ("switch", True), "c-1": ("switch", True), "c-9": (None, False)}


def test_who_has_handed_over_stays_as_it_is():
    begun = {*flat(OLD)} - {"a-1", "b-2", "c-1"}
    judged = anew(after(FLEET, OLD, begun), OLD, begun)
    assert judged.plan.digest == OLD.digest and judged.plan.waves[-1].parallel == 5
    assert [pair.old.name for pair in judged.pairing.pairs] == ["a-1", "b-2", "c-1"]


def test_a_standby_prod_that_is_needed_now_gets_ready_before_those_who_are_left_hand_over():
    begun = {*flat(OLD)} - {"a-1", "b-2", "c-1", "c-8"}
    fleet = changed(after(FLEET, OLD, begun), c_8={"held": HELD})
    judged = anew(fleet, OLD, begun)
    assert names_of(judged.plan)[2:] == [["a-2", "b-1"], ["c-9"], ["a-1", "b-2", "c-1"]]


@pytest.mark.parametrize(
    ("now", "rooms", "missing"),
    [
        pytest.param({"c_6": {"held": HELD}}, {}, "taker-not-free", id="held"),
        pytest.param({"c_6": {"emptied": True}}, {}, "taker-not-free", id="being emptied"),
        pytest.param({}, {"c_6": 399}, "no-standby-room", id="no room any more"),
    ],
)
def test_a_begun_pair_that_does_not_fit_any_more_holds_up_all_and_is_named(now, rooms, missing):
    assert anew(changed(FLEET, **now), OLD, PREPARED, **rooms).missing == [(missing, "a-1")]
    assert anew(changed(FLEET, **now), OLD, {"c-2"}, **rooms).missing == []


def test_who_serves_and_finds_nobody_holds_up_all_and_is_named():
    gone = replace(FLEET, prods=tuple(prod for prod in FLEET.prods if prod.name not in ("a-8", "c-9")))
    judged = anew(gone, OLD, {"c-2"})
    assert judged.missing == [("no-standby-near", "a-2")] and "a-2" not in judged.left


def test_whose_users_have_left_it_keeps_its_place_and_is_named():
    fleet = changed(FLEET, a_1={"emptied": True})
    judged = anew(fleet, OLD, {"c-2", "a-8", "b-8"})
    assert judged.missing == [] and "a-1" not in dict(switched(judged.plan))
    assert judged.left["a-1"] == because("place-kept-emptied", prod="a-1")
    assert judged.left["c-8"] == because("takes-no-place", prod="c-8"), "of four only three are needed now"


def after(fleet: FleetFacts, plan: Plan, begun: Collection[str]) -> FleetFacts:
    """With the places exchanged of those that have begun to hand over."""
    pairs = {old: new for old, new in switched(plan) if old in begun}
    roles = {**dict.fromkeys(pairs, "standby"), **dict.fromkeys(pairs.values(), "live")}
    return FleetFacts(
        tuple(replace(prod, role=roles.get(prod.name, prod.role)) for prod in fleet.prods),
        tuple(_exchanged(route, pairs) for route in fleet.routes),
    )


def _exchanged(route: RouteFacts, pairs: dict[str, str]) -> RouteFacts:
    return replace(route, members=tuple((pairs.get(prod, prod), weight) for prod, weight in route.members))


switches = st.builds(
    replace, st.just(SWITCH), back=st.sampled_from(["restore", "ramp"]), warm_up=st.sampled_from([0, 3])
)


@given(fleets(well=True), switches, st.integers(0, 20))
def test_with_the_same_facts_it_is_the_same_plan(fleet, strategy, done):
    assume(not paired(fleet).missing)
    old = switch_plan(fleet, strategy)
    begun = set(flat(old)[:done])
    judged = anew(after(fleet, old, begun), old, begun, strategy)
    assert judged.plan.digest == old.digest and judged.missing == [] and judged.left == {}
    assert anew(fleet, old, begun, strategy).plan == old


def well_begun(data: st.DataObject, old: Plan) -> frozenset[str]:
    """Any of them; but nobody hands over to one that has not begun."""
    order = flat(old)
    some = set(data.draw(st.lists(st.sampled_from(order), unique=True))) if order else set()
    return frozenset(some | {new for prod, new in switched(old) if prod in some})


@given(fleets(), fleets(), switches, st.integers(0, 400), st.data())
def test_whatever_has_happened_each_prod_is_in_one_wave_or_named_and_what_has_begun_goes_first(
    fleet, later, strategy, room, data
):
    old = switch_plan(fleet, strategy)
    begun = well_begun(data, old)
    here = {prod.name: prod for prod in later.prods if prod.lifecycle != "retired"}
    judged = anew(later, old, begun, strategy, **{name.replace("-", "_"): room for name in here})
    now, gone = flat(judged.plan), set(flat(old)) - set(here) - begun
    assert len(now) == len(set(now)) and set(now[: len(begun)]) == begun
    named = {*judged.left, *(prod for _, prod in judged.missing), *gone}
    assert set(flat(old)) <= set(now) | named and not named & set(now)
    assert {here[name].role for name in set(now) - set(flat(old))} <= {"standby"}
    moved = {one.prod for one in changes(old, judged.plan, begun)}
    assert (judged.plan.digest == old.digest) <= (not moved and not named)


@given(fleets(), fleets(), switches, st.integers(0, 400), st.data())
def test_whatever_has_happened_a_begun_pair_stays_one_and_others_are_paired_as_at_the_start(
    fleet, later, strategy, room, data
):
    old = switch_plan(fleet, strategy)
    begun = well_begun(data, old)
    rooms = {prod.name.replace("-", "_"): room for prod in later.prods}
    judged = anew(later, old, begun, strategy, **rooms)
    before, now = dict(switched(old)), dict(switched(judged.plan))
    assert len(set(now.values())) == len(now), "nobody takes two places"
    assert all(before.get(prod) == taker for prod, taker in now.items() if taker in begun)
    facts = {prod.name: prod for prod in later.prods}
    for pair in judged.pairing.pairs:
        new = facts[pair.new.name]
        assert not new.emptied and new.held is None and pair.load <= room
        assert new.name in begun or new.role == "standby"


obstacles = st.sampled_from([{}, {}, {}, {"held": HELD}, {"emptied": True}, {"health": "down"}])


@given(st.data())
def test_nobody_but_who_has_begun_takes_the_place_that_it_has_begun_to_take(data):
    begun = well_begun(data, OLD)
    fleet = changed(
        after(FLEET, OLD, begun),
        **{prod.name.replace("-", "_"): data.draw(obstacles) for prod in FLEET.prods},
    )
    rooms = {
        prod.name.replace("-", "_"): data.draw(st.sampled_from([1000, 1000, 200])) for prod in FLEET.prods
    }
    judged = anew(fleet, OLD, begun, **rooms)
    now = dict(switched(judged.plan))
    for prod, taker in switched(OLD):
        told = [now.get(prod) == taker, prod in judged.left, prod in {name for _, name in judged.missing}]
        if taker in begun:
            assert sum(told) == 1, "it takes it, or it is said why not"
        assert (now.get(prod) == taker) >= (prod in begun)
