"""Who is warmed up in a plan, and when a Prod counts as warm."""

from dataclasses import replace

import pytest

from journal.core.reasons import because
from releases.core.kinds import WRITING
from releases.core.rollback import plan_rollback
from releases.core.states import RunState, StepState
from releases.core.strategy import BadStrategy, Strategy, parse_strategy, strategy_to_json
from releases.core.warming import Warmth, after_replies, next_at_once, warmth_from_json, warmth_to_json
from releases.core.waves import plan_release
from tests.core.releases.fleets import V1, V2, example_fleet, make_run, names_of
from tests.core.releases.test_coming_back import kinds_of, published, steps_of
from tests.core.releases.test_switching import ENOUGH, SWITCH, switch_plan, with_standbys
from tests.core.releases.world import World, all_well, step_of

GOOD, BAD = (True, "200"), (False, "503")


def test_a_drained_prod_is_warmed_up_once_it_is_ready_and_before_its_users_come_back():
    assert kinds_of("a-2", warm_up=20) == ["drain", "set_version", "wait_ready", "warm_up", "restore", "soak"]
    ramped = kinds_of("a-2", warm_up=20, back="ramp")
    assert ramped == ["drain", "set_version", "wait_ready", "warm_up", *["ramp"] * 4, "soak"]


def test_it_answers_so_many_requests_within_the_time_that_it_has_to_become_ready():
    (params,) = [p for kind, p in steps_of("a-2", warm_up=20, ready_timeout_s=90) if kind == "warm_up"]
    assert params == {"requests": 20, "timeout_s": 90}


def test_a_relocated_prod_is_warmed_up_too():
    kinds = kinds_of("a-1", warm_up=20, alone="relocate")
    assert kinds.index("wait_ready") < kinds.index("warm_up") < kinds.index("restore")


@pytest.mark.parametrize("name", ["a-1", "c-2"])
def test_a_prod_whose_users_stay_on_it_is_not(name):
    assert kinds_of(name, warm_up=20) == ["set_version", "wait_ready", "soak"]


def test_a_prod_that_has_the_version_already_is_not():
    came_from = replace(example_fleet().prods[0].came_from, version=V2.name, blueprint_revision=V2.revision)
    there = {"version": V2.name, "blueprint_revision": V2.revision, "came_from": came_from}
    assert kinds_of("a-2", example_fleet(a_2=there), warm_up=20) == ["set_version", "wait_ready"]


def test_without_it_plans_are_as_they_were():
    fleet = published(example_fleet())
    plan = plan_release(fleet, "shop", V2, Strategy())
    assert "warm_up" not in {step.kind for wave in plan.waves for prod in wave.prods for step in prod.steps}
    assert plan_release(fleet, "shop", V2, Strategy(warm_up=0)) == plan


def test_how_many_requests_is_part_of_what_is_approved():
    fleet = published(example_fleet())
    digests = {plan_release(fleet, "shop", V2, Strategy(warm_up=n)).digest for n in (0, 20, 21)}
    assert len(digests) == 3


def steps_in(plan, name):
    return next(prod for wave in plan.waves for prod in wave.prods if prod.name == name).steps


def test_who_takes_over_is_warmed_up_as_the_users_of_the_other_before_it_is_watched():
    plan = switch_plan(with_standbys(*ENOUGH), replace(SWITCH, warm_up=20))
    assert names_of(plan)[1] == ["a-8", "b-8", "c-7", "c-8", "c-9"]
    steps = steps_in(plan, "a-8")
    assert [step.kind for step in steps] == ["set_version", "wait_ready", "warm_up", "soak"]
    assert dict(steps[2].params)["users_of"] == "a-2"
    assert [step.kind for step in steps_in(plan, "a-2")] == ["switch", "soak"]
    assert [step.kind for step in steps_in(plan, "c-2")] == ["set_version", "wait_ready", "soak"]


def test_who_takes_over_and_has_the_version_already_is_cold_all_the_same():
    fleet = with_standbys(*ENOUGH)
    came_from = replace(fleet.prods[0].came_from, version=V2.name, blueprint_revision=V2.revision)
    there = tuple(
        replace(prod, version=V2.name, blueprint_revision=V2.revision, came_from=came_from)
        if prod.name == "a-8"
        else prod
        for prod in fleet.prods
    )
    plan = switch_plan(replace(fleet, prods=there), replace(SWITCH, warm_up=20))
    assert [step.kind for step in steps_in(plan, "a-8")] == ["set_version", "wait_ready", "warm_up"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (-1, because("out-of-range", low=0, high=1000)),
        (1001, because("out-of-range", low=0, high=1000)),
        (True, because("not-a-whole-number")),
        ("20", because("not-a-whole-number")),
    ],
)
def test_a_wrong_number_is_refused_by_name(given, reason):
    with pytest.raises(BadStrategy) as bad:
        parse_strategy({"warm_up": given})
    assert bad.value.errors == (("warm_up", reason),)


