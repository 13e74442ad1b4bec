"""Plans that take users away from Prods: who goes where, who stays, who is lost."""

from dataclasses import replace

import pytest

from tests.core.traffic.world import example, facts, place, route, with_place
from traffic.core.failover import plan_evacuation, plan_failover, plan_rollback_traffic
from traffic.core.plan import TrafficPlan, after
from traffic.core.survival import survival_of


def destinations(plan: TrafficPlan) -> dict[str, dict[str, int]]:
    """Route -> its members that have weight once the plan is done."""
    return {move.route: {prod: weight for prod, weight in move.weights if weight} for move in plan.moves}


def test_a_dead_cluster_of_the_example_fleet():
    plan = plan_failover(example(), clusters=["a"])
    singles = {"shop-s-1": "c-1", "shop-s-2": "c-1", "shop-s-3": "c-1", "shop-s-4": "b-1"}
    assert destinations(plan) == {
        **{name: {prod: 100} for name, prod in singles.items()},
        **{f"shop-r-{n}": {"b-1": 100} for n in (1, 2, 3)},
    }
    assert [one.route for one in plan.safe] == ["shop-r-1", "shop-r-2", "shop-r-3"]
    assert (plan.waiting, plan.staying, plan.lost) == ((), (), ())
    assert plan.room == (("b-1", 600), ("c-1", 680))


def test_routes_whose_users_are_out_go_first_the_largest_first():
    names = [move.route for move in plan_failover(example(), clusters=["a"]).moves]
    assert names == [*(f"shop-s-{n}" for n in (1, 2, 3, 4)), *(f"shop-r-{n}" for n in (1, 2, 3))]


def test_a_dead_member_keeps_its_seat_with_weight_0():
    move = plan_failover(example(), clusters=["a"]).moves[0]
    assert (move.was, move.weights) == ((("a-1", 100),), (("a-1", 0), ("c-1", 100)))
    assert (move.why.code, dict(move.why.params)) == ("moves-to", {"prod": "c-1", "room": 880})


def test_test_tenants_wait_and_others_without_a_place_are_lost():
    plan = plan_failover(example(), clusters=["a", "b", "c"])
    assert [one.route for one in plan.waiting] == ["staff-1"]
    assert sum(one.tenants for one in plan.lost) == 1120
    assert plan.moves == ()


def test_no_prod_in_the_failure_domain_of_a_dead_cluster_takes_users():
    fleet = facts([place("a-1"), place("e-1", capacity=9000)], [route("r", {"a-1": 100})])
    plan = plan_failover(fleet, clusters=["a"])
    assert [(one.route, one.why.code) for one in plan.lost] == [("r", "no-other-domain")]


def test_a_dead_prod_leaves_its_own_domain_as_the_last_choice():
    near, far = place("a-2", capacity=9000), place("b-1", capacity=200)
    routes = [route(f"r-{n}", {"a-1": 100}) for n in (1, 2, 3)]
    plan = plan_failover(facts([place("a-1"), near, far], routes), prods=["a-1"])
    assert destinations(plan) == {"r-1": {"b-1": 100}, "r-2": {"b-1": 100}, "r-3": {"a-2": 100}}


def test_in_its_own_domain_a_dead_prod_finds_no_closed_prod_before_an_open_one():
    """Closed is worse than vetoed, and that worse than near."""
    near, vetoed = place("a-2", capacity=100), place("b-1", capacity=100, vetoed=True)
    closed = place("c-1", capacity=100, open=False)
    routes = [route(f"r-{n}", {"a-1": 100}) for n in (1, 2, 3)]
    plan = plan_failover(facts([place("a-1"), near, vetoed, closed], routes), prods=["a-1"])
    assert destinations(plan) == {"r-1": {"a-2": 100}, "r-2": {"b-1": 100}, "r-3": {"c-1": 100}}


def test_a_cluster_that_takes_nobody_is_the_last_choice_of_those_who_would_be_lost():
    closed, small = place("c-1", capacity=9000, open=False), place("b-1", capacity=100, vetoed=True)
    routes = [route(f"r-{n}", {"a-1": 100}) for n in (1, 2)]
    plan = plan_failover(facts([place("a-1"), closed, small], routes), clusters=["a"])
    assert destinations(plan) == {"r-1": {"b-1": 100}, "r-2": {"c-1": 100}}


