"""A failover goes before releases: they begin nothing more, and go on by a plan that somebody has read anew."""

from collections.abc import Callable

import pytest
from django.db import transaction

from clusters.models import Prod
from journal.core.reasons import Refused
from journal.models import Event
from releases import actions
from releases.core.plan_json import plan_from_json
from releases.engine.auto_failover import fail_over_dead
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Claim, Run, Step
from releases.preview import preview_release
from releases.resuming import preview_anew
from tests import build
from tests.engine.driver import advance, in_flight
from tests.engine.test_auto_failover import dies as dies_for_sure
from tests.engine.test_two_at_once import aside
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, comes_back, dies, finish, leave
from tests.traffic.test_one_prod import leave as leave_prod
from tests.traffic.test_second_troubles import go_on
from traffic.core.survival import PROD
from traffic.models import Reservation, RouteOut

pytestmark = pytest.mark.django_db
WHY = "the failover is done"


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet(whole_groups=True)
    answering()
    return edge


def begun(run: Run) -> set[str]:
    rows = Step.objects.filter(run=run, prod__isnull=False).exclude(state="waiting", attempt=0)
    return set(rows.values_list("prod__name", flat=True))


def rest(edge: Edge, run: Run) -> Run:
    """Everything happens that can happen without a person."""
    go_on(edge, run, rounds=12)
    return run


def refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as error, transaction.atomic():
        act()
    return [reason.code for reason in error.value.reasons]


def resume(run: Run, digest: str = "") -> Run:
    done = actions.resume(build.person("on-call"), run.pk, WHY, digest)
    run.refresh_from_db()
    return done


def first_act(edge: Edge, run: Run) -> None:
    """c-2, the test Prod, is under way."""
    go_on(edge, run, rounds=1, acts=False)
    assert begun(run) == {"c-2"}


def waves(run: Run) -> list[list[str]]:
    run.refresh_from_db()
    return [[prod.name for prod in wave.prods] for wave in plan_from_json(run.plan).waves]


# --- it stops ----------------------------------------------------------------------------------------


