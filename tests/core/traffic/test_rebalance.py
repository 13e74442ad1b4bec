"""Prods that carry too much, moves that a person asks for, and proposals to build more Prods."""

from dataclasses import replace

import pytest
from hypothesis import given

from tests.core.traffic.fleets import fleets
from tests.core.traffic.world import example, facts, place, route, with_place
from traffic.core.facts import ClusterNow
from traffic.core.ground import Ground
from traffic.core.moving import refusal
from traffic.core.plan import TrafficPlan, after
from traffic.core.proposals import MENDED, Proposals, in_normal_times, propose_prods
from traffic.core.rebalance import plan_rebalance
from traffic.core.room import rooms
from traffic.core.survival import survival_of


def moved(plan: TrafficPlan) -> dict[str, str]:
    return {move.route: next(prod for prod, weight in move.weights if weight) for move in plan.moves}


def loaded(*loads: int, spare: int = 1000):
    """Prod a-1 with Routes of these loads, and an empty b-1."""
    routes = [route(f"r-{n}", {"a-1": 100}, load) for n, load in enumerate(loads)]
    return facts([place("a-1"), place("b-1", capacity=spare)], routes)


# (loads on a Prod of 1000 that may carry 800) -> the Routes that leave it
RELIEF = {
    "nothing where nothing is too much": ((400, 400), []),
    "the smallest that will do": ((500, 200, 150, 90), ["r-2"]),
    "exactly what is too much": ((500, 200, 140, 100), ["r-2"]),
    "the largest first where one is not enough": ((300, 300, 300, 300), ["r-0", "r-1"]),
    "then the smallest that does the rest": ((300, 290, 280, 60, 70, 200), ["r-0", "r-5"]),
}


@pytest.mark.parametrize("case", RELIEF)
def test_the_fewest_routes_move(case):
    loads, names = RELIEF[case]
    assert sorted(moved(plan_rebalance(loaded(*loads, spare=2000)))) == names


def test_it_moves_for_good_and_nothing_is_left_to_do():
    fleet = loaded(500, 400)
    plan = plan_rebalance(fleet)
    assert plan.moves[0].targets == (("a-1", 0), ("b-1", 100))
    assert plan.room == (("b-1", 600),)
    then = after(fleet, plan)
    assert rooms(then) == {"a-1": 500, "b-1": 600}
    assert plan_rebalance(then).moves == ()


