"""Runs that begin, and go on, at the same moment over the same Routes: nobody waits for another in a circle, and nothing is
done twice."""

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import Refused, because
from journal.models import Event
from releases import actions
from releases.core.states import RUN_ENDED
from releases.engine import passes
from releases.failover_preview import preview_leaving
from releases.models import Claim, Run
from releases.preview import preview_release
from tests import build
from tests.engine.driver import finish
from tests.engine.test_run_anew import counted, deadlocks
from tests.engine.test_two_at_once import aside
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, leave
from tests.traffic.test_lock_order import somebody_waits_for_a_lock, until_somebody_waits
from traffic.engine.shifting import shift
from traffic.models import Route, RouteEpoch, RouteMember

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 30
# What others may wait for.
LOCKS = re.compile(
    r'FOR (NO KEY )?UPDATE|pg_advisory_xact_lock|^INSERT INTO "(releases_claim|traffic_routeout)"'
)
SERVING = ("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")
SHARED = [("a-1", "b-1"), ("a-1", "b-2"), ("a-2", "b-1"), ("a-2", "b-2")]
SHARED += [("a-1", "c-1"), ("a-2", "c-2"), ("b-1", "c-2"), ("b-2", "c-1")]
Acts = dict[str, Callable[[], object]]


@pytest.fixture
def edge(transactional_db: None) -> Edge:
    """Each Prod shares Routes with Prods of both other Clusters; by name they lie the other way round than by number. Two
    more Prods stand by for those of a."""
    names = (f"r-{99 - number}" for number in range(100))
    tenants = [
        {"group": next(names), "count": 2, "load": 1, "redundancy": "two-domain", "prods": list(pair)}
        for pair in SHARED
    ]
    clusters = [{"name": name, "failure_domain": domain} for name, domain in ("ax", "by", "cz", "dx")]
    prods = [{"name": name, "cluster": name[0]} for name in SERVING]
    build.fleet({"clusters": clusters, "prods": prods, "tenants": tenants})
    for name in ("d-1", "d-2"):
        build.in_service(build.prod(name, "d", role="standby"))
    edge = Edge()
    edge.publish()
    answering()
    return edge


