"""The pages that empty a Cluster and bring its users back: read first, then done as read."""

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Run
from releases.queries.failover import MOST_LISTED, read_failback, read_leaving
from tests import build
from tests.adapters.routers.faults import Fault
from tests.traffic.edge import Edge
from tests.web.conftest import Browser
from tests.web.leaving import WHY, comes_back, dies, digest_in, left, line, press, seen, text
from traffic.models import Freeze, Publication, Route, RouteMember


@pytest.fixture(autouse=True)
def edge(fleet: None) -> Edge:
    """The example fleet, published on two routers."""
    edge = Edge()
    edge.publish()
    seen()
    return edge


def test_the_confirm_page_says_who_goes_where_and_who_publishes_it(browser: Browser, edge: Edge) -> None:
    dies("a")
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    Route.objects.filter(name="shop-s-1").update(epoch=2)
    Publication.objects.filter(route__name="shop-s-1").update(asked=2, due_at=timezone.now())
    edge.publish()
    page = text(browser("on-call"), "/failover/a/")
    assert "Fail over cluster a?" in page
    assert (
        "Send <strong>400 tenants</strong> to other Prods, all at once. 300 are served by others already."
        in page
    )
    assert '<span class="tag">a-1 100</span>' in page and '<span class="tag">c-1 100</span>' in page
    assert "edge-1" in page and "edge-2" in page and "does not answer" in page
    assert "No user was moved here yet: so long did the routers take" in page
    assert "No router publishes" not in page


def test_a_route_that_no_router_publishes_is_said_not_to_move(browser: Browser) -> None:
    Publication.objects.filter(route__name="shop-s-1").delete()
    assert "No router publishes 1 of these Routes" in text(browser("on-call"), "/failover/a/")


def test_what_is_shown_is_what_is_carried_out(browser: Browser, edge: Edge) -> None:
    dies("a")
    seen()
    shown = read_leaving("a")
    answer = press(browser("on-call"), "/failover/a/")
    run = Run.objects.get(kind="failover")
    assert answer.headers["Location"] == f"/runs/{run.pk}/"
    assert run.digest == shown.digest
    edge.publish()
    assert {one.route: edge.weights(one.route) for one in shown.lines} == {
        one.route: dict(one.after) for one in shown.lines
    }


def test_another_plan_than_was_read_is_refused_and_what_was_typed_stays(browser: Browser) -> None:
    client = browser("on-call")
    digest = digest_in(text(client, "/failover/a/"))
    dies("a")
    answer = client.post("/failover/a/", {"digest": digest, "reason": WHY})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The plan has changed since it was shown" in page and WHY in page
    assert digest_in(page) not in {digest, ""} and "Fail over cluster a?" in page
    assert not Run.objects.exists() and Cluster.objects.get(name="a").intent == "active"


WRONG = [{"reason": ""}, {"reason": "no"}, {"reason": "x" * 1001}, {"digest": "x"}, {"digest": ""}]


@pytest.mark.parametrize("path", ["/failover/a/", "/failover/a/back/"])
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_form_that_is_wrong_changes_nothing(browser: Browser, path: str, wrong: dict[str, str]) -> None:
    sent = {"digest": "0" * 64, "reason": WHY, **wrong}
    assert browser("on-call").post(path, sent).status_code == 400
    assert not Run.objects.exists()


def test_the_same_button_twice_moves_users_once(browser: Browser) -> None:
    client = browser("on-call")
    digest = digest_in(text(client, "/failover/a/"))
    statuses = [client.post("/failover/a/", {"digest": digest, "reason": WHY}).status_code for _ in range(2)]
    assert statuses == [302, 409]
    assert Run.objects.count() == 1


def test_a_single_writer_asks_for_a_word_that_is_typed_anew_each_time(browser: Browser) -> None:
    Route.objects.filter(name="shop-s-1").update(data_class="single-writer")
    dies("a")
    client = browser("on-call")
    assert 'name="confirm"' in text(client, "/failover/a/")
    answer = press(client, "/failover/a/")
    page = answer.content.decode()
    assert answer.status_code == 409 and WHY in page
    assert "1 Route has a single writer (shop-s-1)" in page and "then type a." in page
    assert press(client, "/failover/a/", confirm="b").status_code == 409
    stale = client.post("/failover/a/", {"digest": "0" * 64, "reason": WHY, "confirm": "a"})
    assert stale.status_code == 409 and 'name="confirm"' in stale.content.decode()
    assert 'value="a"' not in stale.content.decode() and not Run.objects.exists()
    assert press(client, "/failover/a/", confirm="a").status_code == 302


