"""Users come back to a Prod a little at a time, and leave it again where it falls ill with them."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F

from releases.actions import retry, start_failback, start_leaving
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Run, Step
from tests import build
from tests.adapters.routers.faults import Fault
from tests.engine.driver import advance, answer, running_acts
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import comes_back, dies
from tests.traffic.test_failover import finish as finish_moving
from traffic.models import Publication, Route, RouteEpoch

pytestmark = pytest.mark.django_db

release = partial(release_of, "a-2", back="ramp", ramp_watch_s=60)


@pytest.fixture
def edge(db: None) -> Edge:
    return published_fleet(whole_groups=True)


def ramps(run: Run) -> list[str]:
    found = Step.objects.filter(run=run, kind="ramp").order_by("prod", "position")
    return list(found.values_list("state", flat=True))


def until_ramp(run: Run, edge: Edge) -> None:
    """a-2 is drained, updated, seen ready, and has got the first of its users back."""
    build.fresh()
    advance(run)
    edge.settle()
    advance(run)
    for act in running_acts(run):
        answer(act)
        build.observe(act.prod.name, generation=2)
    build.fresh()
    advance(run)
    edge.publish()


def time_goes_by(seconds: int) -> None:
    """As if what runs had begun that much earlier, and what routers show had been so for that long."""
    Publication.objects.update(since=F("since") - timedelta(seconds=seconds))
    running = Step.objects.filter(state="running")
    running.update(started_at=F("started_at") - timedelta(seconds=seconds))


def falls_ill(name: str, run: Run) -> None:
    """For longer than a ramp waits."""
    build.observe(name, generation=2, ready=0)
    time_goes_by(61)
    build.fresh()
    advance(run)


def test_users_come_back_by_10_30_50_100_percent_of_the_target_with_a_watch_between(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    seen = []
    for _ in range(12):
        build.fresh()
        advance(run)
        edge.publish()
        seen.append(edge.weights("shop-r").get("a-2", 0))
        time_goes_by(31)
    assert [weight for at, weight in enumerate(seen) if weight not in seen[:at]] == [5, 15, 25, 50]
    assert seen.count(5) == seen.count(15) == seen.count(25) == 2  # watched for 60 s
    assert run.state == "succeeded"
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_watched_prod_is_still_out_for_others(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    assert Route.objects.filter(out__run_id=run.pk).exists()


def test_a_prod_that_falls_ill_in_its_ramp_loses_its_users_before_the_run_rests(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    falls_ill("a-2", run)
    edge.publish()
    assert (run.state, run.reason["params"]["step"]) == ("failed", "ramp")
    assert edge.weights("shop-r") == edge.weights("shop-r", "edge-2") == {"b-1": 100}


def test_a_short_illness_waits(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    build.observe("a-2", generation=2, ready=0)
    build.fresh()
    advance(run)
    assert run.state == "running" and edge.weights("shop-r")["a-2"] == 5


def test_users_stay_where_nobody_else_is_known_to_serve(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    build.observe("b-1", ready=0)
    falls_ill("a-2", run)
    edge.publish()
    assert run.state == "failed" and edge.weights("shop-r") == {"a-2": 5, "b-1": 95}


def test_a_retried_ramp_begins_at_its_beginning(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    time_goes_by(61)
    build.fresh()
    advance(run)
    edge.publish()
    assert ramps(run) == ["succeeded", "running", "waiting", "waiting"]
    falls_ill("a-2", run)
    failed = Step.objects.get(run=run, state="failed")
    retry(build.person("on-call"), run.pk, failed.pk)
    until_ramp(run, edge)
    assert ramps(run)[:2] == ["running", "waiting"] and edge.weights("shop-r")["a-2"] == 5


def test_a_route_with_one_writer_never_comes_back_by_a_ramp(edge: Edge) -> None:
    """Two of them wrote its data, which nobody may ask for any more: one is left, for good."""
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    run = release()
    until_ramp(run, edge)
    for _ in range(4):
        time_goes_by(61)
        build.fresh()
        advance(run)
        edge.publish()
    assert ramps(run) == ["succeeded"] * 4 and edge.weights("shop-r") == {"b-1": 100}
    epochs = RouteEpoch.objects.filter(route__name="shop-r").order_by("epoch")
    assert [epoch.weights["a-2"] for epoch in epochs] == [50, 0]


def test_nobody_comes_back_to_a_cluster_that_is_being_emptied(edge: Edge) -> None:
    run = release()
    until_ramp(run, edge)
    start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it must go")
    time_goes_by(61)
    build.fresh()
    advance(run)
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}


@pytest.fixture
def failback(edge: Edge) -> Run:
    """Users of cluster a have been elsewhere, and the first of them come back to a-1."""
    dies("a")
    leaving = start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it is dead")
    assert finish_moving(leaving, edge).state == "succeeded"
    comes_back("a")
    run = start_failback(build.person("on-call"), "a", preview_failback("a").plan.digest, "it is well")
    advance(run)
    edge.publish()
    assert edge.weights("shop-s") == {"a-1": 10, "c-1": 90}
    return run


def test_a_failback_that_fails_sends_users_back_to_where_they_were_served(edge: Edge, failback: Run) -> None:
    falls_ill("a-1", failback)
    edge.publish()
    assert Step.objects.get(run=failback, state="failed").prod.name == "a-1"
    assert edge.weights("shop-s") == {"c-1": 100}


def test_a_router_that_does_not_show_the_last_step_sends_all_back_to_who_stood_in(
    edge: Edge, failback: Run
) -> None:
    for _ in range(3):
        time_goes_by(61)
        build.fresh()
        if edge.weights("shop-s")["a-1"] == 50:
            edge.routers["edge-2"].faults.set(Fault.DOWN)
        advance(failback)
        edge.publish()
    assert edge.weights("shop-s") == {"a-1": 100}
    time_goes_by(61)
    build.fresh()
    advance(failback)
    edge.publish()
    assert ramps(failback)[:4] == ["succeeded", "succeeded", "succeeded", "failed"]
    assert edge.weights("shop-s") == {"c-1": 100}


def test_a_retried_failback_begins_its_route_again(edge: Edge, failback: Run) -> None:
    time_goes_by(61)
    build.fresh()
    advance(failback)
    edge.publish()
    assert edge.weights("shop-s") == {"a-1": 30, "c-1": 70}
    falls_ill("a-1", failback)
    retry(build.person("on-call"), failback.pk, Step.objects.get(run=failback, state="failed").pk)
    assert ramps(failback)[:4] == ["waiting"] * 4