CLOSED = {
    "evacuation": lambda fleet: plan_evacuation(fleet, clusters=["a"]),
    "evacuation of one Prod": lambda fleet: plan_evacuation(fleet, prods=["a-1"]),
    "rollback": lambda fleet: plan_rollback_traffic(fleet, "v2", {"a-1": "v1"}),
}


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize("members", [{"a-1": 100}, {"a-1": (100, 0), "c-1": (0, 100)}], ids=["home", "away"])
def test_nobody_who_is_served_is_sent_to_a_cluster_that_takes_nobody(kind, members):
    bad = {"version": "v2"} if kind == "rollback" else {}
    fleet = facts([place("a-1", **bad), place("c-1", open=False)], [route("r", members)])
    plan = CLOSED[kind](fleet)
    assert (plan.moves, [one.route for one in plan.staying]) == ((), ["r"])
    assert CLOSED[kind](replace(fleet, places=(fleet.places[0], place("c-1")))).moves


FITS = {
    "another Blueprint": ({"blueprint": "blog"}, "no-other-domain"),
    "a test Prod": ({"role": "test"}, "no-other-domain"),
    "not in service": ({"in_service": False}, "no-prod-serving"),
    "not known to serve": ({"serving": False}, "no-prod-serving"),
    "a Version that may not share its data": ({"version": "v2"}, "no-version-shares-data"),
    "half of its pods are ready": ({"capacity": 190, "ready_percent": 50}, "no-room"),
    "one unit too little": ({"capacity": 99}, "no-room"),
    "reserved by another Run": ({"capacity": 150, "reserved": 51}, "no-room"),
}


@pytest.mark.parametrize("case", FITS)
def test_only_a_prod_that_fits_takes_users(case):
    changes, code = FITS[case]
    one = route("r", {"a-1": 100}, data_class="replicated")
    plan = plan_failover(facts([place("a-1"), place("b-1", **changes)], [one]), clusters=["a"])
    assert [(left.route, left.why.code) for left in plan.lost] == [("r", code)]


ALSO_FITS = {
    "exactly enough room": ({"capacity": 100}, "replicated"),
    "a standby Prod": ({"role": "standby"}, "replicated"),
    "a Version that may share its data": ({"version": "v2", "shares": frozenset({"v1"})}, "replicated"),
    "any Version where there is no data": ({"version": "v2"}, "stateless"),
    "a vetoed Version if there is no other": ({"vetoed": True}, "replicated"),
}


@pytest.mark.parametrize("case", ALSO_FITS)
def test_these_take_users_too(case):
    changes, data_class = ALSO_FITS[case]
    one = route("r", {"a-1": 100}, data_class=data_class)
    plan = plan_failover(facts([place("a-1"), place("b-1", **changes)], [one]), clusters=["a"])
    assert destinations(plan) == {"r": {"b-1": 100}}


def test_a_vetoed_version_is_taken_only_after_all_others():
    fleet = facts(
        [place("a-1"), place("b-1", vetoed=True), place("c-1", capacity=150)],
        [route("r", {"a-1": 100}), route("s", {"a-1": 100})],
    )
    assert destinations(plan_failover(fleet, clusters=["a"])) == {"r": {"c-1": 100}, "s": {"b-1": 100}}


def test_a_pinned_route_goes_only_where_it_is_pinned_to():
    places = [place("a-1"), place("b-1"), place("c-1", capacity=500)]
    fleet = facts(places, [route("r", {"a-1": 100}, pins=("a-1", "c-1"))])
    assert destinations(plan_failover(fleet, clusters=["a"])) == {"r": {"c-1": 100}}


def test_a_single_writer_is_marked_as_needing_a_fence():
    fleet = facts(
        [place("a-1"), place("b-1")],
        [route("w", {"a-1": 100}, data_class="single-writer"), route("s", {"a-1": 100})],
    )
    assert {move.route: move.fence for move in plan_failover(fleet, clusters=["a"]).moves} == {
        "w": True,
        "s": False,
    }


@pytest.mark.parametrize(
    ("back", "lost"), [("", ["no-version-shares-data"]), ("v1", []), ("v3", ["no-version-shares-data"])]
)
def test_the_version_that_a_rollback_goes_back_to_is_trusted_with_the_data(back, lost):
    fleet = facts(
        [place("a-1", version="v2", back=back), place("b-1")],
        [route("w", {"a-1": 100}, data_class="single-writer")],
    )
    assert [one.why.code for one in plan_failover(fleet, clusters=["a"]).lost] == lost
    assert [one.why.code for one in survival_of(fleet, "cluster", ["a"])[0].lost] == lost