UNTOUCHED = {
    "pinned": {"pins": ("a-1",)},
    "a single writer": {"data_class": "single-writer"},
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_some_routes_are_never_moved_without_a_person(case):
    fleet = facts([place("a-1"), place("b-1")], [route("r", {"a-1": 100}, 900, **UNTOUCHED[case])])
    assert plan_rebalance(fleet).moves == ()


def test_a_redundant_route_stays_in_two_failure_domains():
    fleet = facts(
        [place("a-1", capacity=100), place("b-1"), place("b-2"), place("c-1", capacity=500)],
        [route("r", {"a-1": 50, "b-1": 50}, 90)],
    )
    assert plan_rebalance(fleet).moves[0].weights == (("a-1", 0), ("b-1", 50), ("c-1", 50))


def test_what_cannot_be_relieved_is_named():
    plan = plan_rebalance(loaded(500, 400, spare=300))
    assert [(one.route, one.why.code) for one in plan.staying] == [("r-1", "no-prod-below")]


@given(fleets())
def test_rebalancing_puts_nobody_above_the_limit_and_takes_no_more_than_needed(fleet):
    plan = plan_rebalance(fleet)
    whole = replace(fleet, places=tuple(replace(one, ready_percent=100) for one in fleet.places))
    before, then, now = rooms(whole), rooms(after(whole, plan)), rooms(after(fleet, plan))
    least = {p.name: p.capacity * 20 // 100 for p in fleet.places}
    for move in plan.moves:
        gains = [prod for prod, weight in move.weights if weight and prod not in dict(move.was)]
        assert all(then[prod] >= least[prod] and now[prod] >= 0 for prod in gains)
    assert len({move.route for move in plan.moves}) == len(plan.moves)
    gives = {
        prod for move in plan.moves for prod, weight in move.was if not dict(move.weights)[prod] and weight
    }
    loads = {route.name: route.load for route in fleet.routes}
    for prod in gives:
        left = [
            loads[move.route]
            for move in plan.moves
            if dict(move.was).get(prod) and not dict(move.weights)[prod]
        ]
        assert sum(left) - min(left) < least[prod] - before[prod], (
            "without one of them it would have too much"
        )


def test_a_prod_that_once_stood_in_may_take_the_route():
    fleet = facts(
        [place("a-1"), place("b-1")], [route("r", {"a-1": 100, "b-1": (0, 0)}, 900, redundancy="none")]
    )
    assert plan_rebalance(fleet).moves == ()  # b-1 would have as much too much
    fleet = with_place(fleet, "b-1", capacity=2000)
    assert plan_rebalance(fleet).moves[0].weights == (("a-1", 0), ("b-1", 100))


NOT_NOW = {
    "it is being left": {"open": False},
    "half of it is not ready": {"ready_percent": 40},
    "it does not serve": {"serving": False},
}


@pytest.mark.parametrize("case", NOT_NOW)
def test_nobody_goes_where_there_is_no_room_now(case):
    routes = [route(f"r-{n}", {"a-1": 100}, 450) for n in (1, 2)]
    places = [place("a-1"), place("b-1", **NOT_NOW[case]), place("c-1", capacity=900)]
    assert moved(plan_rebalance(facts(places, routes))) == {"r-1": "c-1"}


@pytest.mark.parametrize("trouble", [{"ready_percent": 30}, {"serving": False, "ready_percent": 0}])
def test_pods_that_are_not_ready_are_no_reason_to_leave_for_good(trouble):
    fleet = loaded(400, 300)
    assert plan_rebalance(with_place(fleet, "a-1", **trouble)).moves == ()


# (route, source, to) -> why not; on the example fleet where c-1 runs a vetoed Version and a-2 does not serve
REFUSED = {
    "not-a-member": ("shop-s-1", "a-2", "b-1"),
    "move-to-unknown-prod": ("shop-s-1", "a-1", "z-9"),
    "already-a-member": ("shop-r-1", "a-2", "b-1"),
    "prod-of-another-kind": ("shop-s-1", "a-1", "c-2"),
    "member-on-vetoed-version": ("shop-s-1", "a-1", "c-1"),
    "domain-taken": ("shop-r-1", "a-2", "b-2"),
    "member-not-serving": ("shop-t-1", "b-2", "a-2"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_prod_that_may_not_take_the_seat_of_another_is_told_why(code):
    ground = Ground(example(c_1={"vetoed": True}, a_2={"serving": False}))
    name, source, to = REFUSED[code]
    mine = next(one for one in ground.routes if one.name == name)
    why = refusal(ground, mine, source, to)
    assert why is not None and why.code == code


def test_the_example_fleet_needs_no_prod():
    assert propose_prods(example()) == propose_prods(facts([], []))


def test_a_prod_is_proposed_where_the_death_of_a_cluster_leaves_tenants_without_a_place():
    fleet = example(c_1={"capacity": 100}, b_1={"capacity": 400}, b_2={"capacity": 400})
    answer = propose_prods(fleet, 100)
    assert [(one.cluster, one.capacity, one.version) for one in answer.prods] == [("c", 1000, "v1")]
    assert {why.code for why in answer.prods[0].why} == {"n-1-does-not-hold"}
    assert answer.unmet == ()


def test_a_prod_is_proposed_where_load_passes_the_threshold():
    fleet = facts([place("a-1"), place("b-1")], [route("r", {"a-1": 50, "b-1": 50}, 900)])
    answer = propose_prods(fleet)
    assert [dict(one.why[0].params) for one in answer.prods[:1]] == [{"percent": 90, "most": 80}]
    assert (len(answer.prods), answer.unmet) == (1, ())


DIPS = {
    "some pods short": {"ready_percent": 34},
    "no pod ready": {"ready_percent": 0, "serving": False},
    "out for a run": {"ready_percent": 67, "serving": False},
}


@pytest.mark.parametrize("dip", DIPS)
def test_pods_that_are_not_ready_are_no_reason_to_build_a_prod(dip):
    routes = [route("r", {"a-1": 50, "b-1": 50}, 900), route("s", {"c-1": 50, "d-1": 50}, 650)]
    fleet = facts([place(f"{name}-1") for name in "abcd"], routes)
    assert propose_prods(fleet) == propose_prods(with_place(fleet, "a-1", **DIPS[dip])) == Proposals()


def test_a_prod_that_is_not_in_service_carries_nobody_in_normal_times():
    fleet = facts([place("a-1"), place("b-1", in_service=False)], [route("r", {"a-1": 100}, 700)])
    assert len(propose_prods(fleet).prods) == 1


def test_where_there_is_no_other_failure_domain_that_is_said():
    fleet = facts([place("a-1")], [route("r", {"a-1": 100})], clusters=(ClusterNow("a", "tokyo"),))
    answer = propose_prods(fleet)
    assert answer.prods == ()
    assert [why.code for why in answer.unmet] == ["n-1-does-not-hold", "no-cluster-for-a-prod"]


def test_what_no_prod_can_mend_is_left_unmet():
    fleet = facts([place("a-1"), place("b-1")], [route("huge", {"a-1": 100}, 1001)])
    assert [why.code for why in propose_prods(fleet, 100).unmet] == ["n-1-does-not-hold"]


@given(fleets())
def test_with_the_proposed_prods_n_minus_1_holds_unless_it_is_said_not_to(fleet):
    answer = propose_prods(fleet, 100)
    shares = {one.version: one.shares for one in fleet.places}
    new = tuple(
        replace(
            place(f"{one.cluster}-new-{n}"),
            version=one.version,
            shares=shares[one.version],
            capacity=one.capacity,
            domain=one.domain,
        )
        for n, one in enumerate(answer.prods)
    )
    more = in_normal_times(replace(fleet, places=(*fleet.places, *new)))
    clusters = sorted({p.cluster for p in fleet.places})
    lost = [one.why.code for row in survival_of(more, "cluster", clusters) for one in row.lost]
    if not answer.unmet:
        assert not set(MENDED) & set(lost)


def test_a_fleet_that_is_short_gets_as_many_prods_as_it_takes():
    small = [place(name, capacity=100) for name in ("b-1", "b-2", "c-1")]
    fleet = facts([place("a-1"), *small], [route(f"r-{n}", {"a-1": 100}) for n in range(9)])
    answer = propose_prods(fleet, 100)
    assert ({one.capacity for one in answer.prods}, len(answer.prods), answer.unmet) == ({100}, 6, ())
    assert "a" not in {one.cluster for one in answer.prods}
