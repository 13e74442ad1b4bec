"""Nothing moves that need not: evacuation, rollback, failback and rebalancing. The rule for failover is beside its others."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.core.traffic.fleets import NAMES, died, fleets, hit_by, members
from tests.core.traffic.test_plan_properties import sources
from tests.core.traffic.world import facts, place, route
from traffic.core.facts import TrafficFacts
from traffic.core.failback import plan_failback
from traffic.core.failover import plan_evacuation, plan_failover, plan_rollback_traffic
from traffic.core.plan import Move, TrafficPlan, after, targets_of
from traffic.core.rebalance import plan_rebalance
from traffic.core.room import committed

# Bad Prods, each with the Version that it came from.
bad_prods = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["v1", "v2"]), min_size=1, max_size=4)
limits = st.sampled_from([30, 50, 80])


def sound(fleet: TrafficFacts) -> TrafficFacts:
    """The same with Prods that are all well, so that everybody may come back."""
    places = (place(one.name, capacity=9000) for one in fleet.places)
    return replace(fleet, places=tuple(places))


@st.composite
def crowded(draw: st.DrawFn) -> TrafficFacts:
    """Two Prods with many Routes, some of them on both, beside others that may have room."""
    rooms = draw(st.lists(st.integers(20, 300), min_size=2, max_size=5))
    places = [place(f"{cluster}-1", capacity=room) for cluster, room in zip("abcde", rooms, strict=False)]
    homes = st.sampled_from([{"a-1": 100}, {"a-1": 100}, {"b-1": 100}, {"a-1": 50, "b-1": 50}])
    found = draw(st.lists(st.tuples(homes, st.integers(1, 90)), min_size=2, max_size=9))
    return facts(places, [route(f"r-{number}", *one) for number, one in enumerate(found)])


def changes(move: Move) -> dict[str, int]:
    """Prod -> how much more it has, for all whose weight changes."""
    was, now = dict(move.was), dict(move.weights)
    found = {prod: now.get(prod, 0) - was.get(prod, 0) for prod in was.keys() | now.keys()}
    return {prod: more for prod, more in found.items() if more}


def check_only_these_leave(fleet: TrafficFacts, plan: TrafficPlan, gone: set[str]) -> None:
    """Routes that `gone` serve, once each: these give all that they have, nobody else gives, and a Prod that was no member
    joins only where no member that may serve is left."""
    assert {move.route for move in plan.moves} <= hit_by(fleet, gone)
    assert len({move.route for move in plan.moves}) == len(plan.moves)
    for move in plan.moves:
        was, more = dict(move.was), changes(move)
        assert {prod for prod, change in more.items() if change < 0} == {
            prod for prod, weight in was.items() if weight and prod in gone
        }
        assert not any(weight for prod, weight in move.weights if prod in gone)


def check_nobody_joins_in_vain(fleet: TrafficFacts, plan: TrafficPlan, able: set[str]) -> None:
    """`able`: the Prods that may go on serving."""
    for move in plan.moves:
        if able & members(fleet)[move.route].keys():
            assert {prod for prod, weight in move.weights if weight} <= members(fleet)[move.route].keys()


@given(fleets(), sources)
def test_an_evacuation_moves_only_who_is_on_what_is_emptied(fleet, leaving):
    plan, gone = plan_evacuation(fleet, **leaving), died(fleet, leaving)
    check_only_these_leave(fleet, plan, gone)
    serving = {one.name for one in fleet.places if one.serving and one.name not in gone}
    check_nobody_joins_in_vain(fleet, plan, serving)


@given(fleets(), sources)
def test_what_was_evacuated_needs_no_second_evacuation(fleet, leaving):
    plan = plan_evacuation(fleet, **leaving)
    again = plan_evacuation(after(fleet, plan), **leaving)
    assert again.moves == ()
    assert {one.route for one in again.staying} == {one.route for one in plan.staying}


@given(fleets(), bad_prods)
def test_a_rollback_moves_only_who_is_on_a_bad_prod(fleet, back):
    plan = plan_rollback_traffic(fleet, "v2", back)
    check_only_these_leave(fleet, plan, set(back))
    good = {
        one.name
        for one in fleet.places
        if one.serving and one.name not in back and one.version != "v2" and not one.vetoed
    }
    check_nobody_joins_in_vain(fleet, plan, good)


@given(fleets(), bad_prods)
def test_what_was_rolled_back_needs_no_second_rollback(fleet, back):
    plan = plan_rollback_traffic(fleet, "v2", back)
    again = plan_rollback_traffic(after(fleet, plan), "v2", back)
    assert again.moves == ()
    assert {one.route for one in again.staying} == {one.route for one in plan.staying}


@given(
    st.one_of(fleets(), fleets().map(sound)),
    st.one_of(st.none(), st.sets(st.sampled_from(NAMES), max_size=4)),
)
def test_a_failback_gives_only_to_those_who_have_less_than_in_normal_times(fleet, asked):
    routes = {one.name: one for one in fleet.routes}
    for move in plan_failback(fleet, asked).moves:
        targets, was, now = targets_of(routes[move.route]), dict(move.was), dict(move.weights)
        for prod, more in changes(move).items():
            if more > 0:
                assert was[prod] < now[prod] <= targets[prod]
                assert asked is None or prod in asked
            else:
                assert now[prod] >= targets[prod], "nobody gives of what is its own"


@given(fleets(settled=True))
def test_a_failback_of_what_is_as_in_normal_times_moves_nothing(fleet):
    assert plan_failback(fleet).moves == ()


@given(fleets(settled=True), sources)
def test_a_failback_moves_only_what_the_failover_had_moved(fleet, dead):
    failover = plan_failover(fleet, **dead)
    back = plan_failback(after(fleet, failover))
    assert {move.route for move in back.moves} <= {move.route for move in failover.moves}


def has_too_much(fleet: TrafficFacts, prod: str, limit: int) -> bool:
    (found,) = [one for one in fleet.places if one.name == prod]
    promised = committed(fleet.routes).get(prod, 0) + found.reserved
    return promised > found.capacity - found.capacity * (100 - limit) // 100


@given(st.one_of(crowded(), fleets(settled=True)), limits)
def test_without_any_one_of_its_moves_a_rebalance_would_leave_too_much_where_it_was(fleet, limit):
    plan = plan_rebalance(fleet, limit)
    for move in plan.moves:
        ((source, less),) = [(prod, more) for prod, more in targets_changed(fleet, move) if more < 0]
        assert less and has_too_much(fleet, source, limit)
        others = tuple(one for one in plan.moves if one is not move)
        assert has_too_much(after(fleet, replace(plan, moves=others)), source, limit)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=9))
def test_a_rebalance_moves_as_few_routes_as_will_do(loads):
    places = [place("a-1", capacity=100), place("b-1", capacity=9000)]
    fleet = facts(places, [route(f"r-{number}", {"a-1": 100}, load) for number, load in enumerate(loads)])
    largest, too_much = sorted(loads, reverse=True), sum(loads) - 80
    fewest = next(count for count in range(len(loads) + 1) if sum(largest[:count]) >= too_much)
    assert len(plan_rebalance(fleet, 80).moves) == fewest


@given(st.one_of(crowded(), fleets(settled=True)), limits)
def test_a_rebalance_gives_nobody_too_much(fleet, limit):
    plan = plan_rebalance(fleet, limit)
    then = after(fleet, plan)
    for move in plan.moves:
        ((taker, _),) = [(prod, more) for prod, more in targets_changed(fleet, move) if more > 0]
        assert not has_too_much(then, taker, limit)


def targets_changed(fleet: TrafficFacts, move: Move) -> list[tuple[str, int]]:
    """Prod -> how much more it has in normal times."""
    (moved,) = [one for one in fleet.routes if one.name == move.route]
    was, now = targets_of(moved), dict(move.targets or ())
    found = {prod: now.get(prod, 0) - was.get(prod, 0) for prod in was.keys() | now.keys()}
    return [(prod, more) for prod, more in found.items() if more]
