"""Who takes whose place, and how a release by `switch` goes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.facts import FleetFacts
from releases.core.impact import fleet_loads
from releases.core.states import RunState, StepState
from releases.core.strategy import Strategy
from releases.core.switching import pair_standbys
from releases.core.waves import chosen_prods, plan_release
from tests.core.releases.fleet_strategies import fleets
from tests.core.releases.fleets import V2, example_fleet, make_prod, make_route, make_run, names_of
from tests.core.releases.test_decide_properties import Fickle
from tests.core.releases.world import World, step_of

SWITCH = Strategy(name="switch", soak_s=5)


def with_standbys(*names: str, fleet: FleetFacts | None = None) -> FleetFacts:
    fleet = fleet or example_fleet()
    return replace(fleet, prods=(*fleet.prods, *(make_prod(name, role="standby") for name in names)))


def paired(fleet: FleetFacts, exclude=(), **rooms: int):
    free = {prod.name: 1000 for prod in fleet.prods} | {
        name.replace("_", "-"): room for name, room in rooms.items()
    }
    chosen = chosen_prods(fleet, "shop", SWITCH, tuple((name, "a test") for name in exclude))
    return pair_standbys(chosen, fleet, free)


def switch_plan(fleet: FleetFacts, strategy: Strategy = SWITCH):
    return plan_release(fleet, "shop", V2, strategy, pairing=paired(fleet))


def names(pairing) -> dict[str, str]:
    return {pair.old.name: pair.new.name for pair in pairing.pairs}


ENOUGH = ("a-8", "b-8", "c-7", "c-8", "c-9")


def test_the_test_prod_then_the_standby_prods_then_all_users():
    plan = switch_plan(with_standbys(*ENOUGH, "c-6"))
    assert names_of(plan) == [
        ["c-2"],
        ["a-8", "b-8", "c-6", "c-7", "c-8"],
        ["a-2", "b-1", "a-1", "b-2", "c-1"],
    ]
    assert plan.waves[2].parallel == 5


def test_those_who_hand_over_keep_their_version_and_are_the_reserve():
    plan = switch_plan(with_standbys(*ENOUGH))
    assert {(prod.version, prod.came_from.version) for prod in plan.waves[2].prods} == {("v1.0.0", "v1.0.0")}
    assert plan.horizon is None


def test_steps_are_a_switch_and_a_watch_of_who_takes_over():
    plan = switch_plan(with_standbys(*ENOUGH))
    steps = {
        prod.name: [(s.kind, dict(s.params).get("to")) for s in prod.steps] for prod in plan.waves[2].prods
    }
    assert steps["a-2"] == [("switch", "a-8"), ("soak", "a-8")]
    ramped = switch_plan(with_standbys(*ENOUGH), replace(SWITCH, back="ramp")).waves[2].prods[0].steps
    assert [step.kind for step in ramped] == ["switch", *["ramp"] * 4, "soak"]


def test_who_serves_two_domains_gets_one_in_its_own_and_chooses_first():
    assert names(paired(with_standbys(*ENOUGH), a_8=400, c_9=5000)) == {
        "a-2": "a-8",
        "b-1": "b-8",
        "a-1": "c-9",
        "b-2": "c-7",
        "c-1": "c-8",
    }


@pytest.mark.parametrize(
    ("fleet", "rooms", "code"),
    [
        pytest.param(with_standbys(*ENOUGH), {"a_8": 299}, "no-standby-room", id="no room"),
        pytest.param(with_standbys(*ENOUGH[1:], "c-5"), {}, "no-standby-near", id="none in its domain"),
    ],
)
def test_who_finds_nobody_is_named(fleet, rooms, code):
    (reason,) = paired(fleet, **rooms).missing
    assert (reason.code, dict(reason.params)["prod"]) == (code, "a-2")


def test_who_is_being_emptied_is_named_and_keeps_its_place_for_those_who_come_back():
    fleet = with_standbys(*ENOUGH, fleet=example_fleet(a_1={"emptied": True}))
    assert paired(fleet).missing == (because("switch-needs-users-back", prod="a-1"),)
    pairing = paired(fleet, exclude=["a-1"])
    assert pairing.missing == () and "a-1" not in names(pairing)


def test_who_is_left_out_hands_nothing_over():
    pairing = paired(with_standbys("a-8", "b-8", "c-7", "c-8"), exclude=["c-1"])
    assert "c-1" not in names(pairing) and pairing.missing == ()


def test_a_standby_prod_that_serves_already_is_nobodys():
    fleet = with_standbys("c-7", fleet=replace(example_fleet(), routes=(make_route("s", 9, "a-1"),)))
    assert names(paired(fleet)) == {"a-1": "c-7"}
    busy = replace(fleet, routes=(*fleet.routes, make_route("t", 9, "c-7")))
    assert [reason.code for reason in paired(busy).missing] == ["no-standby-left"]


def switch_world(fleet: FleetFacts | None = None) -> World:
    fleet = fleet or with_standbys(*ENOUGH)
    return World(make_run(switch_plan(fleet), fleet))


def test_nobody_is_handed_over_before_every_taker_is_proven():
    world = switch_world()
    assert world.finish() is RunState.SUCCEEDED
    order = [kind for _, kind in world.started]
    assert order.index("switch") > max(at for at, kind in enumerate(order) if kind == "wait_ready")


def test_nobody_is_handed_over_to_a_prod_that_was_skipped():
    world = switch_world()
    for kind in ("set_version", "wait_ready", "soak"):
        world.set_step("a-8", kind, state=StepState.SKIPPED)
    world.finish()
    waits = step_of(world.run, "a-2", "switch")
    assert (waits.state, waits.reason) == (StepState.WAITING, because("taker-not-proven", prod="a-8"))
    assert ("b-1", "switch") in world.started


def test_nobody_is_handed_over_to_a_prod_that_is_not_well():
    world = switch_world()
    world.set_run(ill=frozenset({"c-7"}))
    world.finish()
    assert step_of(world.run, "a-1", "switch").reason == because("prod-not-well", prod="c-7")


HELD = {
    "held": {"held": because("held", why="x", by="mio")},
    "being emptied": {"emptied": True},
}


@pytest.mark.parametrize("how", HELD)
def test_a_standby_prod_that_is_held_or_emptied_takes_nobodys_place(how: str):
    fleet = with_standbys("c-7", "c-8", fleet=replace(example_fleet(), routes=(make_route("s", 9, "a-1"),)))
    held = [replace(p, **HELD[how]) if p.name == "c-7" else p for p in fleet.prods]
    assert names(paired(replace(fleet, prods=tuple(held)))) == {"a-1": "c-8"}


@given(fleets(well=True), st.sampled_from(["restore", "ramp"]), st.data())
def test_whatever_happens_at_most_one_member_of_a_route_is_out(fleet, back, data):
    plan = switch_plan(fleet, replace(SWITCH, back=back))
    world = Fickle(make_run(plan, fleet), data)
    assert world.finish() in {RunState.SUCCEEDED, RunState.FAILED, RunState.RUNNING}


@given(fleets(), st.integers(0, 300))
def test_nobody_takes_two_places_nor_more_than_the_room(fleet, room):
    rooms = {prod.name: room for prod in fleet.prods}
    pairing = pair_standbys(chosen_prods(fleet, "shop", SWITCH, ()), fleet, rooms)
    takers = [pair.new.name for pair in pairing.pairs]
    assert len(takers) == len(set(takers))
    loads = fleet_loads(fleet)
    for pair in pairing.pairs:
        assert (pair.old.role, pair.new.role) == ("live", "standby")
        assert pair.load == loads[pair.old.name].load <= room and pair.room >= 0
    serving = {prod for route in fleet.routes for prod, weight in route.members if weight}
    ours = [p for p in fleet.prods if p.role == "live" and p.name in serving and p.lifecycle != "retired"]
    assert len(pairing.pairs) + len(pairing.missing) == len(ours)


@given(fleets(), st.randoms())
def test_pairs_do_not_depend_on_the_order_in_which_facts_come(fleet, random):
    prods, routes = list(fleet.prods), list(fleet.routes)
    random.shuffle(prods)
    random.shuffle(routes)
    assert paired(replace(fleet, prods=tuple(prods), routes=tuple(routes))) == paired(fleet)
