"""Who is left behind, who must stay in service, and who may be repaired."""

from dataclasses import replace

import pytest

from journal.core.reasons import because
from releases.core.decide import decide
from releases.core.facts import FleetFacts
from releases.core.partners import away
from releases.core.progress import Start
from releases.core.states import RunState
from releases.core.strategy import Amount
from releases.core.waves import plan_build
from tests.core.releases.fleets import NOW, example_fleet, make_prod, make_route, make_run
from tests.core.releases.world import all_well, hanging, release_world, set_versions, step_of

DOWN = {"cluster_reason": because("cluster-unreachable", cluster="a"), "health": "unknown"}


def test_held_prods_let_the_later_waves_pass_and_the_run_says_whom_it_waits_for():
    fleet = example_fleet(a_1=DOWN, a_2=DOWN)
    world = release_world(fleet)
    world.set_run(blocked=dict.fromkeys(("a-1", "a-2"), DOWN["cluster_reason"]))
    assert world.finish() is RunState.RUNNING
    assert set_versions(world) == ["c-2", "c-1", "b-2"]
    assert world.run.reason == because("cluster-unreachable", cluster="a", prod="a-2")
    assert step_of(world.run, "b-1", "set_version").reason == because(
        "partner-not-healthy", partner="a-2", route="shop-r-1"
    )


def test_a_run_speaks_of_what_nobody_expected_before_what_the_plan_held():
    world = release_world(example_fleet(c_2={"held": because("held", why="x", by="mio")}))
    why = because("held", why="y", by="aki")
    world.set_run(blocked={"c-2": because("held", why="x", by="mio"), "c-1": why})
    world.finish()
    assert world.run.reason == because("held", why="y", by="aki", prod="c-1")


def test_held_prods_start_once_nothing_blocks_them_and_the_run_ends():
    fleet = example_fleet(a_1=DOWN, a_2=DOWN)
    world = release_world(fleet)
    world.set_run(blocked=dict.fromkeys(("a-1", "a-2"), DOWN["cluster_reason"]))
    world.finish()
    world.set_run(blocked={}, ill=frozenset(), unknown=frozenset())
    assert world.finish() is RunState.SUCCEEDED
    assert set_versions(world)[3:] == ["a-2", "b-1", "a-1"]


def test_a_held_prod_that_starts_late_closes_the_waves_behind_it_again():
    fleet = example_fleet(c_2={"held": because("held", why="x", by="mio")})
    world = release_world(fleet)
    world.set_run(blocked={"c-2": because("held", why="x", by="mio")})
    world.say = hanging("c-1")
    world.settle()
    assert world.in_flight() == {"c-1"}
    world.set_run(blocked={})
    world.say = hanging("c-2")
    world.settle()
    assert world.in_flight() == {"c-2"}
    assert step_of(world.run, "a-2", "set_version").reason == because("waits-for-wave", wave=1)


def test_a_prod_blocked_after_the_plan_was_made_closes_the_waves_behind_it():
    world = release_world()
    world.set_run(blocked={"c-1": because("held", why="x", by="mio")})
    world.finish()
    assert set_versions(world) == ["c-2"]


@pytest.mark.parametrize(
    ("ill", "unknown", "kind", "together"),
    [
        pytest.param({"b-1"}, set(), "rollback", True, id="a rollback repairs beside its partner"),
        pytest.param({"b-1"}, set(), "build", True, id="a build too"),
        pytest.param({"b-1"}, set(), "release", False, id="a release waits: the Version is new"),
        pytest.param({"b-1"}, {"b-1"}, "rollback", False, id="unknown may be the last that serves"),
        pytest.param(set(), set(), "rollback", False, id="a Prod that serves waits"),
    ],
)
def test_repairing_a_prod_that_is_down_is_allowed_while_its_partner_is_out(ill, unknown, kind, together):
    world = release_world(parallel=Amount(5))
    world.say = hanging("a-2")
    world.settle()
    world.say = hanging("a-2", "b-1")
    world.set_run(kind=kind, ill=frozenset(ill), unknown=frozenset(unknown))
    decision = world.settle()
    assert (world.in_flight() == {"a-2", "b-1"}) is together
    assert decision.intents == ()


def test_a_repair_beside_its_partner_takes_no_route_that_is_out_already():
    fleet = example_fleet(a_2={"health": "down"}, b_1={"health": "down"})
    plan = plan_build(fleet, "shop", ["a-2", "b-1"])
    decision = decide(make_run(plan, fleet), NOW)
    assert [intent.outs for intent in decision.intents if isinstance(intent, Start)] == [
        ("shop-r-1", "shop-r-2", "shop-r-3"),
        (),
    ]


def test_a_prod_that_serves_stays_while_its_partner_is_ill():
    world = release_world()
    world.set_run(ill=frozenset({"b-1"}))
    world.say = hanging("b-1")
    world.settle()
    assert set_versions(world) == ["c-2", "c-1", "b-1"]
    world.set_run(ill=frozenset(), outs={})
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def fleet_of_two(a_2_drained: bool, b_1_drained: bool, **a_2: object) -> FleetFacts:
    """a-2 and b-1 share one Route."""
    drained = tuple(name for name, is_so in (("a-2", a_2_drained), ("b-1", b_1_drained)) if is_so)
    route = replace(make_route("shop-r", 100, "a-2", "b-1"), drained=drained)
    return FleetFacts((make_prod("a-2", **a_2), make_prod("b-1")), (route,))


BACK = {"claimed_by": 7, "claimed_kind": "rollback"}
RELEASED = {"claimed_by": 7, "claimed_kind": "release"}


@pytest.mark.parametrize(
    ("fleet", "found"),
    [
        pytest.param(fleet_of_two(True, False, **BACK), {"shop-r": "a-2"}, id="b-1 alone serves them"),
        pytest.param(fleet_of_two(True, False), {}, id="nobody is at work on a-2, so it may stand in"),
        pytest.param(fleet_of_two(False, False, **BACK), {}, id="a-2 has users"),
        pytest.param(fleet_of_two(True, True, **BACK), {}, id="b-1 has none: two rollbacks do not wait"),
        pytest.param(fleet_of_two(True, False, **BACK, emptied=True), {}, id="a-2 was left until a failback"),
        pytest.param(fleet_of_two(True, False, **RELEASED), {}, id="a release takes Routes out itself"),
    ],
)
def test_a_partner_that_a_rollback_has_sent_its_users_away_from_counts_as_out(fleet, found):
    assert away(fleet, {"b-1"}) == found