def test_a_redundant_route_that_routers_do_not_save_is_not_called_safe():
    fleet = facts(example().places, example().routes, routers=())
    plan = plan_failover(fleet, clusters=["a"])
    assert plan.safe == ()
    assert sum(move.tenants for move in plan.moves) == 700


def test_a_member_that_is_away_and_serves_comes_back_before_a_new_one_is_sought():
    fleet = facts(
        [place("a-1"), place("b-1", capacity=100), place("c-1")],
        [route("r", {"a-1": (100, 50), "b-1": (0, 50)})],
    )
    plan = plan_failover(fleet, clusters=["a"])
    assert destinations(plan) == {"r": {"b-1": 100}}
    assert plan.moves[0].why.code == "goes-back-to"


def test_a_member_that_does_not_serve_loses_its_part_in_a_failover():
    fleet = facts(
        [place("a-1"), place("b-1", serving=False), place("c-1")],
        [route("r", {"a-1": 34, "b-1": 33, "c-1": 33})],
    )
    assert destinations(plan_failover(fleet, clusters=["a"])) == {"r": {"c-1": 100}}


def test_weights_that_do_not_sum_to_100_do_afterwards():
    fleet = facts([place("a-1"), place("b-1"), place("c-1")], [route("r", {"a-1": 20, "b-1": 10, "c-1": 10})])
    assert destinations(plan_evacuation(fleet, clusters=["a"])) == {"r": {"b-1": 50, "c-1": 50}}


def test_a_second_cluster_dies_after_the_first_has_been_failed_over():
    once = plan_failover(example(), clusters=["a"])
    failed_over = after(with_place(with_place(example(), "a-1", serving=False), "a-2", serving=False), once)
    twice = plan_failover(failed_over, clusters=["c"])
    assert {r: next(iter(to)) for r, to in destinations(twice).items()} == {
        "shop-s-1": "b-1",
        "shop-s-2": "b-2",
        "shop-s-3": "b-1",
        "shop-u-1": "b-2",
    }
    assert [one.route for one in twice.waiting] == ["staff-1"]
    assert plan_failover(failed_over, clusters=["a"]).moves == ()


def test_an_evacuation_moves_the_same_users_and_loses_nobody():
    plan = plan_evacuation(example(), clusters=["a"])
    assert destinations(plan) == destinations(plan_failover(example(), clusters=["a"]))
    stuck = plan_evacuation(example(), clusters=["a", "b", "c"])
    assert (stuck.lost, stuck.waiting) == ((), ())
    assert sum(one.tenants for one in stuck.staying) == 1123


def test_an_evacuated_cluster_may_send_users_to_the_next_one_in_its_domain():
    fleet = facts([place("a-1"), place("e-1")], [route("r", {"a-1": 100})])
    assert destinations(plan_evacuation(fleet, clusters=["a"])) == {"r": {"e-1": 100}}


AFTER_WAVE_3 = {name: {"version": "v2", "shares": frozenset({"v1"})} for name in ("c_2", "c_1", "a_2", "b_1")}
BACK = {"c-2": "v1", "c-1": "v1", "a-2": "v1", "b-1": "v1"}


def test_after_wave_3_a_rollback_moves_320_tenants_and_names_the_3_of_staff():
    plan = plan_rollback_traffic(example(**AFTER_WAVE_3), "v2", BACK)
    assert destinations(plan) == {
        "shop-r-1": {"a-1": 100},
        "shop-r-2": {"b-2": 100},
        "shop-r-3": {"a-1": 100},
        "shop-u-1": {"b-2": 100},
    }
    assert sum(move.tenants for move in plan.moves) == 320
    assert [(one.route, one.tenants) for one in plan.staying] == [("staff-1", 3)]
    assert (plan.lost, plan.waiting) == ((), ())


def test_after_wave_4_nobody_runs_the_old_version_and_all_stay_test_first():
    everywhere = {**AFTER_WAVE_3, "a_1": {"version": "v2"}, "b_2": {"version": "v2"}}
    plan = plan_rollback_traffic(example(**everywhere), "v2", {**BACK, "a-1": "v1", "b-2": "v1"})
    assert plan.moves == ()
    names = [one.route for one in plan.staying]
    assert (names[0], names[-1], len(names)) == ("staff-1", "shop-u-1", 13)


