"""What holds for every fleet, whatever state it is in."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.core.traffic.fleets import NAMES, clusters, died, fleets, hit_by, members, prods_on
from traffic.core.facts import TrafficFacts
from traffic.core.failback import plan_failback
from traffic.core.failover import plan_evacuation, plan_failover, plan_rollback_traffic
from traffic.core.ground import Ground
from traffic.core.plan import TrafficPlan, after
from traffic.core.rebalance import plan_rebalance
from traffic.core.relocation import only_whole, plan_relocation
from traffic.core.room import rooms
from traffic.core.survival import survival

PLANNERS = {
    "failover": lambda fleet: plan_failover(fleet, clusters=["a"], prods=["b-1"]),
    "evacuation": lambda fleet: plan_evacuation(fleet, clusters=["a"]),
    "failover of one Prod": lambda fleet: plan_failover(fleet, prods=["a-1"]),
    "evacuation of one Prod": lambda fleet: plan_evacuation(fleet, prods=["a-1"]),
    "relocation": lambda fleet: plan_relocation(Ground(only_whole(fleet)), "a-1"),
    "rollback": lambda fleet: plan_rollback_traffic(fleet, "v2", {"a-1": "v1", "b-1": "v1", "c-1": "v1"}),
    "fenced rollback": lambda fleet: plan_rollback_traffic(fleet, "v2", {"a-1": "v1"}, fenced=True),
    "failback": plan_failback,
    "rebalance": lambda fleet: plan_rebalance(fleet, 50),
}
planners = st.sampled_from(list(PLANNERS.values()))
# What dies: whole Clusters, or single Prods of Clusters that live.
prods = st.sets(st.sampled_from(NAMES), min_size=1, max_size=2)
sources = st.one_of(clusters.map(lambda dead: {"clusters": dead}), prods.map(lambda dead: {"prods": dead}))


def dead_now(fleet: TrafficFacts, dead: dict[str, set[str]]) -> TrafficFacts:
    """`fleet` as it is seen once `dead` are known to be dead."""
    gone = died(fleet, dead)
    places = tuple(replace(one, serving=False) if one.name in gone else one for one in fleet.places)
    return replace(fleet, places=places)


@given(fleets(), planners)
def test_every_move_has_whole_percents_that_sum_to_100(fleet, planner):
    for move in planner(fleet).moves:
        assert sum(weight for _, weight in move.weights) == 100
        assert all(0 <= weight <= 100 for _, weight in move.weights)
        assert [prod for prod, _ in move.weights] == sorted({prod for prod, _ in move.weights})
        assert move.was != move.weights


@given(fleets(), planners)
def test_no_prod_that_takes_a_route_of_others_has_promised_more_than_it_carries(fleet, planner):
    plan = planner(fleet)
    now = rooms(after(fleet, plan))
    assert all(now[prod] >= 0 for prod, _ in guests_of(fleet, plan))


@given(fleets(), planners)
def test_a_prod_whose_users_come_back_promises_no_more_than_before(fleet, planner):
    plan = planner(fleet)
    was, now = rooms(fleet), rooms(after(fleet, plan))
    back = {prod for prod, _ in taken(plan)} - {prod for prod, _ in guests_of(fleet, plan)}
    assert all(now[prod] >= was[prod] for prod in back)


def taken(plan: TrafficPlan) -> set[tuple[str, str]]:
    """(Prod, Route that it begins to serve) by the plan."""
    return {
        (prod, move.route)
        for move in plan.moves
        for prod, weight in move.weights
        if weight and not dict(move.was).get(prod)
    }


def guests_of(fleet: TrafficFacts, plan: TrafficPlan) -> set[tuple[str, str]]:
    """Those of them that are not at home there."""
    home = {(seat.prod, one.name) for one in fleet.routes for seat in one.members if seat.target}
    return taken(plan) - home


@given(fleets(), sources)
def test_nobody_loses_a_member_for_a_pod_short(fleet, dead):
    """Who is kept, and by which members, is the same for a fleet with pods short as for a whole one."""
    whole = replace(fleet, places=tuple(replace(one, ready_percent=100) for one in fleet.places))
    kept, well = plan_failover(fleet, **dead), plan_failover(whole, **dead)
    carried = {move.route: move.weights for move in well.moves if move.why.code == "others-carry"}
    assert carried == {move.route: move.weights for move in kept.moves if move.why.code == "others-carry"}


@given(fleets(), planners)
def test_the_room_that_a_plan_tells_is_the_room_there_is_then(fleet, planner):
    plan = planner(fleet)
    now = rooms(after(fleet, plan))
    gone = {
        prod
        for move in plan.moves
        for prod, weight in move.was
        if weight and not dict(move.weights).get(prod)
    }
    assert all(now[prod] == room for prod, room in plan.room if prod not in gone)


@given(fleets(), planners, st.integers(0, 99))
def test_the_order_of_the_facts_changes_nothing(fleet, planner, seed):
    mix = Random(seed)

    def mixed(values: tuple) -> tuple:
        return tuple(mix.sample(values, len(values)))

    routes = tuple(replace(one, members=mixed(one.members)) for one in mixed(fleet.routes))
    shuffled = TrafficFacts(mixed(fleet.places), routes, mixed(fleet.clusters), mixed(fleet.routers))
    assert planner(shuffled) == planner(fleet)
    assert survival(shuffled) == survival(fleet)


@given(fleets(), sources)
def test_nothing_moves_that_the_dead_did_not_serve(fleet, dead):
    plan = plan_failover(fleet, **dead)
    hit = hit_by(fleet, died(fleet, dead))
    assert {move.route for move in plan.moves} <= hit
    assert len({move.route for move in plan.moves}) == len(plan.moves)


@given(fleets(), sources)
def test_every_route_that_the_dead_served_moves_or_is_named(fleet, dead):
    plan = plan_failover(fleet, **dead)
    named = {one.route for one in (*plan.waiting, *plan.lost)} | {move.route for move in plan.moves}
    assert hit_by(fleet, died(fleet, dead)) <= named
    assert all(one.why.code for one in (*plan.waiting, *plan.lost))


@given(fleets(), sources)
def test_who_does_not_leave_an_evacuated_place_is_named(fleet, leaving):
    plan = plan_evacuation(fleet, **leaving)
    assert_gone_or_named(fleet, plan, died(fleet, leaving))


@given(fleets(), prods, st.booleans())
def test_who_a_rollback_does_not_move_is_named(fleet, bad, fenced):
    plan = plan_rollback_traffic(fleet, "v2", dict.fromkeys(bad, "v1"), fenced=fenced)
    assert_gone_or_named(fleet, plan, bad)


def assert_gone_or_named(fleet: TrafficFacts, plan: TrafficPlan, leaving: set[str]) -> None:
    """Each Route that `leaving` serve is served by none of them then, or is named with its Tenants and why; never both."""
    hit, then = hit_by(fleet, leaving), members(after(fleet, plan))
    tenants = {one.name: one.tenants for one in fleet.routes}
    named = {one.route: one for one in plan.staying}
    assert {name for name in hit if leaving & set(then[name])} == set(named)
    assert all(one.why.code and one.tenants == tenants[name] for name, one in named.items())


@given(fleets(), sources)
def test_no_route_is_left_without_a_serving_member_if_it_has_one(fleet, dead):
    well = {one.name for one in fleet.places if one.serving and one.name not in died(fleet, dead)}
    usable = {one.name for one in fleet.places if one.name in well and one.in_service}
    then = members(after(fleet, plan_failover(fleet, **dead)))
    hit = hit_by(fleet, died(fleet, dead))
    for one in fleet.routes:
        away = (
            {seat.prod for seat in one.members if seat.target} & usable
            if one.data_class == "stateless"
            else set()
        )
        if one.name in hit and (away or well & set(members(fleet)[one.name])):
            assert set(then[one.name]) <= well


@given(fleets(), sources)
def test_dead_prods_serve_nobody_who_has_another_place(fleet, dead):
    plan = plan_failover(fleet, **dead)
    gone = died(fleet, dead)
    for move in plan.moves:
        assert not gone & {prod for prod, weight in move.weights if weight}


@given(fleets(), sources)
def test_who_is_lost_would_fit_nowhere_even_when_all_is_done(fleet, dead):
    plan = plan_failover(fleet, **dead)
    again = plan_failover(after(dead_now(fleet, dead), plan), **dead)
    assert again.moves == ()
    assert {one.route for one in again.lost} == {one.route for one in plan.lost}


@given(fleets(), sources)
def test_a_failover_leaves_no_failure_domain_in_which_users_are_served_well(fleet, dead):
    places = {one.name: one for one in fleet.places}
    routes = {one.name: one for one in fleet.routes}

    def domains(serving: dict[str, int]) -> set[str]:
        gone = died(fleet, dead)
        well = {places[prod] for prod in serving if prod in places and prod not in gone}
        return {place.domain for place in well if place.serving}

    for move in plan_failover(fleet, **dead).moves:
        before = {prod: weight for prod, weight in move.was if weight}
        after_it = {prod: weight for prod, weight in move.weights if weight}
        assert domains(before) <= domains(after_it), routes[move.route]


@given(fleets(), st.permutations("abcde"))
def test_a_failover_from_a_failed_over_state_works(fleet, order):
    first, second = order[0], order[1]
    failed_over = after(dead_now(fleet, {"clusters": {first}}), plan_failover(fleet, clusters=[first]))
    both = {first, second}
    plan = plan_failover(failed_over, clusters=both)
    then = members(after(failed_over, plan))
    named = {one.route for one in (*plan.waiting, *plan.lost)}
    for name, serving in then.items():
        assert name in named or not prods_on(fleet, both) & set(serving)


@given(fleets(settled=True), sources)
def test_after_failover_and_failback_all_weights_are_their_targets(fleet, dead):
    sound = replace(
        fleet,
        places=tuple(
            replace(
                one,
                serving=True,
                ready_percent=100,
                in_service=True,
                vetoed=False,
                version="v1",
                capacity=9000,
            )
            for one in fleet.places
        ),
    )
    failed_over = after(sound, plan_failover(sound, **dead))
    assert members(after(failed_over, plan_failback(failed_over))) == members(sound)


@given(fleets())
def test_after_failback_all_weights_are_targets_where_nothing_stays(fleet):
    plan = plan_failback(fleet)
    stays = {one.route for one in plan.staying}
    for one in after(fleet, plan).routes:
        assert one.name in stays or all(seat.weight == seat.target for seat in one.members)


@given(fleets(), planners)
def test_a_live_source_loses_nobody(fleet, planner):
    plan = planner(fleet)
    if plan.kind != "failover":
        assert (plan.lost, plan.waiting) == ((), ())


@given(fleets())
def test_a_fence_is_asked_for_when_and_only_when_there_is_a_single_writer(fleet):
    writers = {one.name for one in fleet.routes if one.data_class == "single-writer"}
    for planner in PLANNERS.values():
        assert all(move.fence == (move.route in writers) for move in planner(fleet).moves)


@given(fleets())
def test_a_rollback_gives_nobody_else_the_data_of_one_writer(fleet):
    writers = {one.name for one in fleet.routes if one.data_class == "single-writer"}
    for move in PLANNERS["rollback"](fleet).moves:
        was = dict(move.was)
        assert move.route not in writers or all(was.get(prod) for prod, weight in move.weights if weight)