@contextmanager
def as_it_was() -> Iterator[Callable[[], None]]:
    """What puts every row back as it is now."""
    tables = connection.introspection.django_table_names(only_existing=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for table in tables:
            cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"')

    def back() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                cursor.execute(f'DELETE FROM "{table}"; INSERT INTO "{table}" TABLE kept."{table}"')

    try:
        yield back
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA kept CASCADE")


class Held:
    """An act in a thread that stops once it has taken its lock number `after`, until it is let `go`. What it takes again by
    the same statement is not counted."""

    def __init__(self, act: Callable[[], object], after: int = 0) -> None:
        self._act, self._left = act, after
        self.said: object = None
        self._seen: set[str] = set()
        self.resting, self.ended, self._going = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def go(self) -> None:
        self._going.set()

    def as_far_as_it_can(self) -> None:
        """Return when it has ended or waits for a lock."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.ended.wait(0.01) and not somebody_waits_for_a_lock():
            assert time.monotonic() < deadline

    def join(self) -> None:
        self._thread.join(PATIENCE_S)
        assert self.ended.is_set(), "it waits for ever"

    def _run(self) -> None:
        try:
            with connection.execute_wrapper(self._stop):
                self.said = counted(self._act)
        except Exception as error:  # noqa: BLE001  (told to the test)
            self.said = error
        finally:
            connections.close_all()
            self.ended.set()
            self.resting.set()

    def _stop(self, execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if LOCKS.search(sql) and sql not in self._seen:
            self._seen.add(sql)
            self._left -= 1
            if self._left == 0:
                self.resting.set()
                assert self._going.wait(PATIENCE_S)
        return found


def at_every_lock(acts: Acts, first: str, second: str, check: Callable[[dict[str, object]], None]) -> None:
    """Let `first` stop at each lock that it takes, one after the other, from the same rows each time; let `second` get as
    far as it can; let both go on, and judge what came of it."""
    before = deadlocks()
    with as_it_was() as back:
        for number in itertools.count(1):
            one = Held(acts[first], number)
            assert one.resting.wait(PATIENCE_S)
            if one.ended.is_set():
                break
            two = Held(acts[second])
            two.as_far_as_it_can()
            one.go()
            one.join()
            two.join()
            said = {first: one.said, second: two.said}
            assert deadlocks() == before, (number, said)
            check_rows(said)
            check(said)
            back()
    assert number > 3, "it takes locks"


def check_rows(said: dict[str, object]) -> None:
    """What holds whoever was first."""
    broken = {name: one for name, one in said.items() if isinstance(one, Exception)}
    assert all(isinstance(one, Refused) for one in broken.values()), broken
    served = Route.objects.annotate(sum=Sum("members__weight"))
    assert not served.filter(sum=0).exists(), "users of a Route are served by nobody"
    for name, epoch, pk in Route.objects.values_list("name", "epoch", "pk"):
        told = list(RouteEpoch.objects.filter(route=pk).order_by("epoch").values_list("epoch", flat=True))
        assert told == list(range(epoch - len(told) + 1, epoch + 1)), name
    began = Event.objects.filter(kind="run", from_state="", to_state="running")
    assert sorted(began.values_list("run_id", flat=True)) == sorted(Run.objects.values_list("pk", flat=True))
    ended = [state.value for state in RUN_ENDED]
    assert not Claim.objects.filter(run__state__in=ended).exists()


def switched(edge: Edge) -> Run:
    """A release by which the standby Prods serve in place of a-1 and a-2, and the Version is on them."""
    run = release_of("a-1", "a-2", name="switch")
    finish(run, after=edge.settle)
    answering()
    assert run.state == "succeeded"
    return run


def going(*prods: str) -> Run:
    """A release that is about to take the first of these Prods out."""
    everybody = Prod.objects.exclude(name__in=prods).exclude(role="standby").values_list("name", flat=True)
    exclude = [{"prod": name, "reason": "a test"} for name in everybody]
    asked = {"soak_s": 0, "parallel": 5}
    digest = preview_release("shop", "v1.2.0", asked, exclude).plan.digest
    return actions.start_release(build.person("release-manager"), "shop", "v1.2.0", asked, exclude, digest)


def serving_on(cluster: str) -> set[str]:
    rows = RouteMember.objects.filter(weight__gt=0, prod__cluster__name=cluster)
    return set(rows.values_list("route__name", flat=True))


def in_turn(*pairs: str) -> Any:
    return pytest.mark.parametrize(("first", "second"), [tuple(pair.split(", ")) for pair in pairs])


@in_turn("rollback, pass", "pass, rollback")
def test_a_rollback_that_undoes_switches_and_passes_of_releases(edge: Edge, first: str, second: str) -> None:
    run = switched(edge)
    other = going("b-1", "b-2")
    acts: Acts = {
        "rollback": lambda: actions.roll_back(build.person("on-call"), run.pk, "it is bad"),
        "pass": lambda: passes.one_pass(other.pk, timezone.now()),
    }

    def check(said: dict[str, object]) -> None:
        assert said["rollback"] == Run.objects.get(rollback_of=run)
        assert serving_on("a") and not serving_on("d"), "users are back where they were"

    at_every_lock(acts, first, second, check)


@in_turn("leave, start", "start, leave", "leave, leave too", "start, start too")
def test_users_leave_while_a_release_starts(edge: Edge, first: str, second: str) -> None:
    manager, on_call = build.person("release-manager"), build.person("on-call")
    digest = preview_release("shop", "v1.1.0", {"soak_s": 0}, []).plan.digest
    away = preview_leaving("a").plan.digest

    def start() -> Run:
        return actions.start_release(manager, "shop", "v1.1.0", {"soak_s": 0}, [], digest)

    def go() -> Run:
        return actions.start_leaving(on_call, "a", away, "it is dead")

    def check(said: dict[str, object]) -> None:
        runs = {run.kind: run for run in Run.objects.all()}
        assert len(runs) == Run.objects.count() == sum(one in runs.values() for one in said.values())
        if "evacuation" in runs:
            assert not serving_on("a")
        if len(runs) == 2:
            assert runs["release"].preempted_by_id == runs["evacuation"].pk, "or it is planned after it"

    at_every_lock({"start": start, "start too": start, "leave": go, "leave too": go}, first, second, check)


@in_turn("rollback, leave", "leave, rollback", "leave, pass")
def test_users_leave_while_others_come_back(edge: Edge, first: str, second: str) -> None:
    run = switched(edge)
    other = going("b-1", "b-2")
    acts: Acts = {
        "rollback": lambda: actions.roll_back(build.person("on-call"), run.pk, "it is bad"),
        "leave": lambda: leave("b"),
        "pass": lambda: passes.one_pass(other.pk, timezone.now()),
    }

    def check(said: dict[str, object]) -> None:
        if "rollback" in said:
            assert said["rollback"] == Run.objects.get(rollback_of=run)
            assert serving_on("a") and not serving_on("d")
        left = list(Run.objects.filter(kind="evacuation"))
        assert left == ([said["leave"]] if isinstance(said["leave"], Run) else [])
        if left:
            assert not serving_on("b")
            other.refresh_from_db()
            assert other.preempted_by_id == left[0].pk

    at_every_lock(acts, first, second, check)


def test_a_pass_sends_nobody_where_somebody_has_sent_them_away_meanwhile(transactional_db: None) -> None:
    published_fleet(whole_groups=True)
    run, route = release_of("a-2"), Route.objects.get(name="shop-r")
    with transaction.atomic():
        shift({route.pk: {"b-1": 0, "c-1": 50}}, because("left-for-good", prod="b-1", run=1), timezone.now())
        thread, said = aside(lambda: passes.one_pass(run.pk, timezone.now()))
        until_somebody_waits()
    thread.join(PATIENCE_S)
    assert said == [True], "it looks again"
    passes.one_pass(run.pk, timezone.now())
    weights = dict(route.members.values_list("prod__name", "weight"))
    assert weights == {"a-2": 0, "b-1": 0, "c-1": 100}
