"""Who takes over in a rollback is warmed up beside it: who that is, and that nobody waits for it whatever becomes of it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded
from releases.core.inflight import prods_in_turn, waves_now
from releases.core.kinds import BESIDE, MOST_HELP_S
from releases.core.plan import Plan
from releases.core.plan_steps import WARM_BESIDE_S
from releases.core.progress import StepNow
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.scaling import given_more, warmed, with_floors, with_warmth
from releases.core.settling import settle_running
from releases.core.states import RunState, StepState
from releases.core.waves import plan_release
from tests.core.releases.fleet_strategies import fleets, strategies
from tests.core.releases.fleets import NOW, V1, V2, example_fleet, make_run, names_of
from tests.core.releases.test_scaling import COMES, rollback, scaled
from tests.core.releases.world import World, all_well, step_of
from traffic.core.growth import Growth

FLEET = example_fleet()


def warm(*scaled_too: str, requests: int = 20, growths: tuple[Growth, ...] = COMES) -> Plan:
    return with_warmth(scaled(*scaled_too, growths=growths), FLEET, growths, requests)


def test_a_release_that_warms_nobody_up_is_rolled_back_by_the_plan_that_it_had():
    assert warm(requests=0) == rollback("c-1", "a-2")
    assert warm(growths=()) == rollback("c-1", "a-2")
    assert warm("b-1", requests=0) == scaled("b-1")


def test_everybody_who_takes_over_is_warmed_up_and_not_only_who_has_an_autoscaler():
    plan = warm("b-1")
    assert [wave.name for wave in plan.waves] == ["warm-up", "scale-up", "rollback", "scale-back"]
    assert names_of(plan) == [["b-1", "b-2"], ["b-1"], ["a-2", "c-1"], ["b-1"]]
    assert (warmed(plan), given_more(plan)) == (("b-1", "b-2"), ("b-1",))
    (step,) = plan.waves[0].prods[0].steps
    assert (step.kind, dict(step.params)) == ("warm_beside", {"requests": 20, "timeout_s": WARM_BESIDE_S})
    assert plan.waves[0].prods[0].reason == because("gets-users-at-once", load=150, coming=150)
    assert plan.waves[1:] == scaled("b-1").waves


def test_one_that_is_deployed_itself_is_not():
    assert warmed(warm(growths=(Growth("a-2", 1, 1), *COMES))) == ("b-1", "b-2")


def test_how_many_requests_is_part_of_the_digest_and_how_much_comes_is_not():
    assert len({warm(requests=n).digest for n in (0, 20, 21)}) == 3
    assert warm(growths=(Growth("b-1", 1, 2), Growth("b-2", 3, 4))).digest == warm().digest


def world() -> World:
    return World(make_run(warm("b-1"), FLEET))


def silent(step: StepNow) -> Answer | None:
    return None if step.kind == "warm_beside" else all_well(step)


def test_the_redeploy_and_the_pods_wait_for_no_warm_up():
    this = world()
    this.say = lambda step: None  # no act answers
    this.one_pass()
    assert set(this.started) == {
        ("b-1", "warm_beside"),
        ("b-2", "warm_beside"),
        ("b-1", "scale_up"),
        ("a-2", "set_version"),
        ("c-1", "set_version"),
    }
    assert this.run.reason == because("step-under-way", prod="a-2", step="set_version"), "not what only helps"


def test_a_run_in_which_only_a_warm_up_is_under_way_says_so_and_has_given_the_pods_back():
    this = world()
    this.say = silent
    this.settle()
    assert (this.run.state, this.run.reason) == (
        RunState.RUNNING,
        because("warming-beside", prod="b-1", step="warm_beside"),
    )
    assert step_of(this.run, "b-1", "scale_back").state is StepState.SUCCEEDED


def test_one_that_never_gets_warm_is_skipped_and_the_run_succeeds():
    this = world()
    this.say = silent
    assert this.finish() is RunState.SUCCEEDED
    assert step_of(this.run, "b-1", "warm_beside").state is StepState.SKIPPED
    assert this.run.reason == because("all-done", prods=2)


def test_one_that_no_worker_takes_is_skipped_in_the_end():
    this = world()
    this.set_step("b-1", "warm_beside", state=StepState.RUNNING, attempt=1, tries=1, due_at=NOW)
    (found,) = settle_running(this.run, NOW + timedelta(seconds=MOST_HELP_S + 1))
    assert found.state is StepState.SKIPPED


def test_what_the_prod_has_said_is_told_before_the_help_counts_as_not_given():
    assert WARM_BESIDE_S < MOST_HELP_S


def test_an_abort_cuts_it():
    this = world()
    this.say = silent
    this.one_pass()
    this.set_run(state=RunState.STOPPING)
    this.one_pass()
    assert step_of(this.run, "b-1", "warm_beside").state is StepState.ABORTED


def test_a_hold_or_a_dead_cluster_of_who_takes_over_stops_nobody():
    this = world()
    this.set_run(blocked={"b-1": because("held", why="", by=""), "b-2": because("held", why="", by="")})
    assert prods_in_turn(waves_now(this.run)) == {"a-2", "c-1"}
    assert this.finish() is RunState.SUCCEEDED


@given(fleets(), strategies, st.data())
def test_whatever_becomes_of_the_help_the_redeploy_goes_as_it_would_without(fleet, strategy, data):
    plan = plan_release(fleet, "shop", V2, strategy)
    names = [prod.name for prod in fleet.prods]
    changed = tuple(name for name in names if data.draw(st.booleans()))
    planned = plan_rollback(1, plan, changed, fleet, (V1, V2), "v1.1.0", {})
    if not isinstance(planned, RollbackPlan):
        return
    growths = [Growth(name, 10, 5) for name in names if data.draw(st.booleans())]
    scaled = data.draw(st.sets(st.sampled_from(names)))
    helped = with_warmth(with_floors(planned.plan, fleet, growths, scaled), fleet, growths, 3)
    answered = {name: data.draw(st.booleans()) for name in names}

    def say(step: StepNow) -> Answer | None:
        return None if step.kind in BESIDE and not answered[step.prod] else Succeeded(because("fine"))

    bare, beside = World(make_run(planned.plan, fleet), say), World(make_run(helped, fleet), say)
    bare.one_pass()
    beside.one_pass()
    assert own(beside) == bare.started, "in the very first pass"
    assert beside.finish() is bare.finish()
    assert own(beside) == bare.started
    assert set(warmed(helped)) == {one.prod for one in growths} - {prod for prod, _ in planned.moves}


def own(world: World) -> list[tuple[str, str]]:
    return [(prod, kind) for prod, kind in world.started if kind not in BESIDE]