def test_a_rollback_prefers_a_warm_prod_to_one_with_more_room():
    fleet = with_place(example(**AFTER_WAVE_3), "b-2", warm=True, capacity=600)
    plan = plan_rollback_traffic(fleet, "v2", BACK)
    assert {tuple(to) for to in destinations(plan).values()} == {("b-2",), ("a-1",)}
    assert destinations(plan)["shop-r-1"] == {"b-2": 100}


GOOD = {
    "the Version it came from is trusted though nobody declares it": ({"version": "v1"}, 1),
    "another that is declared": ({"version": "v0", "shares": frozenset({"v2"})}, 1),
    "another that is not": ({"version": "v0"}, 0),
    "a vetoed one": ({"version": "v1", "vetoed": True}, 0),
    "one that runs the bad Version though nobody called it bad": ({"version": "v2"}, 0),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_a_rollback_takes_for_a_good_prod(case):
    changes, moves = GOOD[case]
    one = route("r", {"a-1": 100}, data_class="replicated")
    fleet = facts([place("a-1", version="v2"), place("b-1", **changes)], [one])
    assert len(plan_rollback_traffic(fleet, "v2", {"a-1": "v1"}).moves) == moves


WRITER = {"a-1": 100}
WRITERS = {
    "its Prod may still write": (WRITER, {}, {}, "writer-stays"),
    "its Cluster is dead": (WRITER, {}, {"dead": {"a"}}, "writer-waits-for-failover"),
    "another Cluster is dead": (WRITER, {}, {"dead": {"b"}}, "writer-stays"),
    "its Prod does not serve well": (WRITER, {"serving": False}, {}, "writer-stays"),
    "another member serves in normal times": ({"a-1": 100, "b-1": (0, 100)}, {}, {}, "writer-stays"),
    "the caller fences": (WRITER, {}, {"fenced": True}, None),
    "another writes already": ({"a-1": 50, "b-1": 50}, {}, {}, None),
}


@pytest.mark.parametrize("case", WRITERS)
def test_whether_a_rollback_leaves_a_single_writer_where_it_writes(case):
    members, source, how, why = WRITERS[case]
    one = route("w", members, data_class="single-writer")
    fleet = facts([place("a-1", version="v2", **source), place("b-1", version="v1")], [one])
    plan = plan_rollback_traffic(fleet, "v2", {"a-1": "v1"}, **how)
    assert [one.why.code for one in plan.staying] == ([why] if why else [])
    assert destinations(plan) == ({} if why else {"w": {"b-1": 100}})


def test_the_room_that_a_staying_writer_does_not_take_is_for_others():
    fleet = facts(
        [place("a-1", version="v2"), place("b-1", capacity=100)],
        [route("w", {"a-1": 100}, data_class="single-writer"), route("r", {"a-1": 100})],
    )
    assert destinations(plan_rollback_traffic(fleet, "v2", {"a-1": "v1"})) == {"r": {"b-1": 100}}


def test_a_rollback_uses_the_good_member_before_any_other():
    fleet = example(a_2={"version": "v2"})
    plan = plan_rollback_traffic(fleet, "v2", {"a-2": "v1"})
    assert destinations(plan) == {f"shop-r-{n}": {"b-1": 100} for n in (1, 2, 3)}


def test_all_routers_of_a_route_dying_with_the_cluster_are_told():
    fleet = facts([place("a-1"), place("b-1")], [route("r", {"b-1": 100}, routers=("edge-x",))])
    plan = plan_failover(fleet, clusters=["x"])
    assert [(one.route, one.why.code) for one in plan.lost] == [("r", "no-router-left")]


def test_what_one_route_took_is_not_there_for_the_next():
    fleet = facts(
        [place("a-1"), place("b-1", capacity=199)], [route("r", {"a-1": 100}), route("s", {"a-1": 100})]
    )
    plan = plan_failover(fleet, clusters=["a"])
    assert destinations(plan) == {"r": {"b-1": 100}}
    assert [(one.route, dict(one.why.params)) for one in plan.lost] == [("s", {"load": 100, "most": 99})]


def test_a_member_that_takes_its_route_over_has_promised_to_carry_it_already():
    fleet = facts(
        [place("a-1"), place("b-1", capacity=300, vetoed=True)],
        [route("r", {"a-1": (100, 50), "b-1": (0, 50)}, load=100)],
    )
    plan = plan_failover(fleet, clusters=["a"])
    assert destinations(plan) == {"r": {"b-1": 100}}
    assert dict(plan.room) == {"b-1": 200}
