"""What other pages say of moves: the run page, the wall, the rollback before it starts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.actions import start_failback, start_leaving
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Run, Step
from releases.queries.runs import read_run
from tests import build
from tests.adapters.routers.faults import Fault
from tests.engine import driver
from tests.engine.driver import advance
from tests.traffic.edge import Edge
from tests.web.conftest import Browser
from tests.web.leaving import comes_back, dies, ended, seen, text
from traffic.models import Route, RouteMember, Tenant

pytestmark = pytest.mark.usefixtures("fleet")


@pytest.fixture
def edge(fleet: None) -> Edge:
    edge = Edge()
    edge.publish()
    seen()
    return edge


def leave(cluster: str) -> Run:
    seen()
    digest = preview_leaving(cluster).plan.digest
    return start_leaving(build.person("on-call"), cluster, digest, "the power is out")


def page_of(run: Run):  # type: ignore[no-untyped-def]
    return read_run(run.pk, build.person("on-call"))


def test_a_failover_says_of_each_prod_who_leaves_it(edge: Edge, browser: Browser) -> None:
    dies("a")
    run = leave("a")
    page = page_of(run)
    (wave,) = page.waves
    assert (str(wave.name), [prod.name for prod in wave.prods]) == ("users leave", ["a-1", "a-2"])
    assert [(prod.before, prod.after) for prod in wave.prods] == [("", "v1.0.0")] * 2
    shown = text(browser("viewer"), f"/runs/{run.pk}/")
    assert f"Failover #{run.pk} · cluster a" in shown
    assert "Its users are served elsewhere. Tenants: 400, Routes: 4." in shown
    assert "Its users are served elsewhere. Tenants: 300, Routes: 3." in shown
    assert "Users come back to a by a failback" in shown and "Roll back now would" not in shown


def test_who_was_not_moved_is_named_afterwards_too(edge: Edge, browser: Browser) -> None:
    dies("c")
    run = leave("c")
    client = browser("viewer")
    shown = text(client, f"/runs/{run.pk}/")
    assert "Who was not moved" in shown and "<strong>staff</strong> 3 tenants" in shown
    (staff,) = client.get(f"/api/v1/runs/{run.pk}/").json()["staying"]
    assert (staff["route"], staff["tenants"]) == ("staff", 3)


def routes_that_only_a_1_may_serve(count: int) -> None:
    prod, names = Prod.objects.get(name="a-1"), [f"r-{number}" for number in range(count)]
    rows = [Route(name=name, redundancy="none", pins=["a-1"]) for name in names]
    for route in Route.objects.bulk_create(rows):
        RouteMember.objects.create(route=route, prod=prod, weight=100, target=100)
        Tenant.objects.create(name=route.name, route=route, redundancy="none", pins=["a-1"])


def test_where_more_routes_stay_than_are_named_all_of_them_can_be_had(edge: Edge, browser: Browser) -> None:
    client, pages = browser("on-call"), ["/failover/", "/failover/a/"]
    assert not any("as JSON" in text(client, path) for path in pages)
    routes_that_only_a_1_may_serve(51)
    dies("a")
    told = 'The largest 50 of 51 Routes are named here. <a href="{}">'
    for path in pages:
        assert told.format("/api/v1/survival/") in text(client, path), path
    run = leave("a")
    assert told.format(f"/api/v1/runs/{run.pk}/") in text(client, f"/runs/{run.pk}/")
    report = client.get("/api/v1/survival/").json()["clusters"]
    lost = next(one["lost"] for one in report if one["name"] == "a")
    for found in (lost, client.get(f"/api/v1/runs/{run.pk}/").json()["staying"]):
        assert {one["route"] for one in found} == {f"r-{number}" for number in range(51)}


def test_a_rollback_that_leaves_many_where_they_are_names_all_of_them(
    release: Callable[..., Run], edge: Edge, browser: Browser
) -> None:
    routes_that_only_a_1_may_serve(51)
    seen()
    run, client = release(name="percent", percents=[100]), browser("release-manager")
    Step.objects.filter(run=run, prod__name="a-1").update(attempt=1)
    Prod.objects.filter(name="a-1").update(version=run.version_id)
    for path in (f"/runs/{run.pk}/", f"/runs/{run.pk}/rollback/"):
        assert f'<a href="/api/v1/runs/{run.pk}/rollback/">All of them' in text(client, path), path
    staying = client.get(f"/api/v1/runs/{run.pk}/rollback/").json()["staying"]
    assert {f"r-{number}" for number in range(51)} <= {one["route"] for one in staying}


def test_a_router_that_is_behind_is_named_until_it_shows_it(edge: Edge, browser: Browser) -> None:
    dies("a")
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    run = leave("a")
    edge.publish("edge-1")
    edge.publish("edge-2")
    state = {line.name: (line.done, line.mark.tone) for line in page_of(run).routers}
    assert state == {"edge-1": (7, "good"), "edge-2": (0, "bad")}
    shown = text(browser("viewer"), f"/runs/{run.pk}/")
    assert "0 of 7 Routes as asked" in shown and "It is brought to this first when it answers again." in shown
    edge.routers["edge-2"].faults.clear()
    edge.publish("edge-2")
    assert [line.done for line in page_of(run).routers] == [7, 7]


def test_a_release_that_moves_nobody_shows_no_routers(release: Callable[..., Run]) -> None:
    assert page_of(release()).routers == ()


def test_a_failback_shows_each_route_with_its_percent(edge: Edge, browser: Browser) -> None:
    dies("a")
    ended(leave("a"), edge)
    comes_back("a")
    digest = preview_failback("a").plan.digest
    run = start_failback(build.person("on-call"), "a", digest, "it is well")
    advance(run)
    details = [step.detail for wave in page_of(run).waves for prod in wave.prods for step in prod.steps]
    assert details[:4] == [f"shop-s-1 {percent} %" for percent in (10, 30, 50, 100)]
    shown = text(browser("viewer"), f"/runs/{run.pk}/")
    assert "users come back" in shown and f"Failback #{run.pk} · cluster a" in shown


def test_the_wall_says_where_users_have_left_and_leads_back(edge: Edge, browser: Browser) -> None:
    assert "Users have left this cluster." not in text(browser("on-call"), "/")
    ended(leave("a"), edge)
    assert 'href="/failover/a/back/"' in text(browser("on-call"), "/")
    viewers = text(browser("viewer"), "/")
    assert "Users have left it, and come back when somebody fails back." in viewers
    assert "all quiet" not in viewers
    assert "Users have left this cluster." in viewers and 'href="/failover/a/back/"' not in viewers


def test_the_wall_leads_from_a_dead_cluster_to_the_failover(browser: Browser) -> None:
    now = timezone.now() - timedelta(seconds=9)
    Cluster.objects.filter(name="a").update(health="unreachable", health_since=now)
    assert 'class="name" href="/failover/"' in text(browser("viewer"), "/")


def test_the_rollback_says_who_is_sent_away_at_once_and_who_stays(
    release: Callable[..., Run], browser: Browser, edge: Edge
) -> None:
    run = release(soak_s=0)
    for _ in range(3):
        driver.advance(run)
        for step in driver.running_acts(run):
            driver.answer(step)
            build.observe(step.prod.name, generation=2)
        edge.settle()
    seen()
    preview = page_of(run).undo.preview
    assert preview.at_once or preview.staying
    page = text(browser("on-call"), f"/runs/{run.pk}/rollback/")
    if preview.at_once:
        assert "sent to good Prods at once" in page
    for one in preview.staying:
        assert one.route in page
    assert "until wave 3 is done (320 of 323 tenants then)" in text(browser("on-call"), f"/runs/{run.pk}/")
