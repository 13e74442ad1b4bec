"""A cluster that is there for practice is left by the same run as any other, and its time is kept."""

import pytest
from django.utils import timezone

from clusters.models import Cluster
from releases.models import Run
from releases.queries.drills import SHOWN, read_drills
from tests.traffic.edge import Edge
from tests.web.conftest import Browser
from tests.web.leaving import comes_back, dies, left, press, seen, text


@pytest.fixture(autouse=True)
def edge(fleet: None) -> Edge:
    """The example fleet, published on two routers; cluster b is there for practice."""
    edge = Edge()
    edge.publish()
    Cluster.objects.filter(name="b").update(purpose="rehearsal")
    seen()
    return edge


def test_leaving_a_rehearsal_cluster_is_a_drill_with_its_time(browser: Browser, edge: Edge) -> None:
    client = browser("on-call")
    assert "No drill yet" in text(client, "/failover/")
    run = left("b", client, edge)
    assert (run.state, edge.weights("shop-r-1")) == ("succeeded", {"a-2": 100}), "users were moved in earnest"
    (drill,) = read_drills()
    assert (drill.run, drill.kind, drill.name) == (run.pk, "evacuation", "b")
    assert drill.took_s == (run.finished_at - run.started_at).total_seconds()
    shown = text(client, "/failover/").split("Drills")[1]
    assert f"#{run.pk}" in shown and "No drill yet" not in shown


def test_drills_are_in_the_api_with_their_time_the_newest_first(browser: Browser, edge: Edge) -> None:
    client = browser("on-call")
    run = left("b", client, edge)
    comes_back("b")
    press(client, "/failover/b/back/")
    found = browser("viewer").get("/api/v1/drills/").json()["results"]
    assert [(one["kind"], one["cluster"], one["state"]) for one in found] == [
        ("failback", "b", "running"),
        ("evacuation", "b", "succeeded"),
    ]
    assert found[1]["run"] == run.pk
    assert [one["took_s"] for one in found] == [None, (run.finished_at - run.started_at).total_seconds()]


def test_a_drill_with_one_prod_is_one_too(browser: Browser, edge: Edge) -> None:
    press(browser("on-call"), "/prods/b-1/evacuate/")
    (one,) = browser("viewer").get("/api/v1/drills/").json()["results"]
    assert (one["kind"], one["cluster"], one["prod"]) == ("evacuation", None, "b-1")


def test_leaving_any_other_cluster_is_no_drill(browser: Browser, edge: Edge) -> None:
    left("a", browser("on-call"), edge)
    assert read_drills() == ()


def test_one_that_is_not_over_has_no_time(browser: Browser) -> None:
    dies("b")
    press(browser("on-call"), "/failover/b/")
    (drill,) = read_drills()
    assert (drill.kind, drill.took_s) == ("failover", None)


def test_the_way_back_is_part_of_the_drill(browser: Browser, edge: Edge) -> None:
    client = browser("on-call")
    left("b", client, edge)
    comes_back("b")
    press(client, "/failover/b/back/")
    assert [one.kind for one in read_drills()] == ["failback", "evacuation"]


def test_the_last_few_are_shown(browser: Browser, edge: Edge) -> None:
    run = left("b", browser("on-call"), edge)
    facts = {"strategy": run.strategy, "plan": {}, "blueprint_id": run.blueprint_id, "since": timezone.now()}
    Run.objects.bulk_create(
        Run(kind="evacuation", started_at=timezone.now(), digest="x", **facts) for _ in range(SHOWN)
    )
    assert len(read_drills()) == SHOWN and run.pk not in {one.run for one in read_drills()}
