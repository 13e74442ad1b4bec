"""What fails stops the wave, says why, and can be retried, skipped or rolled back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod, Version
from journal.core.reasons import Refused, because
from journal.models import Event
from releases import actions
from releases.core.answers import Failed, TryAgain
from releases.engine.routes import release_idle_routes
from releases.models import Claim, Hold, Run, Step
from releases.preview import preview_release, preview_rollback
from tests import build
from tests.engine.driver import advance, answer, finish, in_flight, running_acts
from traffic.models import RouteOut

pytestmark = pytest.mark.django_db

WHY = "the test wants it"


@pytest.fixture
def run() -> Run:
    build.fleet()
    return start("v1.1.0")


def start(version: str) -> Run:
    preview = preview_release("shop", version, {}, [])
    person = build.person("release-manager")
    return actions.start_release(person, "shop", version, {}, [], preview.plan.digest)


def fail_first(run: Run) -> Step:
    """c-2 cannot pull its image."""
    advance(run)
    (step,) = running_acts(run)
    answer(step)
    build.observe("c-2", generation=2, ready=2, waiting="ImagePullBackOff", message="not found")
    advance(run)
    return Step.objects.get(run=run, prod__name="c-2", kind="wait_ready")


def test_a_failing_prod_stops_the_wave_in_the_pods_own_words(run: Run) -> None:
    step = fail_first(run)
    assert (run.state, step.state, in_flight(run)) == ("failed", "failed", ["c-2"])
    assert "ImagePullBackOff" in str(step.reason)


def test_a_retry_goes_on_where_it_failed(run: Run) -> None:
    step = fail_first(run)
    actions.retry(build.person("on-call"), run.pk, step.pk)
    build.observe("c-2", generation=2)
    finish(run)
    assert run.state == "succeeded"


def test_a_skip_leaves_the_prod_behind(run: Run) -> None:
    step = fail_first(run)
    actions.skip(build.person("release-manager"), run.pk, step.pk, WHY)
    finish(run)
    assert run.state == "succeeded"
    prod = Prod.objects.get(name="c-2")
    assert prod.settled_version.name == "v1.0.0"
    assert [out.prod_id for out in RouteOut.objects.all()] == [prod.pk]


def test_routes_of_a_skipped_prod_come_back_when_it_is_seen_well_after_it(run: Run) -> None:
    step = fail_first(run)
    actions.skip(build.person("release-manager"), run.pk, step.pk, WHY)
    build.observe("c-2", generation=2)
    assert release_idle_routes() == 0  # it may be from before
    build.observe("c-2", generation=2, at=timezone.now() + timedelta(seconds=9))
    assert release_idle_routes() == 1


def test_what_an_ended_run_left_out_belongs_to_the_next_run_on_that_prod(run: Run) -> None:
    fail_first(run)
    actions.abort(build.person("on-call"), run.pk, WHY)
    advance(run)
    assert run.state == "aborted"
    again = start("v1.1.0")
    advance(again)
    assert [step.prod.name for step in running_acts(again)] == ["c-2"]
    assert {out.run_id for out in RouteOut.objects.all()} == {again.pk}


def test_a_later_rollback_does_not_go_back_to_what_was_skipped(run: Run) -> None:
    step = fail_first(run)
    actions.skip(build.person("release-manager"), run.pk, step.pk, WHY)
    finish(run)
    build.observe("c-2", version="v1.1.0", generation=2)
    later = start("v1.2.0")
    advance(later)
    assert preview_rollback(later).moves == (("c-2", "v1.0.0"),)


def test_a_rollback_that_was_aborted_may_be_followed_by_another(run: Run) -> None:
    fail_first(run)
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    actions.abort(build.person("on-call"), back.pk, WHY)
    advance(back)
    assert back.state == "aborted"
    finish(actions.roll_back(build.person("on-call"), run.pk, WHY))
    assert Prod.objects.get(name="c-2").version.name == "v1.0.0"


def test_the_author_cannot_skip_the_gate_that_asks_others() -> None:
    build.fleet()
    strategy = {"ask": "each-wave", "soak_s": 0}
    preview = preview_release("shop", "v1.1.0", strategy, [])
    author = build.person("release-manager")
    run = actions.start_release(author, "shop", "v1.1.0", strategy, [], preview.plan.digest)
    gate = Step.objects.get(run=run, kind="ask", wave=2)
    with pytest.raises(Refused) as refused:
        actions.skip(author, run.pk, gate.pk, WHY)
    assert refused.value.reasons[0].code == "four-eyes"


def test_a_rollback_holds_vetoes_and_takes_over_in_one_go(run: Run) -> None:
    fail_first(run)
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    run.refresh_from_db()
    assert (run.state, back.kind, back.state) == ("aborted", "rollback", "running")
    assert [hold.prod.name for hold in Hold.objects.filter(lifted_at=None)] == ["c-2"]
    assert Version.objects.get(name="v1.1.0").vetoed_at
    assert {claim.run_id for claim in Claim.objects.all()} == {back.pk}
    finish(back)
    assert Prod.objects.get(name="c-2").version.name == "v1.0.0"
    assert Claim.objects.count() == 0


def test_a_held_prod_is_not_released_until_the_hold_is_lifted(run: Run) -> None:
    fail_first(run)
    finish(actions.roll_back(build.person("on-call"), run.pk, WHY))
    build.observe("c-2")
    manager = build.person("release-manager")
    actions.lift_veto(manager, Version.objects.get(name="v1.1.0").pk, WHY)
    blockers = preview_release("shop", "v1.1.0", {}, []).blockers
    assert [(blocker.reason.code, blocker.prods) for blocker in blockers] == [("held", ("c-2",))]
    actions.lift_hold(manager, Hold.objects.get().pk, WHY)
    assert preview_release("shop", "v1.1.0", {}, []).blockers == ()


def test_a_vetoed_version_cannot_be_released(run: Run) -> None:
    fail_first(run)
    finish(actions.roll_back(build.person("on-call"), run.pk, WHY))
    with pytest.raises(Refused) as refused:
        start("v1.1.0")
    assert "version-vetoed" in [reason.code for reason in refused.value.reasons]


def test_rollback_of_half_a_wave_takes_back_only_what_was_changed(run: Run) -> None:
    for _ in range(8):
        advance(run)
        for step in running_acts(run):
            answer(step)
            build.observe(step.prod.name, generation=2)
        Step.objects.filter(run=run, kind="soak", state="running").update(
            started_at=timezone.now().replace(year=2020)
        )
    changed = set(
        Step.objects.filter(run=run, kind="set_version", attempt__gt=0).values_list("prod__name", flat=True)
    )
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    finish(back)
    assert {prod for wave in back.plan["waves"] for prod in [p["name"] for p in wave["prods"]]} == changed
    assert {prod.version.name for prod in Prod.objects.all()} == {"v1.0.0"}


def test_a_second_rollback_is_refused(run: Run) -> None:
    fail_first(run)
    actions.roll_back(build.person("on-call"), run.pk, WHY)
    with pytest.raises(Refused) as refused:
        actions.roll_back(build.person("on-call"), run.pk, WHY)
    assert refused.value.reasons[0].code == "already-rolled-back"


def test_a_rollback_before_anything_changed_is_refused(run: Run) -> None:
    with pytest.raises(Refused) as refused:
        actions.roll_back(build.person("on-call"), run.pk, WHY)
    assert refused.value.reasons[0].code == "nothing-changed"
    assert not Hold.objects.exists()


def test_an_act_that_finds_no_cluster_is_tried_again_then_errored(run: Run) -> None:
    advance(run)
    for _ in range(4):
        (step,) = running_acts(run)
        Step.objects.filter(pk=step.pk).update(picked_at=timezone.now())
        answer(step, TryAgain(because("cluster-silent", message="refused")))
        Step.objects.filter(pk=step.pk).update(due_at=timezone.now())
        advance(run)
    step.refresh_from_db()
    assert (step.state, step.attempt, run.state) == ("errored", 4, "failed")


def test_a_late_answer_of_an_old_attempt_changes_nothing(run: Run) -> None:
    advance(run)
    (old,) = running_acts(run)
    Step.objects.filter(pk=old.pk).update(picked_at=timezone.now(), due_at=timezone.now())
    advance(run)
    (new,) = running_acts(run)
    from releases.engine import acts
    from releases.steps.context import Outcome

    acts._answer(old, acts.Attempt(old.pk, old.attempt, 8), Outcome(Failed(because("too-late"))))
    new.refresh_from_db()
    assert (new.state, new.attempt) == ("running", old.attempt + 1)


def test_abort_while_waiting_always_ends(run: Run) -> None:
    advance(run)
    actions.abort(build.person("on-call"), run.pk, WHY)
    (step,) = running_acts(run)
    answer(step)
    build.observe("c-2", generation=2)
    advance(run)
    assert run.state == "aborted"
    assert not Claim.objects.exists()


def test_pause_starts_nothing_new_and_resume_goes_on(run: Run) -> None:
    advance(run)
    actions.pause(build.person("on-call"), run.pk)
    (step,) = running_acts(run)
    answer(step)
    advance(run)
    assert not Step.objects.filter(run=run, state="running").exists()
    actions.resume(build.person("on-call"), run.pk)
    build.observe("c-2", generation=2)
    finish(run)
    assert run.state == "succeeded"


def test_stop_the_line_stops_a_release_but_not_a_rollback(run: Run) -> None:
    advance(run)
    actions.stop_the_line(build.person("on-call"), WHY)
    (step,) = running_acts(run)
    answer(step)
    build.observe("c-2", generation=2)
    Step.objects.filter(run=run, kind="soak").update(params={"soak_s": 0})
    for _ in range(4):
        advance(run)
    assert in_flight(run) == [] and run.reason["code"] == "line-stopped"
    finish(actions.roll_back(build.person("on-call"), run.pk, WHY))


def test_a_cluster_down_at_plan_time_holds_back_its_prods_and_partners() -> None:
    build.fleet()
    Cluster.objects.filter(name="a").update(health="unreachable")
    run = start("v1.1.0")
    seen = finish_or_rest(run)
    assert {name for prods in seen for name in prods} == {"c-2", "c-1", "b-2"}
    assert run.state == "running"
    Cluster.objects.filter(name="a").update(health="healthy")
    build.fresh()
    finish(run)
    assert run.state == "succeeded"


def finish_or_rest(run: Run) -> list[list[str]]:
    try:
        return finish(run, most=20)
    except AssertionError:
        return [sorted(set(Step.objects.filter(run=run, attempt__gt=0).values_list("prod__name", flat=True)))]


def test_every_move_leaves_an_event(run: Run) -> None:
    finish(run)
    for step in Step.objects.filter(run=run):
        moves = list(
            Event.objects.filter(step_id=step.pk).order_by("id").values_list("from_state", "to_state")
        )
        assert moves == [("waiting", "running"), ("running", "succeeded")]


def test_a_second_release_on_claimed_prods_is_refused_and_leaves_nothing(run: Run) -> None:
    with pytest.raises(Refused) as refused:
        start("v1.2.0")
    assert refused.value.reasons[0].code == "claimed"
    assert Run.objects.filter(kind="release").count() == 1