def test_no_word_is_asked_for_where_nobody_has_a_single_writer(browser: Browser) -> None:
    assert 'name="confirm"' not in text(browser("on-call"), "/failover/a/")


def test_a_stopped_line_stands_in_the_way_of_coming_back_but_not_of_leaving(
    browser: Browser, edge: Edge
) -> None:
    client = browser("on-call")
    Freeze.objects.create(reason="quiet", author=build.person("admin"), at=timezone.now())
    left("a", client, edge)
    comes_back("a")
    page = text(client, "/failover/a/back/")
    assert "The line is stopped by admin: quiet" in page
    assert '<button class="button main" disabled>' in page
    assert press(client, "/failover/a/back/").status_code == 409


def test_users_come_back_by_the_plan_that_was_shown(browser: Browser, edge: Edge) -> None:
    client = browser("on-call")
    dies("a")
    left("a", client, edge)
    comes_back("a", 3)
    assert "answers since" in text(client, "/failover/a/back/")
    comes_back("a")
    page = text(client, "/failover/a/back/")
    assert (
        "Give <strong>" in page
        and "in steps of 10, 30, 50, 100 %" in page
        and "Watch each step before the next" in page
    )
    shown = read_failback("a")
    assert shown.watched_s > 0 and shown.estimate_s is not None and shown.estimate_s > shown.watched_s
    press(client, "/failover/a/back/")
    run = Run.objects.get(kind="failback")
    assert (run.digest, Cluster.objects.get(name="a").intent) == (shown.digest, "active")
    assert "chip good" in text(client, "/failover/") and line("a").back is None


def test_a_cluster_that_nobody_is_served_from_has_no_button_that_works(browser: Browser) -> None:
    build.cluster("d")
    assert [reason.code for reason in line("d").leave.reasons] == ["nothing-to-move"]
    page = text(browser("on-call"), "/failover/d/")
    assert "there is nothing to move" in page and "disabled" in page
    assert preview_leaving("d").reasons[0].code == "nothing-to-move"
    assert preview_failback("d").reasons[0].code == "nothing-to-bring-back"


def test_who_has_no_other_place_is_not_told_that_nobody_is_there(browser: Browser) -> None:
    Prod.objects.exclude(cluster__name="a").update(capacity=1)
    RouteMember.objects.exclude(prod__cluster__name="a").delete()
    page = text(browser("on-call"), "/failover/a/")
    assert "None of those who are served from a has another place to go." in page
    assert "stay where they are served now" in page


@pytest.mark.parametrize("path", ["/failover/z/", "/failover/z/back/"])
def test_a_cluster_that_there_is_none_of_is_404(browser: Browser, path: str) -> None:
    client = browser("admin")
    assert client.get(path).status_code == 404
    assert client.post(path, {"digest": "0" * 64, "reason": WHY}).status_code == 404


@pytest.mark.parametrize(
    ("path", "asked"), [("/failover/c/", "cluster=c"), ("/prods/c-1/evacuate/", "prod=c-1")]
)
def test_routes_that_are_not_listed_can_be_had(browser: Browser, path: str, asked: str) -> None:
    client, prod = browser("on-call"), Prod.objects.get(name="c-1")
    assert "All Routes with a part on" not in text(client, path)
    made = Route.objects.bulk_create(
        Route(name=f"z-{number:03}", redundancy="none") for number in range(MOST_LISTED)
    )
    RouteMember.objects.bulk_create(RouteMember(route=one, prod=prod, weight=100, target=100) for one in made)
    page = text(client, path)
    assert f'And 1 more. <a href="/routes/?{asked}">' in page
    assert "z-199" in text(client, f"/routes/?{asked}&after=z-198")
