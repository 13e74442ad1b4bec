"""Users leave a Cluster that is dead or to be emptied, and come back to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access.permissions import Denied
from clusters.actions import cordon_cluster
from clusters.models import Cluster
from journal.core.reasons import Refused
from releases.actions import start_failback, start_leaving
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Run, Step
from tests import build
from tests.adapters.routers.faults import Fault
from tests.engine.driver import advance
from tests.traffic.edge import Edge, drains_are_over
from traffic.models import Route

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def answering() -> None:
    """Every Cluster that answers goes on doing so, however slow this machine is."""
    build.fresh(timezone.now() + timedelta(minutes=10))


def dies(cluster: str) -> None:
    Cluster.objects.filter(name=cluster).update(health="unreachable", health_since=timezone.now())


def comes_back(cluster: str, ago: timedelta = timedelta(hours=1)) -> None:
    Cluster.objects.filter(name=cluster).update(health="healthy", health_since=timezone.now() - ago)
    for name in ("a-1", "a-2"):
        build.observe(name)
    answering()


def leave(cluster: str, **more: str) -> Run:
    digest = preview_leaving(cluster).plan.digest
    return start_leaving(build.person("on-call"), cluster, digest, "it is dead", **more)


def finish(run: Run, edge: Edge) -> Run:
    for _ in range(40):
        edge.publish()
        drains_are_over()
        answering()
        advance(run)
        if run.state in {"succeeded", "failed", "aborted"}:
            return run
    raise AssertionError(run.reason)


def test_the_preview_says_who_goes_where_who_is_safe_and_who_is_lost(edge: Edge) -> None:
    dies("a")
    preview = preview_leaving("a")
    assert preview.plan.kind == "failover"
    assert {move.route: dict(move.weights) for move in preview.traffic.moves if move.load == 400} == {
        "shop-s": {"a-1": 0, "c-1": 100}
    }
    assert [prod.name for prod in preview.plan.waves[0].prods] == ["a-1", "a-2"]
    assert preview.traffic.lost == ()


def test_one_click_moves_everybody_and_the_run_ends_when_routers_show_it(edge: Edge) -> None:
    dies("a")
    run = leave("a")
    edge.publish()
    assert edge.weights("shop-s") == edge.weights("shop-s", "edge-2") == {"c-1": 100}
    assert edge.weights("shop-r") == {"b-1": 100}
    assert finish(run, edge).state == "succeeded"
    assert Cluster.objects.get(name="a").intent == "draining"


def test_a_cluster_that_lives_is_evacuated_and_nobody_is_lost(edge: Edge) -> None:
    run = leave("b")
    assert run.kind == "evacuation"
    assert finish(run, edge).state == "succeeded"
    assert "b-2" not in edge.weights("shop-t")


def test_a_router_that_is_away_is_named_and_corrected_when_it_comes_back(edge: Edge) -> None:
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    dies("a")
    run = leave("a")
    assert finish(run, edge).state == "succeeded"
    assert Step.objects.filter(run=run).first().reason["code"] == "moved-but-for-routers"
    edge.routers["edge-2"].faults.clear()
    edge.publish("edge-2")
    assert edge.weights("shop-s", "edge-2") == {"c-1": 100}


def test_no_router_that_answers_is_no_success(edge: Edge) -> None:
    for router in edge.routers.values():
        router.faults.set(Fault.DOWN)
    dies("a")
    run = leave("a")
    edge.publish()
    advance(run)
    assert run.state == "running" and run.reason["code"] == "moving-users"


def test_another_plan_than_was_read_is_refused(edge: Edge) -> None:
    digest = preview_leaving("a").plan.digest
    dies("a")
    with pytest.raises(Refused) as refused:
        start_leaving(build.person("on-call"), "a", digest, "it is dead")
    assert refused.value.reasons[0].code == "plan-stale"
    assert Route.objects.get(name="shop-s").epoch == 1


def test_a_single_writer_needs_a_person_who_vouches(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    dies("a")
    with pytest.raises(Refused) as refused:
        leave("a")
    assert refused.value.reasons[0].code == "fence-needed"
    with pytest.raises(Refused, match="fence-needed"):
        leave("a", confirm="b")
    assert leave("a", confirm="a").kind == "failover"


def test_a_failback_waits_for_a_stable_cluster(edge: Edge) -> None:
    dies("a")
    finish(leave("a"), edge)
    comes_back("a", timedelta(seconds=3))
    assert [reason.code for reason in preview_failback("a").reasons] == ["not-stable-yet"]


def test_users_come_back_route_by_route_and_a_little_at_a_time(edge: Edge) -> None:
    dies("a")
    finish(leave("a"), edge)
    comes_back("a")
    digest = preview_failback("a").plan.digest
    run = start_failback(build.person("on-call"), "a", digest, "it is well")
    seen = []
    for _ in range(40):
        advance(run)
        edge.publish()
        seen.append((edge.weights("shop-s").get("a-1", 0), edge.weights("shop-r").get("a-2", 0)))
        drains_are_over()
        comes_back("a")
        if run.state == "succeeded":
            break
    assert run.state == "succeeded"
    assert [weights for at, weights in enumerate(seen) if weights not in seen[:at]] == [
        *((10, 0), (30, 0), (50, 0), (100, 0)),
        *((100, 5), (100, 15), (100, 25), (100, 50)),
    ]
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert Cluster.objects.get(name="a").intent == "active"


@pytest.mark.parametrize("was", ["active", "cordoned"])
def test_a_cluster_comes_back_as_it_was_wanted_before(edge: Edge, was: str) -> None:
    if was == "cordoned":
        cordon_cluster(build.person("admin"), "a", "new disks")
    dies("a")
    finish(leave("a"), edge)
    assert Cluster.objects.get(name="a").intent == "draining"
    comes_back("a")
    start_failback(build.person("on-call"), "a", preview_failback("a").plan.digest, "it is well again")
    assert Cluster.objects.get(name="a").intent == was


def test_who_may_not_does_not(edge: Edge) -> None:
    with pytest.raises(Denied):
        start_leaving(build.person("viewer"), "a", "x", "it is dead")


def test_a_failover_from_a_failed_over_state_works(edge: Edge) -> None:
    dies("a")
    finish(leave("a"), edge)
    dies("c")
    finish(leave("c"), edge)
    assert set(edge.weights("shop-s")) <= {"b-1", "b-2"} and sum(edge.weights("shop-s").values()) == 100


def test_a_single_writer_never_comes_back_by_a_ramp(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    dies("a")
    finish(leave("a", confirm="a"), edge)
    comes_back("a")
    preview = preview_failback("a")
    assert "shop-s" not in {move.route for move in preview.traffic.moves}
    assert [one.why.code for one in preview.traffic.staying if one.route == "shop-s"] == [
        "writer-comes-back-by-hand"
    ]
