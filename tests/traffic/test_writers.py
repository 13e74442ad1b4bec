"""Data with a single writer: no Run has a second Prod write them that nobody has fenced."""

import pytest
from django.test import Client
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.actions import roll_back, start_leaving
from releases.engine.export import came_from
from releases.failover_preview import preview_leaving
from releases.fleet import taken_back
from releases.models import Run, Step
from releases.preview import preview_rollback
from releases.queries.survival import read_survival
from tests import build
from tests.engine.driver import advance, answer, finish, running_acts
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from traffic.core.failover import plan_failover
from traffic.models import Publication, Route, RouteEpoch, RouteMember, RouterInstance
from traffic.queries.state import read_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    """a-1 alone serves shop-s, and is the only writer of its data."""
    edge = published_fleet(whole_groups=True)
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    return edge


def released(edge: Edge, *prods: str) -> Run:
    run = release_of(*prods)
    finish(run, after=edge.settle)
    assert run.state == "succeeded"
    return run


def restored(run: Run, prod: str = "a-1") -> tuple[str, int | None]:
    """What the step says at its end, and the Routes that it counts."""
    reason = Step.objects.get(run=run, kind="restore", prod__name=prod).reason
    return reason["code"], reason["params"].get("routes")


def weights(route: str = "shop-s") -> dict[str, int]:
    rows = RouteMember.objects.filter(route__name=route, weight__gt=0).order_by("prod__name")
    return dict(rows.values_list("prod__name", "weight"))


def test_a_rollback_leaves_a_writer_that_is_alive_where_it_writes(edge: Edge) -> None:
    run = released(edge, "a-1")
    back = roll_back(build.person("on-call"), run.pk, "a bad one")
    edge.publish()
    assert Prod.objects.get(name="a-1").lifecycle == "in-service"
    assert edge.weights("shop-s") == edge.weights("shop-s", "edge-2") == {"a-1": 100}
    build.observe("a-1", "v1.0.0")
    finish(back, after=edge.settle)
    assert back.state == "succeeded" and edge.weights("shop-s") == {"a-1": 100}
    assert restored(back) == ("nothing-restored", None)
    assert not RouteEpoch.objects.filter(route__name="shop-s", epoch__gt=1).exists()


def test_what_a_rollback_promises_names_the_writer_that_stays(edge: Edge) -> None:
    preview = preview_rollback(released(edge, "a-1", "a-2"))
    assert [(one.route, one.why.code) for one in preview.staying] == [("shop-s", "writer-stays")]
    assert (preview.at_once, preview.staying[0].tenants) == (300, 400)


