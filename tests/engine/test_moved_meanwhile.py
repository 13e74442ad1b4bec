"""A rollback, and a pass of another release that moves users of the same Routes: neither goes by what the other has changed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clusters.models import Prod
from releases import actions
from releases.engine import passes
from releases.engine.routes import SETTLING, release_idle_routes
from releases.engine.wake import tick, wake
from releases.models import Run, Step
from tests import build
from tests.engine.driver import advance, answer, finish, running_acts
from tests.engine.test_two_at_once import aside
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, leave
from tests.traffic.test_lock_order import somebody_waits_for_a_lock, until_somebody_waits
from traffic.models import Route, RouteMember, RouteOut

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 30


@pytest.fixture
def bad(transactional_db: None) -> Run:
    """A release that has brought a-2, of all Prods, to a Version that is bad; nobody knows it yet."""
    edge = published_fleet(whole_groups=True)
    run = release_of("a-2")
    finish(run, after=edge.settle)
    answering()
    assert run.state == "succeeded"
    return run


@pytest.fixture
def other(bad: Run) -> Run:
    """A release of b-1, which shares Routes with a-2: its next pass sends users of b-1 there."""
    run = release_of("b-1", version="v1.2.0")
    assert _begun(run) == set()
    return run


@pytest.fixture
def drained(transactional_db: None) -> Run:
    """A release that was aborted when a-2 was drained and nothing more; users come back to it by themselves next."""
    edge = published_fleet(whole_groups=True)
    run = release_of("a-2")
    answering()
    passes.one_pass(run.pk, timezone.now())
    actions.abort(build.person("on-call"), run.pk, "not today")
    finish(run, after=edge.settle)
    past = timezone.now() - 2 * SETTLING
    Run.objects.filter(pk=run.pk).update(finished_at=past)
    Step.objects.filter(run=run).update(finished_at=past)
    build.observe("a-2")
    answering()
    return run


def roll_back(run: Run) -> Run:
    return actions.roll_back(build.person("on-call"), run.pk, "it is bad")


def check(run: Run, other: Run) -> None:
    assert Run.objects.filter(rollback_of=run).count() == 1
    shared = RouteMember.objects.filter(prod__name="b-1", target__gt=0).values("route")
    shared = RouteMember.objects.filter(route__in=shared, prod__name="a-2").values("route")
    assert shared.exists()
    on_bad = RouteMember.objects.filter(prod__name="a-2", route__in=shared, weight__gt=0)
    assert not on_bad.exists(), "users are on the bad Version"
    out = RouteOut.objects.filter(prod__name="b-1").values("route")
    only_there = RouteMember.objects.filter(route__in=out, prod__name="b-1", weight=100)
    assert not only_there.exists(), "users are on a Prod that is out"
    assert _begun(other) == set(), "b-1 alone serves them now"


def _begun(run: Run) -> set[str]:
    return set(Step.objects.filter(run=run, attempt__gt=0).values_list("kind", flat=True))


def test_a_pass_that_has_waited_for_a_rollback_sends_nobody_to_the_bad_version(bad: Run, other: Run) -> None:
    with transaction.atomic():
        roll_back(bad)
        thread, said = aside(lambda: passes.one_pass(other.pk, timezone.now()))
        until_somebody_waits()
    thread.join(PATIENCE_S)
    assert said == [True], "it begins anew"
    passes.advance(other.pk)
    check(bad, other)


@pytest.mark.parametrize("moment", ['FROM "traffic_routemember"', 'SELECT "releases_claim"."prod_id"'])
def test_what_a_rollback_has_read_stays_so_until_it_has_moved_users(
    bad: Run, other: Run, moment: str
) -> None:
    begun: list[Any] = []

    def pass_comes(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not begun and moment in sql and "FOR UPDATE" not in sql:
            begun.append(aside(lambda: passes.one_pass(other.pk, timezone.now())))
            deadline = time.monotonic() + PATIENCE_S
            while begun[0][0].is_alive() and not somebody_waits_for_a_lock():
                assert time.monotonic() < deadline
        return found

    with connection.execute_wrapper(pass_comes):
        roll_back(bad)
    ((thread, said),) = begun
    thread.join(PATIENCE_S)
    assert said == [True]
    passes.advance(other.pk)
    check(bad, other)


def test_a_rollback_between_two_looks_of_a_pass_is_seen_by_it(bad: Run, other: Run) -> None:
    with just_after('FROM "releases_claim"', lambda: roll_back(bad)):
        passes.one_pass(other.pk, timezone.now())
    check(bad, other)


def test_users_do_not_come_back_to_a_prod_that_another_run_begins_with_just_then(drained: Run) -> None:
    assert drained.state == "aborted"
    run = release_of("a-2", version="v1.2.0")
    with just_after('FROM "traffic_routeout"', lambda: passes.one_pass(run.pk, timezone.now())):
        assert release_idle_routes() == 0
    assert _begun(run) == {"drain"}
    assert set(RouteMember.objects.filter(prod__name="a-2").values_list("weight", flat=True)) == {0}
    assert set(RouteOut.objects.filter(prod__name="a-2").values_list("run_id", flat=True)) == {run.pk}


def test_two_releases_beside_an_emptied_cluster_do_not_wait_for_each_other(transactional_db: None) -> None:
    build.fleet(whole_groups=True)
    shop_t = Route.objects.get(name="shop-t")
    shop_t.members.update(weight=50, target=50)
    shop_t.members.create(prod=Prod.objects.get(name="a-1"), weight=50, target=50)
    edge = Edge()
    edge.publish()
    answering()
    left = leave("a")
    finish(left, after=edge.settle)
    runs = release_of("a-2", "b-2"), release_of("a-1", "b-1", version="v1.2.0")
    for _ in range(20):
        for run in runs:
            answering()
            advance(run)
            for step in running_acts(run):
                answer(step)
                build.observe(step.prod.name, generation=2)
            edge.settle()
    assert [run.state for run in runs] == ["succeeded", "succeeded"]


@contextmanager
def just_after(moment: str, act: Callable[[], object]) -> Iterator[None]:
    """What is done here has `act` done by somebody else, whole, after its first statement with `moment` in it."""
    done: list[Any] = []

    def comes(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not done and moment in sql and "FOR UPDATE" not in sql:
            done.append(aside(act))
            done[0][0].join(PATIENCE_S)
            assert not done[0][0].is_alive()
        return found

    with connection.execute_wrapper(comes):
        yield
    assert done


def test_a_run_whose_routes_never_stand_still_is_left_to_the_tick(
    other: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(Step.objects.filter(run=other).order_by("pk").values("state", "attempt"))
    wake([other.pk])
    passes_begun: list[int] = []

    def moved_again(*_: object) -> None:
        passes_begun.append(other.pk)

    monkeypatch.setattr(passes, "carry_out", moved_again)
    passes.advance(other.pk)
    assert len(passes_begun) == passes.MOST_PASSES
    assert list(Step.objects.filter(run=other).order_by("pk").values("state", "attempt")) == before
    asked: list[tuple[int | str, ...]] = []
    monkeypatch.setattr("releases.engine.wake.send", lambda task, args, kind: asked.append(args))
    tick()
    assert (other.pk,) in asked
