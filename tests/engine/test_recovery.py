"""A Cluster that comes up while its users are being taken away: what was not done yet is not done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from access.permissions import Denied
from clusters.models import Cluster
from journal.core.reasons import Refused
from journal.models import Event
from releases import actions
from releases.engine.recovery import cancel_unmade
from releases.engine.unmade import unmade
from releases.failover_preview import preview_leaving
from releases.models import Run
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.signals import all_up, says
from traffic.actions import change_tenant
from traffic.models import Route, RouteMember, Tenant

WHY = "the power is out"


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


@pytest.fixture
def run(edge: Edge) -> Run:
    """Users leave a, which is dead; no router has been told yet."""
    build.fresh()
    Cluster.objects.filter(name="a").update(health="unreachable")
    all_up("a")
    digest = preview_leaving("a").plan.digest
    return actions.start_leaving(build.person("on-call"), "a", digest, WHY)


def weights() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = RouteMember.objects.filter(weight__gt=0).order_by("route__name", "prod__name")
    for route, prod, weight in rows.values_list("route__name", "prod__name", "weight"):
        found.setdefault(route, {})[prod] = weight
    return found


def test_moves_that_no_router_shows_are_cancelled_when_the_source_is_up(edge: Edge, run: Run) -> None:
    moved = weights()
    says("a", "up", since_ago_s=-1)
    assert cancel_unmade() == 1
    run.refresh_from_db()
    assert (run.state, run.reason["code"]) == ("aborted", "source-is-back")
    assert run.reason["params"] == {"cluster": "a", "cancelled": 2, "kept": 0}
    assert set(run.steps.values_list("state", flat=True)) == {"aborted"}
    assert weights() != moved and weights()["shop-s"] == {"a-1": 100}
    assert Cluster.objects.get(name="a").intent == "active"
    edge.publish()
    assert edge.weights("shop-s") == {"a-1": 100}


def test_a_tenant_that_was_changed_meanwhile_hides_no_move(edge: Edge, run: Run) -> None:
    for route in ("shop-s", "shop-r"):
        tenant = Tenant.objects.filter(route__name=route).first()
        change_tenant(build.person("admin"), tenant.name, {"hostnames": [f"other-{route}.example"]})
    says("a", "up", since_ago_s=-1)
    assert cancel_unmade() == 1
    run.refresh_from_db()
    assert run.reason["params"] == {"cluster": "a", "cancelled": 2, "kept": 0}
    assert weights()["shop-s"] == {"a-1": 100}


def test_one_question_tells_of_all_moves(run: Run, django_assert_num_queries: Callable[[int], Any]) -> None:
    with django_assert_num_queries(1):
        assert len(unmade(run)) > 1


def test_what_a_router_shows_stays_moved_until_a_failback(edge: Edge, run: Run) -> None:
    edge.publish("edge-1")  # the other one does not know of it yet
    moved = weights()
    says("a", "up", since_ago_s=-1)
    assert cancel_unmade() == 0
    assert weights() == moved
    assert Cluster.objects.get(name="a").intent == "draining"
    run.refresh_from_db()
    assert run.state == "running"


def test_routes_that_have_moved_stay_and_the_others_go_back(edge: Edge, run: Run) -> None:
    only = Route.objects.get(name="shop-s")
    only.publications.update(epoch=only.epoch)
    moved = weights()
    says("a", "up", since_ago_s=-1)
    assert cancel_unmade() == 1
    run.refresh_from_db()
    assert run.reason["params"] == {"cluster": "a", "cancelled": 1, "kept": 1}
    assert weights()["shop-s"] == moved["shop-s"] and weights()["shop-r"] != moved["shop-r"]
    assert Cluster.objects.get(name="a").intent == "draining"


NOT_BACK: dict[str, Callable[[], object]] = {
    "is still down": lambda: None,
    "is suspect": lambda: says("a", "suspect", since_ago_s=-1),
    "was up all the time": lambda: says("a", "up", since_ago_s=600),
    "is not heard of": lambda: says("a", "up", read_ago_s=60, since_ago_s=-1),
    "comes back while automation is off": lambda: (
        says("a", "up", since_ago_s=-1),
        actions.stop_automation(build.person("on-call"), WHY),
    ),
    "comes back while the line is stopped": lambda: (
        says("a", "up", since_ago_s=-1),
        actions.stop_the_line(build.person("on-call"), WHY),
    ),
}


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("why", NOT_BACK)
def test_nothing_is_cancelled_where_the_source(why: str, run: Run) -> None:
    moved = weights()
    NOT_BACK[why]()
    assert cancel_unmade() == 0
    assert weights() == moved


STOPPED: dict[str, Callable[[], object]] = {
    "nothing is stopped": lambda: None,
    "automation is stopped": lambda: actions.stop_automation(build.person("on-call"), WHY),
    "the line is stopped": lambda: actions.stop_the_line(build.person("on-call"), WHY),
}


def take_back(role: str = "on-call") -> Run:
    return actions.take_back_moves(build.person(role), "a", "the power is back")


@pytest.mark.parametrize("why", STOPPED)
def test_a_person_takes_back_what_no_router_shows_while(why: str, edge: Edge, run: Run) -> None:
    STOPPED[why]()
    Cluster.objects.filter(name="a").update(health="healthy")
    ended = take_back()
    assert (ended.pk, ended.state, ended.reason["code"]) == (run.pk, "aborted", "moves-taken-back")
    assert weights()["shop-s"] == {"a-1": 100}
    assert Cluster.objects.get(name="a").intent == "active"
    told = Event.objects.get(kind="run", to_state="aborted")
    assert told.actor is not None and told.actor.username == "on-call"
    edge.publish()
    assert edge.weights("shop-s") == {"a-1": 100}


def test_a_person_leaves_what_a_router_shows_already(edge: Edge, run: Run) -> None:
    Cluster.objects.filter(name="a").update(health="healthy")
    only = Route.objects.get(name="shop-s")
    only.publications.update(epoch=only.epoch)
    moved = weights()
    assert take_back().reason["params"]["kept"] == 1
    assert weights()["shop-s"] == moved["shop-s"] and weights()["shop-r"] != moved["shop-r"]
    assert Cluster.objects.get(name="a").intent == "draining"


@pytest.mark.parametrize("why", ["cluster-unreachable", "no-moves-to-take-back"])
def test_nothing_is_taken_back_where(why: str, edge: Edge, run: Run) -> None:
    if why == "no-moves-to-take-back":
        Cluster.objects.filter(name="a").update(health="healthy")
        edge.publish()
    moved = weights()
    with pytest.raises(Refused, match=why):
        take_back()
    assert weights() == moved


def test_only_who_may_empty_a_cluster_takes_back(run: Run) -> None:
    Cluster.objects.filter(name="a").update(health="healthy")
    with pytest.raises(Denied):
        take_back("viewer")


def test_the_page_offers_it_while_a_router_is_behind(edge: Edge, run: Run) -> None:
    client = Client()
    client.force_login(build.person("on-call"), "django.contrib.auth.backends.ModelBackend")
    said = client.get("/failover/live/").content.decode()
    assert "not while automation or the line is stopped" in said and "/failover/a/take-back/" not in said
    Cluster.objects.filter(name="a").update(health="healthy")
    assert "/failover/a/take-back/" in client.get("/failover/live/").content.decode()
    assert "shop-r, shop-s" in client.get("/failover/a/take-back/").content.decode()
    assert client.post("/failover/a/take-back/", {"reason": "the power is back"}).status_code == 302
    assert weights()["shop-s"] == {"a-1": 100}
    assert "/failover/a/take-back/" not in client.get("/failover/live/").content.decode()