def test_what_has_begun_goes_on_and_nothing_else_begins(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    away = leave("a")
    run.refresh_from_db()
    assert (run.state, run.preempted_by_id) == ("running", away.pk)
    rest(edge, run)
    assert begun(run) == {"c-2"} and in_flight(run) == []
    assert Prod.objects.get(name="c-2").version.name == "v1.1.0"
    assert not RouteOut.objects.exists(), "what was out is back"
    assert (run.state, run.reason) == ("paused", {"code": "pre-empted", "params": {"run": away.pk}})
    assert Step.objects.get(run=run, prod__name="c-1", position=0).reason["code"] == "pre-empted"


def test_a_prod_that_is_out_comes_back_for_its_users(edge: Edge) -> None:
    run = release_of("a-2", "b-1")
    go_on(edge, run, rounds=3, acts=False)
    assert in_flight(run) == ["a-2"] and edge.weights("shop-r") == {"b-1": 100}
    dies("b")
    leave("b")
    rest(edge, run)
    assert (run.state, begun(run)) == ("paused", {"a-2"})
    assert Step.objects.get(run=run, kind="restore", prod__name="a-2").state == "succeeded"
    assert edge.weights("shop-r").get("a-2"), "it is not left out because nobody has resumed yet"


def test_that_it_was_pre_empted_is_written_down_with_who_and_by_which_run(edge: Edge) -> None:
    run = release_of()
    away = leave("a")
    told = Event.objects.get(run_id=run.pk, reason__code="pre-empted")
    assert (told.actor.username, told.reason["params"]) == ("on-call", {"run": away.pk})


def test_it_is_named_before(edge: Edge) -> None:
    run = release_of()
    assert [one.pk for one in preview_leaving("a").preempts] == [run.pk]
    assert [one.pk for one in preview_leaving("a-1", PROD).preempts] == [run.pk]


def test_one_prod_that_is_left_pre_empts_too(edge: Edge) -> None:
    run = release_of("a-1", "c-1")
    away = leave_prod("a-1")
    run.refresh_from_db()
    assert run.preempted_by_id == away.pk


def test_a_release_of_others_goes_on(edge: Edge) -> None:
    run = release_of("b-2")
    assert preview_leaving("a").preempts == ()
    leave("a")
    run.refresh_from_db()
    assert run.preempted_by_id is None
    assert rest(edge, run).state == "succeeded"


def test_one_that_has_begun_all_of_them_goes_on(edge: Edge) -> None:
    run = release_of("a-2")
    go_on(edge, run, acts=False)
    leave("a")
    assert rest(edge, run).state == "succeeded"


def test_a_rollback_is_not_pre_empted(edge: Edge) -> None:
    run = release_of("c-2", "c-1")
    go_on(edge, run, rounds=8)
    back = actions.roll_back(build.person("on-call"), run.pk, "it is bad")
    leave("a")
    back.refresh_from_db()
    assert back.preempted_by_id is None


def test_an_automatic_failover_pre_empts_without_an_author(edge: Edge) -> None:
    actions.set_auto_failover(build.person("admin"), "none", True, "we want it so")
    run = release_of()
    first_act(edge, run)
    dies_for_sure("a")
    assert fail_over_dead() == 1
    run.refresh_from_db()
    assert run.preempted_by.strategy == {"cluster": "a", "automatic": True}
    assert Event.objects.get(run_id=run.pk, reason__code="pre-empted").actor is None


def test_a_pause_of_a_person_stays_a_pause_of_all_and_its_end_is_judged_anew(edge: Edge) -> None:
    run = release_of("a-2", "b-1")
    go_on(edge, run, rounds=1, acts=False)
    actions.pause(build.person("on-call"), run.pk)
    leave("a")
    rest(edge, run)
    assert (run.state, run.reason["code"]) == ("paused", "pause-by-person")
    assert in_flight(run) == ["a-2"], "a person said that nothing new starts, not even a next step"
    assert refused(lambda: resume(run)) == ["judged-anew"]


def test_a_failure_stays_one_and_its_retry_begins_nothing_else(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    Step.objects.filter(run=run, prod__name="c-2", kind="set_version").update(
        state="failed", reason={"code": "too-late", "params": {}}
    )
    leave("a")
    rest(edge, run)
    assert run.state == "failed"
    step = Step.objects.get(run=run, prod__name="c-2", kind="set_version")
    actions.retry(build.person("on-call"), run.pk, step.pk)
    rest(edge, run)
    assert (run.state, run.reason["code"], begun(run)) == ("paused", "pre-empted", {"c-2"})


def test_it_has_only_what_it_has_begun_and_room_for_nobody(edge: Edge) -> None:
    run = release_of(alone="relocate")
    first_act(edge, run)
    assert Reservation.objects.filter(run_id=run.pk).exists()
    leave("a")
    assert set(Claim.objects.values_list("prod__name", "run")) == {("c-2", run.pk)}
    assert not Reservation.objects.exists()
    rest(edge, run)
    resume(run, preview_anew(run).plan.digest)
    assert Claim.objects.filter(run=run).count() == 6


def test_a_failback_passes_it_and_does_not_resume_it(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    finish(leave("a"), edge)
    rest(edge, run)
    comes_back("a")
    back = actions.start_failback(build.person("on-call"), "a", preview_failback("a").plan.digest, "it is up")
    assert {reason.code for reason in preview_anew(run).reasons} == {"claimed"}
    digest = preview_anew(run).plan.digest
    assert set(refused(lambda: resume(run, digest))) == {"claimed"}
    for _ in range(40):
        advance(back)
        edge.settle()
        comes_back("a")
    assert (advance(back).state, rest(edge, run).state) == ("succeeded", "paused")
    assert not preview_anew(run).is_new, "its users are back: c-1 has few again"
    assert resume(run).state == "running"
    assert waves(run) == [["c-2"], ["c-1"], ["a-2", "b-1"], ["a-1", "b-2"]]


# --- at the same moment --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_release_that_starts_while_users_leave_is_planned_after_it() -> None:
    published_fleet(whole_groups=True)
    answering()
    digest = preview_release("shop", "v1.1.0", {"soak_s": 0}, []).plan.digest

    def start() -> Run:
        return actions.start_release(
            build.person("release-manager"), "shop", "v1.1.0", {"soak_s": 0}, [], digest
        )

    with transaction.atomic():
        leave("a")
        thread, said = aside(start)
        thread.join(0.5)
        assert thread.is_alive(), "it waits to see who has left"
    thread.join(10)
    (answered,) = said
    assert isinstance(answered, Refused) and answered.reasons[0].code == "plan-stale"


@pytest.mark.django_db(transaction=True)
def test_users_who_leave_while_a_release_starts_pre_empt_it() -> None:
    published_fleet(whole_groups=True)
    answering()
    with transaction.atomic():
        run = release_of()
        thread, said = aside(lambda: leave("a"))
        thread.join(0.5)
        assert thread.is_alive(), "it waits until the release can be seen"
    thread.join(10)
    (away,) = said
    run.refresh_from_db()
    assert run.preempted_by_id == away.pk


@pytest.mark.django_db(transaction=True)
def test_users_who_leave_while_somebody_resumes_pre_empt_it_again() -> None:
    edge = published_fleet(whole_groups=True)
    answering()
    run = release_of()
    first_act(edge, run)
    leave_prod("a-1")
    run.refresh_from_db()
    with transaction.atomic():
        resume(run, preview_anew(run).plan.digest)
        thread, said = aside(lambda: leave_prod("a-2"))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    (away,) = said
    run.refresh_from_db()
    assert run.preempted_by_id == away.pk and run.state == "running"
