"""The way back to the target weights."""

import pytest

from tests.core.traffic.world import example, facts, place, route
from traffic.core.facts import Place
from traffic.core.failback import plan_failback
from traffic.core.failover import plan_failover
from traffic.core.plan import after


def weights(plan) -> list[tuple[str, int, dict[str, int]]]:
    return [(move.route, move.percent, dict(move.weights)) for move in plan.moves]


def test_one_route_at_a_time_the_smallest_first_each_through_all_percents():
    fleet = facts(
        [place("a-1"), place("b-1"), place("c-1")],
        [
            route("big", {"a-1": (0, 50), "b-1": (100, 50)}, 90),
            route("small", {"a-1": (0, 100), "c-1": (100, 0)}, 5),
        ],
    )
    assert weights(plan_failback(fleet)) == [
        ("small", 10, {"a-1": 10, "c-1": 90}),
        ("small", 30, {"a-1": 30, "c-1": 70}),
        ("small", 50, {"a-1": 50, "c-1": 50}),
        ("small", 100, {"a-1": 100, "c-1": 0}),
        ("big", 10, {"a-1": 5, "b-1": 95}),
        ("big", 30, {"a-1": 15, "b-1": 85}),
        ("big", 50, {"a-1": 25, "b-1": 75}),
        ("big", 100, {"a-1": 50, "b-1": 50}),
    ]


def test_each_move_says_what_it_comes_from():
    plan = plan_failback(after(example(), plan_failover(example(), clusters=["a"])))
    for before, move in zip(plan.moves, plan.moves[1:], strict=False):
        assert move.was == before.weights or move.route != before.route


def test_a_failed_over_fleet_comes_back_to_where_it_was():
    failed_over = after(example(), plan_failover(example(), clusters=["a"]))
    assert failed_over != example()
    back = after(failed_over, plan_failback(failed_over))
    assert sorted(back.routes, key=lambda r: r.name) == sorted(example().routes, key=lambda r: r.name)


def test_nothing_is_planned_where_all_is_as_in_normal_times():
    assert plan_failback(example()).moves == ()


def test_only_the_prods_asked_for_come_back():
    fleet = facts(
        [place("a-1"), place("b-1"), place("c-1")],
        [route("r", {"a-1": (0, 34), "b-1": (0, 33), "c-1": (100, 33)})],
    )
    back = after(fleet, plan_failback(fleet, prods=["b-1"], percents=(100,)))
    assert [(seat.prod, seat.weight) for seat in back.routes[0].members] == [
        ("a-1", 0),
        ("b-1", 33),
        ("c-1", 67),
    ]


STAYS = {
    "member-not-serving": {"serving": False},
    "member-on-vetoed-version": {"vetoed": True},
    "member-may-not-share-data": {"version": "v2"},
    "member-has-no-room": {"capacity": 95},
}


@pytest.mark.parametrize("code", STAYS)
def test_what_cannot_come_back_yet_stays_and_says_why(code):
    fleet = facts(
        [place("a-1", **STAYS[code]), place("c-1")],
        [route("r", {"a-1": (0, 100), "c-1": (100, 0)}, data_class="replicated")],
    )
    plan = plan_failback(fleet)
    assert (plan.moves, [(one.route, one.why.code) for one in plan.staying]) == ((), [("r", code)])


def test_a_prod_with_pods_short_waits_for_them():
    fleet = facts(
        [place("a-1", ready_percent=67), place("c-1")], [route("r", {"a-1": (0, 50), "c-1": (100, 50)})]
    )
    assert [one.why.code for one in plan_failback(fleet).staying] == ["member-not-serving"]


def test_of_several_who_cannot_come_back_the_first_by_name_is_told():
    fleet = facts(
        [place("a-1", serving=False), place("b-1", vetoed=True), place("c-1")],
        [route("r", {"b-1": (0, 50), "a-1": (0, 50), "c-1": (100, 0)})],
    )
    assert [one.why.code for one in plan_failback(fleet).staying] == ["member-not-serving"]


def test_a_ramp_never_takes_away_what_has_come_back_already():
    fleet = facts([place("a-1"), place("b-1")], [route("r", {"a-1": (40, 50), "b-1": (60, 50)})])
    assert weights(plan_failback(fleet)) == [("r", 100, {"a-1": 50, "b-1": 50})]


def test_a_single_writer_needs_its_fence_on_the_way_back_too():
    one = route("w", {"a-1": (0, 100), "b-1": (100, 0)}, data_class="single-writer")
    places: list[Place] = [place("a-1"), place("b-1")]
    assert all(move.fence for move in plan_failback(facts(places, [one])).moves)