@pytest.mark.parametrize("count", [0, 20, 1000])
def test_the_number_is_kept(count):
    assert parse_strategy(strategy_to_json(Strategy(warm_up=count))) == Strategy(warm_up=count)


# --- the step in a Run ------------------------------------------------------------------------------


def warm_world() -> World:
    """a-2 is asked for pages and has not answered yet."""
    fleet = published(example_fleet())
    world = World(make_run(plan_release(fleet, "shop", V2, Strategy(warm_up=20)), fleet))
    world.say = lambda step: None if step.kind == "warm_up" else all_well(step)
    world.settle()
    assert step_of(world.run, "a-2", "warm_up").state is StepState.RUNNING
    return world


def test_nobody_comes_back_before_it_is_warm():
    world = warm_world()
    assert ("a-2", "restore") not in world.started
    world.say = all_well
    world.set_step("a-2", "warm_up", state=StepState.SUCCEEDED, due_at=None)
    assert world.finish() is RunState.SUCCEEDED
    assert ("a-2", "restore") in world.started


def test_an_aborted_run_does_not_wait_until_it_is_warm():
    world = warm_world()
    world.set_run(state=RunState.STOPPING)
    assert world.finish() is RunState.ABORTED
    assert step_of(world.run, "a-2", "warm_up").state is StepState.ABORTED


def test_it_writes_nothing_so_a_retry_of_a_later_step_goes_back_beyond_it():
    assert "warm_up" not in WRITING and "set_version" in WRITING


# --- what counts ------------------------------------------------------------------------------------


def asked(wanted: int, bad: set[int]) -> list[int]:
    """How many went out together each time, if the requests numbered `bad` (from 0) are not answered."""
    warmth, sizes, sent = Warmth(), [], 0
    while size := next_at_once(warmth.row, wanted):
        replies = [BAD if sent + n in bad else GOOD for n in range(size)]
        warmth, sent = after_replies(warmth, replies), sent + size
        sizes.append(size)
    return sizes


@pytest.mark.parametrize(
    ("wanted", "bad", "sizes"),
    [
        pytest.param(1, set(), [1], id="one"),
        pytest.param(20, set(), [1, 2, 4, 8, 5], id="more and more at once, and no more than are wanted"),
        pytest.param(33, set(), [1, 2, 4, 8, 8, 8, 2], id="never more than eight at once"),
        pytest.param(3, {0, 1}, [1, 1, 1, 2], id="it warms up: the row begins when it first answers"),
        pytest.param(7, {4}, [1, 2, 4, 1, 2, 4], id="one that is not answered begins the row again"),
    ],
)
def test_enough_in_a_row_are_wanted(wanted, bad, sizes):
    assert asked(wanted, bad) == sizes


def test_how_far_it_is_can_be_stored():
    warmth = after_replies(Warmth(), [GOOD, BAD, GOOD])
    assert warmth == Warmth(0, (("200", 2), ("503", 1)))
    assert warmth_from_json(warmth_to_json(warmth)) == warmth
    assert warmth_from_json({}) == Warmth()


# --- back -------------------------------------------------------------------------------------------


def test_a_rollback_warms_up_whom_the_release_was_to_and_nobody_else():
    fleet = published(example_fleet())
    plan = plan_release(fleet, "shop", V2, Strategy(warm_up=20))
    planned = plan_rollback(5, plan, ("a-1", "a-2"), fleet, (V1, V2), "v1.1.0", {})
    kinds = {prod.name: [s.kind for s in prod.steps] for wave in planned.plan.waves for prod in wave.prods}
    assert kinds == {
        "a-1": ["set_version", "wait_ready", "restore"],
        "a-2": ["set_version", "wait_ready", "warm_up", "restore"],
    }


def test_a_rollback_of_a_switch_warms_up_nobody():
    fleet = published(with_standbys(*ENOUGH))
    plan = switch_plan(fleet, replace(SWITCH, warm_up=20))
    now = {"a-2": "a-8"}  # it has taken its place
    routes = tuple(
        replace(route, members=tuple((now.get(prod, prod), weight) for prod, weight in route.members))
        for route in fleet.routes
    )
    planned = plan_rollback(5, plan, ("a-2", "a-8"), replace(fleet, routes=routes), (V1, V2), "v1.1.0", {})
    kinds = {step.kind for wave in planned.plan.waves for prod in wave.prods for step in prod.steps}
    assert kinds == {"set_version", "wait_ready", "restore"}