def test_the_page_of_a_run_says_that_a_writer_stays(edge: Edge, client: Client) -> None:
    run = released(edge, "a-1")
    client.force_login(build.person("on-call"), "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "<strong>0 tenants</strong> are sent to good Prods at once" in page
    assert "It has a single writer, and a-1 may still write: it stays there." in page


def test_the_run_that_rolled_back_goes_on_naming_the_writer_that_stayed(edge: Edge, client: Client) -> None:
    back = roll_back(build.person("on-call"), released(edge, "a-1", "a-2").pk, "a bad one")
    for prod in ("a-1", "a-2"):
        build.observe(prod, "v1.0.0")
    finish(back, after=edge.settle)
    assert back.state == "succeeded"
    client.force_login(build.person("on-call"), "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/runs/{back.pk}/").content.decode()
    assert "It has a single writer, and a-1 may still write: it stays there." in page
    (one,) = client.get(f"/api/v1/runs/{back.pk}/").json()["staying"]
    assert (one["route"], one["tenants"], one["reason"]["code"]) == ("shop-s", 400, "writer-stays")


def test_on_a_dead_cluster_a_writer_waits_for_the_failover_that_asks(edge: Edge, client: Client) -> None:
    run = released(edge, "a-1")
    Cluster.objects.filter(name="a").update(health="unreachable")
    (one,) = preview_rollback(run).staying
    assert (one.why.code, dict(one.why.params)["cluster"]) == ("writer-waits-for-failover", "a")
    roll_back(build.person("on-call"), run.pk, "a bad one")
    assert weights() == {"a-1": 100}
    plan = preview_leaving("a").traffic
    assert "shop-s" in {move.route for move in plan.moves if move.fence} and plan.lost == ()
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")
    told = {row["name"]: row for row in client.get("/api/v1/survival/").json()["clusters"]}
    shown = {line.name: line for line in read_survival("viewer", timezone.now()).lines}
    assert told["a"]["lost"] == [] and shown["a"].fate.lost == ()
    state = read_state(came_from(), timezone.now(), taken_back())
    assert plan_failover(state.facts, clusters=["a"]).lost == ()


def test_the_page_of_its_tenant_says_what_the_failover_would_do(edge: Edge, client: Client) -> None:
    """Nobody declares that v1.0.0 may work on what v1.1.0 wrote, but a-1 came from it, and a rollback takes it back."""
    roll_back(build.person("on-call"), released(edge, "a-1").pk, "a bad one")
    Cluster.objects.filter(name="a").update(health="unreachable")
    (move,) = [one for one in preview_leaving("a").traffic.moves if one.route == "shop-s"]
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")
    (fate,) = client.get("/api/v1/tenants/shop-s-0001/").json()["fates"]
    assert (fate["how"], fate["reason"]["code"], fate["reason"]["params"]) == (
        "moved",
        "moves-to",
        dict(move.why.params),
    )
    page = client.get("/tenants/shop-s-0001/").content.decode()
    assert "has to be moved" in page and ">lost<" not in page


def test_a_release_of_the_other_member_makes_it_no_second_writer(edge: Edge) -> None:
    row = RouteMember.objects.create(
        route=Route.objects.get(name="shop-s"), prod=Prod.objects.get(name="c-1"), weight=0, target=100
    )
    released(edge, "c-1")
    row.refresh_from_db()
    assert row.weight == 0 and edge.weights("shop-s") == {"a-1": 100}


@pytest.mark.parametrize("back", ["restore", "ramp"])
def test_a_release_brings_no_writer_back_by_the_way(edge: Edge, back: str) -> None:
    """It lives on c-1 since a failover, and is a member of a-2, which a release changes and gives its users back."""
    members = RouteMember.objects.filter(route__name="shop-s")
    members.update(prod=Prod.objects.get(name="a-2"), weight=0)
    RouteMember.objects.create(
        route=Route.objects.get(name="shop-s"), prod=Prod.objects.get(name="c-1"), weight=100, target=0
    )
    run = release_of("a-2", back=back, ramp_watch_s=0)
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and weights() == {"c-1": 100}
    assert weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_switch_that_is_undone_leaves_a_writer_that_has_moved_since(edge: Edge) -> None:
    build.in_service(build.prod("b-8", "b", role="standby"))
    Prod.objects.filter(name="b-8").update(endpoint="http://127.0.0.1:30000")
    run = release_of("b-1", "b-8", name="switch")
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and weights("shop-r") == {"a-2": 50, "b-8": 50}
    route, on = Route.objects.get(name="shop-s"), {"a-1": (0, 0), "b-1": (0, 0), "b-8": (100, 100)}
    RouteMember.objects.filter(route=route).delete()
    for name, (weight, target) in on.items():
        prod = Prod.objects.get(name=name)
        RouteMember.objects.create(route=route, prod=prod, weight=weight, target=target)
    promised = preview_rollback(run)
    roll_back(build.person("on-call"), run.pk, "a bad one")
    assert weights() == {"b-8": 100} and weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert promised.at_once == 300


def test_a_step_counts_the_routes_that_it_has_sent_back(edge: Edge) -> None:
    """a-2 serves shop-r, and is the writer of a Route that stays on it."""
    books = Route.objects.create(name="books", redundancy="none", data_class="single-writer")
    RouteMember.objects.create(route=books, prod=Prod.objects.get(name="a-2"), weight=100, target=100)
    for instance in RouterInstance.objects.all():
        Publication.objects.create(route=books, instance=instance, asked=1)
    edge.publish()
    run = released(edge, "a-2")
    drained = Step.objects.get(run=run, kind="drain").reason
    assert (drained["code"], drained["params"]["routes"]) == ("drained", 1)
    assert restored(run, "a-2") == ("restored", 1)


def test_a_release_that_an_evacuation_has_overtaken_says_that_nothing_came_back(edge: Edge) -> None:
    run = release_of("a-2")
    build.fresh()
    advance(run)
    edge.settle()
    advance(run)
    start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it must go", confirm="a")
    (act,) = running_acts(run)
    answer(act)
    build.observe("a-2", generation=2)
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and edge.weights("shop-r") == {"b-1": 100}
    assert restored(run, "a-2") == ("nothing-restored", None)
