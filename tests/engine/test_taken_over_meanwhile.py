"""A rollback takes a Prod over just as the release that has it begins it, or as somebody claims it: it is begun, or taken, never
both."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import Refused
from releases import actions
from releases.engine import passes
from releases.models import Claim, Hold, Run, Step
from releases.preview import preview_release
from releases.resuming import preview_anew
from tests import build
from tests.engine.driver import finish
from tests.engine.test_lock_order_of_runs import at_every_lock, edge, in_turn
from tests.engine.test_moved_meanwhile import just_after
from tests.engine.test_two_at_once import aside
from tests.traffic.edge import Edge
from tests.traffic.test_failover import answering, leave
from tests.traffic.test_lock_order import until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 30
BAD = ("a-1", "b-1")
__all__ = ["edge"]


@pytest.fixture
def bad(edge: Edge) -> Run:
    """A release that has brought a-1 and b-1, which share Routes, to a Version that is bad; nobody knows it yet."""
    run = release(*BAD)
    finish(run, after=edge.settle)
    answering()
    assert run.state == "succeeded"
    return run


@pytest.fixture
def other(bad: Run) -> Run:
    """A release of the same: its next pass begins a-1."""
    return release(*BAD, version="v1.2.0")


def release(*prods: str, version: str = "v1.1.0") -> Run:
    """Of these Prods alone."""
    strategy, exclude = {"soak_s": 0}, without(*prods)
    digest = preview_release("shop", version, strategy, exclude).plan.digest
    return actions.start_release(build.person("release-manager"), "shop", version, strategy, exclude, digest)


def without(*prods: str) -> list[dict[str, str]]:
    names = Prod.objects.exclude(name__in=prods).values_list("name", flat=True)
    return [{"prod": name, "reason": "a test"} for name in names]


def roll_back(run: Run) -> Run:
    return actions.roll_back(build.person("on-call"), run.pk, "it is bad")


def begun(run: Run) -> set[str]:
    return set(Step.objects.filter(run=run, attempt__gt=0).values_list("prod__name", flat=True))


def check(back: Run, other: Run) -> None:
    """What the rollback has, and what the other has begun, are two things, and are all."""
    plan = {prod["name"] for wave in back.plan["waves"] for prod in wave["prods"]}
    has = set(Claim.objects.filter(run=back).values_list("prod__name", flat=True))
    assert has == plan & {*BAD} and has | begun(other) == {*BAD} and not has & begun(other)
    assert set(Hold.objects.values_list("prod__name", flat=True)) == has
    other.refresh_from_db()
    assert other.preempted_by_id == back.pk
    passes.advance(other.pk)
    assert not has & begun(other), "it begins nothing more"


def test_a_prod_that_is_begun_while_the_rollback_waits_for_its_release_is_left(bad: Run, other: Run) -> None:
    with transaction.atomic():
        passes.one_pass(other.pk, timezone.now())
        assert begun(other) == {"a-1"}
        thread, said = aside(lambda: roll_back(bad))
        until_somebody_waits()
    thread.join(PATIENCE_S)
    (back,) = said
    assert isinstance(back, Run), said
    assert set(Claim.objects.values_list("prod__name", "run")) == {("a-1", other.pk), ("b-1", back.pk)}
    check(back, other)


def test_a_prod_that_is_begun_between_two_looks_is_left(bad: Run, other: Run) -> None:
    with just_after('FROM "releases_claim"', lambda: passes.one_pass(other.pk, timezone.now())):
        back = roll_back(bad)
    assert begun(other) == {"a-1"}
    check(back, other)


def test_a_pass_begins_nothing_that_is_being_taken(bad: Run, other: Run) -> None:
    with transaction.atomic():
        back = roll_back(bad)
        thread, said = aside(lambda: passes.one_pass(other.pk, timezone.now()))
        thread.join(PATIENCE_S)
        assert said == [False], "it does not wait: it is woken afterwards"
    assert begun(other) == set()
    check(back, other)


def test_a_prod_without_routes_is_not_begun_once_it_is_planned_to_be_taken(edge: Edge) -> None:
    bad = release("d-1")
    finish(bad, after=edge.settle)
    answering()
    other = release("d-1", version="v1.2.0")
    with just_after('INSERT INTO "releases_run"', lambda: passes.one_pass(other.pk, timezone.now())):
        back = roll_back(bad)
    assert begun(other) == set()
    assert set(Claim.objects.values_list("prod__name", "run")) == {("d-1", back.pk)}


@pytest.mark.parametrize(
    "moment", ['FROM "releases_claim"', 'FROM "clusters_prod"', 'FROM "traffic_routemember"']
)
def test_a_release_that_starts_while_the_rollback_is_planned_is_pre_empted(bad: Run, moment: str) -> None:
    started: list[Run] = []
    with just_after(moment, lambda: started.append(release(*BAD, version="v1.2.0"))):
        back = roll_back(bad)
    (other,) = started
    assert set(Claim.objects.values_list("run", flat=True)) == {back.pk}
    assert Run.objects.filter(rollback_of=bad).count() == 1, "of the first try nothing is left"
    check(back, other)


def test_it_does_not_wait_for_a_release_that_it_takes_nothing_from(edge: Edge, bad: Run) -> None:
    other = release("a-2", version="v1.2.0")
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=other.pk)
        thread, said = aside(lambda: roll_back(bad))
        thread.join(PATIENCE_S)
        assert [one.kind for one in said if isinstance(one, Run)] == ["rollback"], said


def test_it_does_not_wait_while_a_release_is_planned(bad: Run) -> None:
    done: list[Run] = []

    def roll_back_aside() -> None:
        done.append(roll_back(bad))

    strategy, exclude = {"soak_s": 0}, without(*BAD)
    digest = preview_release("shop", "v1.2.0", strategy, exclude).plan.digest
    manager = build.person("release-manager")
    with just_after('FROM "traffic_route"', roll_back_aside), pytest.raises(Refused) as refused:
        actions.start_release(manager, "shop", "v1.2.0", strategy, exclude, digest)
    assert {reason.code for reason in refused.value.reasons} <= {"claimed", "plan-stale"}
    (back,) = done
    assert set(Claim.objects.values_list("prod__name", "run")) == {("a-1", back.pk), ("b-1", back.pk)}


@in_turn(
    "rollback, pass",
    "pass, rollback",
    "rollback, start",
    "start, rollback",
    "rollback, leave",
    "leave, rollback",
    "rollback, abort",
)
def test_whoever_is_first_at_whatever_lock(edge: Edge, bad: Run, first: str, second: str) -> None:
    starts = "start" in (first, second)
    other = None if starts else release(*BAD, version="v1.2.0")
    manager, exclude = build.person("release-manager"), without(*BAD)
    digest = preview_release("shop", "v1.2.0", {"soak_s": 0}, exclude).plan.digest
    acts: dict[str, Callable[[], object]] = {
        "rollback": lambda: roll_back(bad),
        "pass": lambda: passes.one_pass(other.pk, timezone.now()) if other else None,
        "start": lambda: actions.start_release(manager, "shop", "v1.2.0", {"soak_s": 0}, exclude, digest),
        "leave": lambda: leave("b"),
        "abort": lambda: actions.abort(build.person("on-call"), other.pk, "not today") if other else None,
    }

    def judge(said: dict[str, object]) -> None:
        back = Run.objects.get(rollback_of=bad)
        assert said["rollback"] == back
        has = set(Claim.objects.filter(run=back).values_list("prod__name", flat=True))
        release_now = Run.objects.filter(kind="release").exclude(pk=bad.pk).first()
        mine = begun(release_now) if release_now else set()
        assert has | mine == {*BAD} and not has & mine

    at_every_lock(acts, first, second, judge)


@in_turn("rollback, resume", "resume, rollback")
def test_a_rollback_and_who_resumes_do_not_wait_for_each_other(
    edge: Edge, bad: Run, other: Run, first: str, second: str
) -> None:
    leave("b")
    anew = preview_anew(Run.objects.get(pk=other.pk))
    acts: dict[str, Callable[[], object]] = {
        "rollback": lambda: roll_back(bad),
        "resume": lambda: actions.resume(build.person("on-call"), other.pk, "go on", anew.plan.digest),
    }

    def judge(said: dict[str, object]) -> None:
        back = Run.objects.get(rollback_of=bad)
        assert said["rollback"] == back
        assert set(Claim.objects.filter(run=back).values_list("prod__name", flat=True)) == {*BAD}
        now = Run.objects.get(pk=other.pk)
        assert now.preempted_by_id, "it was not resumed, or has been pre-empted since"

    at_every_lock(acts, first, second, judge)
