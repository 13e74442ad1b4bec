"""What one pass may do: order, limits, failure, pause, abort, and why everything else waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journal.core.reasons import because
from releases.core.answers import Failed, Running, Succeeded, TryAgain
from releases.core.decide import REST_S, decide
from releases.core.kinds import BACKOFF_S
from releases.core.plan import Plan
from releases.core.progress import Explain, MoveRun, Redo, Settle, Start
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.states import RunState, StepState
from releases.core.strategy import Amount, Strategy
from releases.core.waves import plan_build, plan_release
from tests.core.releases.fleets import NOW, V1, V2, example_fleet, make_run, names_of
from tests.core.releases.world import World, all_well, step_of

BROKE = because("image-missing", component="api", image="shop:2")


def release_world(fleet=None, **strategy) -> World:
    fleet = fleet or example_fleet()
    plan = plan_release(fleet, "shop", V2, Strategy(**strategy))
    return World(make_run(plan, fleet))


def failing(*prods: str, kind: str = "wait_ready"):
    """Everything works but `kind` on these Prods."""
    return lambda step: Failed(BROKE) if step.prod in prods and step.kind == kind else all_well(step)


def hanging(*prods: str, kind: str = "wait_ready"):
    """`kind` on these Prods never gets anywhere."""
    slow = Running(because("pods-starting"), 30)
    return lambda step: slow if step.prod in prods and step.kind == kind else all_well(step)


def set_versions(world: World) -> list[str]:
    return [prod for prod, kind in world.started if kind == "set_version"]


def test_the_order_shown_is_the_order_run():
    world = release_world()
    assert world.finish() is RunState.SUCCEEDED
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "a-1", "b-2"]


def test_the_order_is_that_of_the_plan_even_where_rows_come_in_another():
    fleet = example_fleet()
    light = tuple(replace(r, load=60) if r.name.startswith("shop-t") else r for r in fleet.routes)
    world = release_world(replace(fleet, routes=light))
    world.set_run(steps=tuple(sorted(world.run.steps, key=lambda step: step.prod)))
    world.finish()
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "b-2", "a-1"]


def test_a_prods_steps_follow_each_other():
    world = release_world()
    world.finish()
    kinds = [kind for prod, kind in world.started if prod == "a-1"]
    assert kinds == ["set_version", "wait_ready", "soak"]


def test_two_members_of_one_route_are_never_out_together():
    world = release_world(parallel=Amount(10))
    world.say = hanging("a-2")
    world.settle()
    assert step_of(world.run, "a-2", "set_version").state is StepState.SUCCEEDED
    waiting = step_of(world.run, "b-1", "set_version")
    assert waiting.state is StepState.WAITING
    assert waiting.reason == because("waits-for-partner", partner="a-2", route="shop-r-1")


def test_a_start_takes_all_routes_of_its_prod_out_in_the_same_intent():
    world = release_world(parallel=Amount(10))
    while ("a-2", "set_version") not in world.started:
        decision = world.one_pass()
    (start,) = [intent for intent in decision.intents if isinstance(intent, Start)]
    assert start.outs == ("shop-r-1", "shop-r-2", "shop-r-3")
    assert start.due_at == NOW + timedelta(seconds=30)


def test_a_route_that_another_run_has_out_is_waited_for():
    world = release_world()
    world.set_run(outs={"shop-u-1": "z-9"})
    world.settle()
    waiting = step_of(world.run, "c-1", "set_version")
    assert waiting.reason == because("waits-for-partner", partner="z-9", route="shop-u-1")


def test_a_prod_that_cannot_start_lets_later_ones_of_its_wave_pass():
    world = release_world()
    world.set_run(blocked={"a-1": because("held", why="x", by="mio")})
    world.finish()
    assert set_versions(world) == ["c-2", "c-1", "a-2", "b-1", "b-2"]
    assert world.run.state is RunState.RUNNING
    assert world.run.reason == because("held", why="x", by="mio", prod="a-1")


def test_parallel_limits_the_prods_under_way():
    world = release_world(parallel=Amount(1))
    world.say = hanging("a-1")
    world.settle()
    assert world.in_flight() == {"a-1"}
    assert step_of(world.run, "b-2", "set_version").reason == because("wave-limit", limit=1)


def test_with_parallel_two_the_last_wave_runs_side_by_side():
    world = release_world(parallel=Amount(2))
    world.say = hanging("a-1", "b-2")
    world.settle()
    assert world.in_flight() == {"a-1", "b-2"}


def test_a_wave_waits_for_every_prod_of_the_waves_before_it():
    world = release_world()
    world.say = hanging("c-1")
    world.settle()
    assert world.in_flight() == {"c-1"}
    assert step_of(world.run, "a-2", "set_version").reason == because("waits-for-wave", wave=2)
    assert step_of(world.run, "a-1", "set_version").reason == because("waits-for-wave", wave=3)


def test_an_unfinished_soak_closes_the_waves_behind_it():
    world = release_world()
    world.say = hanging("c-2", kind="soak")
    world.settle()
    assert world.run.reason == because("soaking-prod", prod="c-2", step="soak")
    assert world.in_flight() == {"c-2"}


# Held, ill, unknown


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
    fleet = example_fleet(a_2={"health": "not-ready"}, b_1={"health": "not-ready"})
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


# Failure


def test_a_failed_prod_stops_the_wave_and_names_itself():
    world = release_world()
    world.say = failing("c-1")
    assert world.finish() is RunState.FAILED
    assert set_versions(world) == ["c-2", "c-1"]
    assert world.run.reason == because(
        "step-failed", prod="c-1", step="wait_ready", why="image-missing", component="api", image="shop:2"
    )


def test_the_cause_inside_a_failures_own_reason_is_kept():
    late = because("not-ready-in-time", waited_s=60, why="image-missing")
    world = release_world()
    world.say = lambda step: Failed(late) if step.kind == "wait_ready" else all_well(step)
    world.finish()
    params = dict(world.run.reason.params)
    assert (params["why"], params["cause"], params["waited_s"]) == ("not-ready-in-time", "image-missing", 60)


def test_other_prods_in_flight_go_on_after_a_failure_and_then_the_run_fails():
    world = release_world(parallel=Amount(2))
    broken, slow = failing("a-1"), hanging("b-2")
    world.say = lambda step: broken(step) if step.prod == "a-1" else slow(step)
    world.settle()
    assert world.run.state is RunState.RUNNING
    assert world.run.reason.code == "step-failed"
    world.say = broken
    assert world.finish() is RunState.FAILED
    assert ("b-2", "soak") in world.started


def test_no_new_prod_starts_after_a_failure():
    world = release_world()
    world.say = failing("a-1")
    world.finish()
    assert "b-2" not in set_versions(world)
    assert step_of(world.run, "b-2", "set_version").reason == because(
        "wave-stopped", wave=4, prod="a-1", failed=1, allowed=0
    )


def test_within_the_failure_budget_the_wave_goes_on_but_the_next_one_stays_closed():
    world = release_world(failure_budget=1)
    world.say = failing("a-2")
    assert world.finish() is RunState.FAILED
    assert set_versions(world) == ["c-2", "c-1", "a-2"]  # b-1 stays: its partner has the Routes out
    world = release_world(failure_budget=1)
    world.say = failing("a-1")
    assert world.finish() is RunState.FAILED
    assert set_versions(world)[-1] == "b-2"


@pytest.mark.parametrize("state", [StepState.WAITING, StepState.RUNNING])
def test_a_retried_step_goes_on_whatever_the_budget_says(state):
    world = release_world(parallel=Amount(2))
    world.say = failing("a-1", "b-2")
    world.finish()
    world.set_step("a-1", "wait_ready", state=state, since=world.now)
    world.set_run(state=RunState.RUNNING)
    world.say = failing("b-2")
    assert world.finish() is RunState.FAILED
    assert step_of(world.run, "a-1", "soak").state is StepState.SUCCEEDED


def test_a_retried_first_step_is_no_new_prod():
    world = release_world(parallel=Amount(2))
    world.say = failing("a-1", "b-2", kind="set_version")
    world.finish()
    world.set_step("a-1", "set_version", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING)
    world.say = failing("b-2", kind="set_version")
    world.finish()
    assert step_of(world.run, "a-1", "soak").state is StepState.SUCCEEDED


def test_retried_prods_keep_to_the_limit_and_to_their_order():
    world = release_world(failure_budget=2)
    world.say = failing("a-1", "b-2")
    world.finish()
    for prod in ("a-1", "b-2"):
        world.set_step(prod, "wait_ready", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING)
    world.say = hanging("a-1")
    world.settle()
    assert step_of(world.run, "b-2", "wait_ready").reason == because("wave-limit", limit=1)
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def test_a_failed_run_whose_broken_prod_was_skipped_goes_on():
    world = release_world()
    world.say = failing("c-1")
    world.finish()
    for kind in ("wait_ready", "soak"):
        world.set_step("c-1", kind, state=StepState.SKIPPED)
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


def test_a_failed_run_starts_nothing_new_even_within_the_budget():
    world = release_world(failure_budget=5)
    world.say = failing("c-1")
    world.set_run(blocked={})
    world.finish()
    assert step_of(world.run, "a-2", "set_version").reason == because("waits-for-wave", wave=2)


def test_a_gate_that_says_no_fails_the_run():
    world = release_world(ask="each-wave")
    world.say = failing("", kind="ask")
    assert world.finish() is RunState.FAILED
    assert dict(world.run.reason.params)["wave"] == 2
    assert world.run.reason.code == "gate-failed"


# Acts


def act_world(**changes) -> World:
    """A Run whose first act is under way and silent."""
    world = release_world()
    world.say = lambda step: None
    world.settle()
    world.set_step("c-2", "set_version", **changes)
    return world


def test_an_act_that_is_not_due_is_left_alone_until_it_is():
    world = act_world()
    decision = decide(world.run, NOW)
    assert (decision.intents, decision.wake_at) == ((), NOW + timedelta(seconds=30))


@pytest.mark.parametrize("due_at", [NOW, NOW - timedelta(seconds=9), None])
def test_an_act_whose_lease_is_over_is_attempted_again(due_at):
    world = act_world(due_at=due_at)
    decision = decide(world.run, NOW)
    step = step_of(world.run, "c-2", "set_version")
    assert decision.intents == (Redo(step.id, NOW + timedelta(seconds=30)),)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        pytest.param(because("cluster-busy"), because("cluster-busy"), id="the last reason"),
        pytest.param(None, because("act-unanswered", step="set_version", tries=4), id="never answered"),
    ],
)
def test_an_act_out_of_tries_errors_with_what_it_said_last(reason, kept):
    world = act_world(due_at=NOW, tries=len(BACKOFF_S) + 1, reason=reason)
    decision = decide(world.run, NOW)
    step = step_of(world.run, "c-2", "set_version")
    assert decision.intents[0] == Settle(step.id, StepState.ERRORED, kept)
    assert isinstance(decision.intents[-1], MoveRun)
    assert decision.intents[-1].state is RunState.FAILED


def test_an_act_that_was_lost_is_redone_while_paused_and_while_stopping():
    for state in (RunState.PAUSED, RunState.STOPPING, RunState.FAILED):
        world = act_world(due_at=NOW)
        world.set_run(state=state)
        assert any(isinstance(intent, Redo) for intent in decide(world.run, NOW).intents)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(Succeeded(because("fine")), StepState.SUCCEEDED, id="succeeded"),
        pytest.param(Failed(BROKE), StepState.FAILED, id="failed"),
        pytest.param(Running(because("pods-starting"), 5), StepState.RUNNING, id="running"),
        pytest.param(TryAgain(because("facts-old")), StepState.RUNNING, id="could not find out"),
        pytest.param(None, StepState.RUNNING, id="nobody could ask"),
    ],
)
def test_a_step_that_is_judged_from_rows_becomes_what_it_answers(answer, state):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    world.settle()
    step = step_of(world.run, "c-2", "wait_ready")
    assert step.state is state
    assert step.reason == (answer.reason if answer else None)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(Running(because("pods-starting"), 5), 5, id="what the step says"),
        pytest.param(TryAgain(because("facts-old")), BACKOFF_S[-1], id="the longest back-off"),
    ],
)
def test_a_running_step_says_when_to_look_again(answer, seconds):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    assert world.settle().wake_at == NOW + timedelta(seconds=seconds)


def test_a_run_that_waits_for_the_world_is_looked_at_now_and_then():
    world = release_world()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    decision = world.settle()
    assert decision.wake_at == NOW + timedelta(seconds=REST_S)
    assert world.run.reason == because("line-stopped", why="fire", by="mio", prod="c-2")


def test_a_redelivered_wake_does_not_start_what_has_been_started():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    before = list(world.started)
    world.settle()
    assert world.started == before


@pytest.mark.parametrize("state", [RunState.PLANNED, RunState.SUCCEEDED, RunState.ABORTED])
def test_a_run_that_has_not_begun_or_has_ended_stays_so(state):
    world = release_world()
    world.set_run(state=state)
    decision = decide(world.run, NOW)
    assert (decision.intents, decision.wake_at) == ((), None)


# Stop-the-line


def test_a_stopped_line_starts_no_prod_but_finishes_those_under_way():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    world.say = all_well
    world.finish()
    assert set_versions(world) == ["c-2"]
    assert ("c-2", "soak") in world.started


def test_a_stopped_line_does_not_let_a_retried_act_touch_the_prod():
    world = release_world()
    world.say = failing("c-2", kind="set_version")
    world.finish()
    world.set_step("c-2", "set_version", state=StepState.WAITING)
    world.set_run(state=RunState.RUNNING, stopped=because("line-stopped", why="fire", by="mio"))
    world.settle()
    assert step_of(world.run, "c-2", "set_version").state is StepState.WAITING


# Gates


def test_a_gate_waits_for_approval_before_its_wave_and_the_run_goes_on_afterwards():
    world = release_world(ask="each-wave")
    world.say = hanging("", kind="ask")
    world.settle()
    assert world.run.state is RunState.AWAITING_APPROVAL
    assert world.run.reason == because("awaits-approval", wave=2)
    assert step_of(world.run, "c-1", "set_version").reason == because("waits-for-gate", wave=2, gate="ask")
    world.say = all_well
    assert world.finish() is RunState.SUCCEEDED


# Pause


def test_a_pause_starts_nothing_and_lets_the_running_step_finish():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.PAUSED, reason=because("pause-by-person", by="mio", why="lunch"))
    world.say = all_well
    world.settle()
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.SUCCEEDED
    soak = step_of(world.run, "c-2", "soak")
    assert (soak.state, soak.reason) == (StepState.WAITING, because("run-paused"))
    assert world.run.reason == because("pause-by-person", by="mio", why="lunch")


def test_a_paused_run_goes_on_when_it_is_resumed():
    world = release_world()
    world.set_run(state=RunState.PAUSED)
    world.settle()
    assert world.started == []
    world.set_run(state=RunState.RUNNING)
    assert world.finish() is RunState.SUCCEEDED


def test_a_failure_while_paused_keeps_the_pause():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.PAUSED)
    world.say = failing("c-2")
    world.settle()
    assert world.run.state is RunState.PAUSED
    world.set_run(state=RunState.RUNNING)
    assert world.finish() is RunState.FAILED


# Abort


@pytest.mark.parametrize("kind", ["soak", "ask"])
def test_abort_cuts_what_only_waits_at_once(kind):
    world = release_world(ask="each-wave")
    world.say = lambda step: hanging(step.prod, kind=kind)(step)
    world.settle()
    world.set_run(state=RunState.STOPPING, reason=because("abort-by-person", by="mio", why="wrong one"))
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert world.run.reason == because("abort-by-person", by="mio", why="wrong one")
    assert all(step.state is not StepState.WAITING for step in world.run.steps)


def test_abort_lets_the_running_step_finish_but_starts_no_next_one():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.STOPPING
    world.say = all_well
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.SUCCEEDED
    assert step_of(world.run, "c-2", "soak").state is StepState.ABORTED


@pytest.mark.parametrize("answer", [TryAgain(because("facts-old")), None])
def test_abort_does_not_wait_for_what_cannot_be_found_out(answer):
    world = release_world()
    world.say = lambda step: answer if step.kind == "wait_ready" else all_well(step)
    world.settle()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.ABORTED


def test_abort_of_a_run_that_only_waits_ends_at_once():
    world = release_world()
    world.set_run(stopped=because("line-stopped", why="fire", by="mio"))
    world.settle()
    world.set_run(state=RunState.STOPPING)
    assert world.one_pass().wake_at is None
    assert world.run.state is RunState.ABORTED
    assert world.started == []


def test_abort_of_a_failed_run_keeps_what_broke():
    world = release_world()
    world.say = failing("c-2")
    world.finish()
    world.set_run(state=RunState.STOPPING)
    world.settle()
    assert world.run.state is RunState.ABORTED
    assert step_of(world.run, "c-2", "wait_ready").state is StepState.FAILED


def test_an_act_that_never_answers_cannot_keep_a_run_from_ending():
    world = act_world()
    world.set_run(state=RunState.STOPPING)
    assert world.finish() is RunState.ABORTED
    assert step_of(world.run, "c-2", "set_version").state is StepState.ERRORED


# Other kinds on the same engine


def test_a_rollback_goes_on_past_a_prod_that_fails():
    fleet = example_fleet()
    plan: Plan = plan_release(fleet, "shop", V2, Strategy())
    planned = plan_rollback(1, plan, ("c-2", "c-1", "a-2", "b-1"), fleet, (V1, V2), "v1.1.0", {})
    assert isinstance(planned, RollbackPlan)
    world = World(make_run(planned.plan, fleet))
    world.say = failing("a-2")
    assert world.finish() is RunState.FAILED
    assert set(set_versions(world)) == {"c-2", "c-1", "a-2"}  # b-1 stays: its partner is out
    assert names_of(planned.plan) == [["c-2", "a-2", "b-1", "c-1"]]


def test_a_run_without_steps_is_done():
    world = release_world()
    world.set_run(steps=(), waves=())
    assert decide(world.run, NOW).intents == (MoveRun(RunState.SUCCEEDED, because("all-done", prods=0)),)


def test_nothing_is_explained_twice():
    world = release_world()
    world.say = hanging("c-2")
    world.settle()
    said = step_of(world.run, "a-2", "set_version").reason
    world.set_step("a-2", "set_version", reason=because("stale"))
    explained = [i for i in world.one_pass().intents if isinstance(i, Explain)]
    assert explained == [Explain(step_of(world.run, "a-2", "set_version").id, said)]


def test_a_prod_whose_step_was_given_up_counts_as_broken():
    world = release_world()
    world.set_run(
        steps=tuple(
            replace(step, state=StepState.ABORTED) if step.prod == "c-2" else step for step in world.run.steps
        )
    )
    assert world.finish() is RunState.FAILED
