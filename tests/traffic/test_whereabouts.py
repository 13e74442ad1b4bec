"""The history of a Tenant: where its users were, since when, why, and by whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Cluster
from journal.core.reasons import because
from releases.actions import abort, roll_back, start_leaving
from releases.core import states
from releases.failover_preview import preview_leaving
from releases.models import Run
from tests import build
from tests.engine.driver import advance, answer, finish, running_acts
from tests.traffic.edge import Edge
from tests.traffic.releasing import release_of
from traffic.actions import add_tenant, move_tenant, set_weights
from traffic.engine.shifting import shift
from traffic.models import Route, RouteEpoch, RouteMember, Tenant
from traffic.queries.tenants import read_tenant
from traffic.queries.whereabouts import RUN_ENDED, Whereabouts, changes_of_place, read_whereabouts, serving

pytestmark = pytest.mark.django_db
NEW = {"name": "acme", "hostnames": ["acme.example"], "route": "shop-s"}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet(whole_groups=True)
    long_ago = timezone.now() - timedelta(days=9)
    RouteEpoch.objects.update(at=long_ago)


def cluster_a_is_left() -> int:
    Cluster.objects.filter(name="a").update(health="unreachable", health_since=timezone.now())
    return start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it is dead").pk


def where(name: str = "shop-s-0001") -> Whereabouts:
    return read_whereabouts(Tenant.objects.get(name=name))


def weights_of(route: str) -> dict[str, int]:
    return dict(RouteMember.objects.filter(route__name=route).values_list("prod__name", "weight"))


def places(found: Whereabouts) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.was, one.now) for one in found.happened if one.now]


def epochs(*weights: dict[str, int], first: int = 1) -> list[RouteEpoch]:
    """The newest first."""
    now = timezone.now()
    return [RouteEpoch(epoch=n, weights=one, at=now) for n, one in enumerate(weights, start=first)][::-1]


@pytest.mark.parametrize(
    ("rows", "moves"),
    [
        pytest.param(epochs({"a": 5}), [((), ("a",))], id="made"),
        pytest.param(epochs({"a": 5}, {"a": 9}), [((), ("a",))], id="weights are no place"),
        pytest.param(epochs({"a": 5}, {"a": 0, "b": 1}), [(("a",), ("b",)), ((), ("a",))], id="moved"),
        pytest.param(epochs({"a": 1}, {"b": 1}, {"a": 1})[:2], [(("b",), ("a",))], id="older ones not read"),
        pytest.param(epochs({"a": 5}, first=7), [], id="nothing to compare with"),
        pytest.param([], [], id="none"),
    ],
)
def test_a_change_of_place_is_one_of_prods(
    rows: list[RouteEpoch], moves: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert [(one.was, one.now) for one in changes_of_place(rows)] == moves


def test_after_a_failover_it_says_where_to_why_and_which_run() -> None:
    run, found = cluster_a_is_left(), where()
    assert places(found)[0] == (("a-1",), ("c-1",))
    newest = found.happened[0]
    assert (newest.run, newest.at) == (run, found.since)
    assert newest.reason is not None


def test_while_a_run_is_under_way_it_says_who_moves_it_from_where_to_where() -> None:
    assert where().moving == ()
    run = Run.objects.get(pk=cluster_a_is_left())
    (one,) = where().moving
    assert (one.run, one.by, one.was, one.now) == (run.pk, "on-call", ("a-1",), ("c-1",))
    assert one.at == where().since and one.reason is not None
    assert where("staff-0001").moving == () and where("shop-u-0001").moving == (), "it moves others"
    abort(build.person("on-call"), run.pk, "enough")
    assert advance(run).state == "aborted" and where().moving == ()


def test_a_rollback_that_is_under_way_is_said_until_its_end() -> None:
    edge = Edge()
    edge.publish()
    build.fresh()
    run = release_of("c-1")
    build.fresh()
    advance(run)
    answer(*running_acts(run))
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    (one,) = where("shop-u-0001").moving
    assert (one.run, one.was, one.now) == (back.pk, ("c-1",), serving(weights_of("shop-u")))
    build.observe("c-1", "v1.0.0")
    finish(back, after=edge.settle)
    assert where("shop-u-0001").moving == ()


def test_a_run_that_has_brought_its_users_back_moves_nobody() -> None:
    run = cluster_a_is_left()
    first = RouteEpoch.objects.get(route__name="shop-s", epoch=1)
    route = Route.objects.get(name="shop-s")
    shift(
        {route.pk: {**dict.fromkeys(weights_of("shop-s"), 0), **first.weights}},
        because("x"),
        timezone.now(),
        run_id=run,
    )
    assert where().moving == ()


def test_who_came_after_a_run_had_moved_the_route_is_not_moved_by_it() -> None:
    cluster_a_is_left()
    add_tenant(build.person("admin"), NEW)
    assert where("acme").moving == () and where().moving


def test_the_journal_knows_the_end_of_a_run_as_runs_do() -> None:
    assert {state.value for state in states.RUN_ENDED} == RUN_ENDED


def test_other_weights_change_nothing_of_where_it_is() -> None:
    row = RouteEpoch.objects.get(route__name="shop-r")
    set_weights(build.person("admin"), "shop-r", {"a-2": 90}, "more", 1)
    found = where("shop-r-0001")
    assert (found.since, len(found.happened)) == (row.at, 1)
    assert found.weights_since is not None and found.weights_since > row.at


def test_what_the_route_did_before_it_came_is_not_its_history() -> None:
    set_weights(build.person("admin"), "shop-s", {"c-1": 100, "a-1": 0}, "before", 1)
    add_tenant(build.person("admin"), NEW)
    found = where("acme")
    assert [one.reason.code for one in found.happened if one.reason] == ["tenant-added"]
    assert found.since == found.happened[0].at


def test_a_tenant_that_was_moved_is_there_since_then() -> None:
    move_tenant(build.person("admin"), "shop-s-0001", {"route": "shop-t"})
    found = where()
    assert found.since == found.happened[0].at and len(found.happened) == 1


def test_the_page_takes_as_many_queries_after_a_failover(django_assert_num_queries: Any) -> None:
    person, now = build.person("admin"), timezone.now()
    with CaptureQueriesContext(connection) as seen:
        read_tenant("shop-s-0001", person, now)
    cluster_a_is_left()
    with django_assert_num_queries(len(seen)):
        read_tenant("shop-s-0001", person, now)
