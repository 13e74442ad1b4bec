"""The pages of Routes: asked beside actual, weights with a preview, and the way back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clusters.models import Cluster, Prod
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from tests.web.conftest import PEOPLE, Browser
from traffic.actions import set_weights
from traffic.models import Publication, Route, RouteEpoch, RouteMember, RouterInstance, Tenant

READ, ON_CALL = "viewer", "on-call"
PAGES = {
    "/routes/": READ,
    "/routes/live/": READ,
    "/routes/shop-r/": READ,
    "/routes/shop-r/live/": READ,
    "/routes/shop-r/preview/": READ,
    "/routes/shop-r/weights/": ON_CALL,
    "/routes/shop-r/return/1/": ON_CALL,
}


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def weights() -> dict[str, int]:
    rows = RouteMember.objects.filter(route__name="shop-r")
    return dict(rows.values_list("prod__name", "weight"))


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_asks_for_its_role(browser: Browser, role: str) -> None:
    client = browser(role)
    for path, least in PAGES.items():
        may = role != "anonymous" and build.ROLES.index(role) >= build.ROLES.index(least)
        assert client.get(path).status_code == (200 if may else 302 if role == "anonymous" else 403), path


@pytest.mark.parametrize("path", [path.replace("shop-r", "zzz") for path in PAGES if "shop-r" in path])
def test_a_route_that_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser("admin").get(path).status_code == 404


def test_without_routes_the_list_says_what_to_do(browser: Browser) -> None:
    Tenant.objects.all().delete()
    RouteEpoch.objects.all().delete()
    RouteMember.objects.all().delete()
    Route.objects.all().delete()
    assert "/tenants/new/" in shown(browser("admin"), "/routes/")
    said = shown(browser(READ), "/routes/")
    assert "No Routes yet" in said and "/tenants/new/" not in said


def test_the_list_shows_asked_and_actual_side_by_side(browser: Browser) -> None:
    edge = Edge()
    edge.publish("edge-1")
    set_weights(build.person("on-call"), "shop-r", {"a-2": 90, "b-1": 10}, "", 1)
    said = shown(browser(READ), "/routes/?q=shop-r")
    for words in (
        "90 %",
        "10 %",
        "asked 90",
        "asked 10",
        "edge-1",
        "edge-2",
        "epoch 1, asked 2",
        "not yet as asked",
    ):
        assert words in said, words


def test_a_route_that_nobody_publishes_says_so(browser: Browser) -> None:
    assert "Published on no router." in shown(browser(READ), "/routes/shop-r/")


def test_what_was_read_long_ago_is_not_called_as_asked(browser: Browser) -> None:
    Edge().publish()
    assert ">as asked<" in shown(browser(READ), "/routes/?q=shop-r").split("<tbody>")[1]
    for rows in (Publication.objects.all(), RouterInstance.objects.all()):
        rows.update(read_at=timezone.now() - timedelta(minutes=5))
    said = shown(browser(READ), "/routes/?q=shop-r").split("<tbody>")[1]
    assert "no fresh facts" in said and ">as asked<" not in said
    assert "shop-r" in shown(browser(READ), "/routes/?state=unread").split("<tbody>")[1]


def test_what_is_as_it_was_long_ago_is_as_fresh_as_the_last_look(browser: Browser) -> None:
    Edge().publish()
    Publication.objects.update(read_at=timezone.now() - timedelta(minutes=5))
    RouterInstance.objects.update(read_at=timezone.now())
    said = shown(browser(READ), "/routes/?state=published").split("<tbody>")[1]
    assert ">as asked<" in said and "no fresh facts" not in said
    assert "No Route is like that." in shown(browser(READ), "/routes/?state=unread")


def test_an_epoch_that_moved_on_is_not_called_as_asked(browser: Browser) -> None:
    Edge().publish()
    Route.objects.filter(name="shop-r").update(epoch=2)
    assert ">as asked<" not in shown(browser(READ), "/routes/?q=shop-r").split("<tbody>")[1]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("prod=a-2", {"shop-r"}),
        ("cluster=c", {"shop-u", "staff"}),
        ("state=unpublished", {"shop-s", "shop-t", "shop-u", "staff"}),
        ("state=published", {"shop-r"}),
        ("state=pending", set()),
        ("state=refused", set()),
        ("q=SHOP", {"shop-r", "shop-s", "shop-t", "shop-u"}),
        ("after=shop-t", {"shop-u", "staff"}),
        ("cluster=zzz", {"shop-r", "shop-s", "shop-t", "shop-u", "staff"}),
    ],
)
def test_filters_choose_and_what_is_none_of_them_does_nothing(
    browser: Browser, asked: str, names: set[str]
) -> None:
    Publication.objects.exclude(route__name="shop-r").delete()
    edge = Edge()
    Publication.objects.exclude(route__name="shop-r").delete()
    edge.publish()
    said = shown(browser(READ), f"/routes/?{asked}")
    assert {
        name for name in Route.objects.values_list("name", flat=True) if f"/routes/{name}/" in said
    } == names


@pytest.mark.parametrize("state", ["pending", "unreachable", "refused"])
def test_a_state_of_a_publication_is_found_with_its_reason(browser: Browser, state: str) -> None:
    Edge()
    reason = {"code": "prod-without-endpoint", "params": {"route": "staff", "prods": "c-2"}}
    Publication.objects.exclude(route__name="staff").delete()
    Publication.objects.update(state=state, reason=reason, read_at=timezone.now())
    said = shown(browser(READ), f"/routes/?state={state}")
    assert "/routes/staff/" in said and "it is not known where c-2 is reached" in said


def test_the_queries_of_the_pages_do_not_grow(browser: Browser, django_assert_max_num_queries: Any) -> None:
    edge, client = Edge(), browser(READ)
    edge.publish()
    counts = []
    for number in range(2):
        for path in ("/routes/", "/routes/shop-r/"):
            with django_assert_max_num_queries(24) as counted:
                client.get(path)
            counts.append(len(counted))
        for more in range(4):
            route = Route.objects.create(name=f"more-{number}-{more}", redundancy="none")
            RouteMember.objects.create(
                route=route, prod=RouteMember.objects.first().prod, weight=100, target=100
            )
    assert counts[:2] == counts[2:]


def test_a_long_list_comes_in_pages(browser: Browser) -> None:
    Route.objects.bulk_create(Route(name=f"r-{number:03d}", redundancy="none") for number in range(60))
    first = shown(browser(READ), "/routes/")
    assert "/routes/r-049/" in first and "/routes/r-050/" not in first and "after=r-049" in first
    assert "/routes/r-059/" in shown(browser(READ), "/routes/?after=r-049")


def test_a_preview_tells_what_weights_would_mean_and_changes_nothing(browser: Browser) -> None:
    build.fresh()
    said = shown(browser(READ), "/routes/shop-r/preview/?weights.a-2=3&weights.b-1=1")
    for words in ("50 % → <strong>75 %</strong>", "150 → <strong>225</strong>", "300 / 1,000"):
        assert words in said, words
    assert weights() == {"a-2": 50, "b-1": 50}


def test_a_preview_tells_how_many_writes_that_takes(browser: Browser) -> None:
    path = "/routes/{}/preview/?weights.{}=3"
    Edge()
    said = shown(browser(READ), path.format("shop-r", "a-2"))  # 300 hostnames, 16 of them in a write
    assert "2 router instances are written to. It takes 38 writes in all." in said
    RouterInstance.objects.filter(name="edge-2").update(router=build.router("other").router)
    assert "It takes 20 writes in all." in shown(browser(READ), path.format("shop-r", "a-2"))
    said = shown(browser(READ), path.format("staff", "c-2"))  # 3 hostnames
    assert "2 router instances are written to." in said and "writes in all" not in said


def test_a_preview_warns_of_what_is_bought_and_of_what_is_ill(browser: Browser) -> None:
    build.fresh()
    build.observe("a-2", ready=0)
    said = shown(browser(READ), "/routes/shop-r/preview/?weights.a-2=100&weights.b-1=0")
    assert "a-2 is not known to serve well" in said and "who are promised two" in said


def test_the_preview_button_shows_the_page_and_changes_nothing(browser: Browser) -> None:
    sent = {"weights.a-2": "90", "weights.b-1": "10", "epoch": "1", "do": "preview"}
    answer = browser(ON_CALL).post("/routes/shop-r/weights/", sent)
    assert answer.status_code == 200 and b"<strong>90 %</strong>" in answer.content
    assert weights() == {"a-2": 50, "b-1": 50}


def test_weights_are_set_and_the_history_says_why(browser: Browser) -> None:
    sent = {
        "weights.a-2": "90",
        "weights.b-1": "10",
        "epoch": "1",
        "reason": "b-1 is <b>slow</b>",
        "do": "set",
    }
    assert browser(ON_CALL).post("/routes/shop-r/weights/", sent).status_code == 302
    assert weights() == {"a-2": 90, "b-1": 10}
    said = shown(browser(READ), "/routes/shop-r/")
    assert "b-1 is &lt;b&gt;slow&lt;/b&gt;" in said and "normally 50" in shown(browser(READ), "/routes/")


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"weights.a-2": "0", "weights.b-1": "0"}, 400, "The weights sum to 0"),
        ({"weights.a-2": "101"}, 400, "A whole number from 0 to 100."),
        ({"weights.a-2": "x"}, 400, "A whole number from 0 to 100."),
        ({"epoch": "7"}, 409, "is at epoch 1, and you have read 7"),
        ({"epoch": ""}, 400, "Give the epoch that you have read."),
    ],
)
def test_what_cannot_be_set_is_told(browser: Browser, sent: dict[str, str], status: int, words: str) -> None:
    whole = {"weights.a-2": "90", "weights.b-1": "10", "epoch": "1", **sent}
    answer = browser(ON_CALL).post("/routes/shop-r/weights/", whole)
    assert answer.status_code == status and words in answer.content.decode()
    assert weights() == {"a-2": 50, "b-1": 50}


def test_one_goes_back_to_an_epoch_with_one_click_after_its_preview(browser: Browser) -> None:
    set_weights(build.person("on-call"), "shop-r", {"a-2": 90, "b-1": 10}, "", 1)
    client = browser(ON_CALL)
    assert "/routes/shop-r/return/1/" in shown(client, "/routes/shop-r/")
    assert "90 % → <strong>50 %</strong>" in shown(client, "/routes/shop-r/return/1/")
    assert client.post("/routes/shop-r/return/1/", {"seen": "2", "reason": ""}).status_code == 302
    assert weights() == {"a-2": 50, "b-1": 50}


def test_a_click_on_what_is_not_the_newest_any_more_is_refused(browser: Browser) -> None:
    set_weights(build.person("on-call"), "shop-r", {"a-2": 90, "b-1": 10}, "", 1)
    answer = browser(ON_CALL).post("/routes/shop-r/return/1/", {"seen": "1"})
    assert answer.status_code == 409 and b"you have read 1" in answer.content
    assert weights() == {"a-2": 90, "b-1": 10}


def test_another_writer_is_set_only_with_the_name_of_the_route(browser: Browser) -> None:
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    RouteMember.objects.filter(route__name="shop-r", prod__name="b-1").update(weight=0)
    client, path = browser(ON_CALL), "/routes/shop-r/weights/"
    assert 'name="confirm"' in shown(client, "/routes/shop-r/")
    asked = "weights.a-2=50&weights.b-1=50"
    assert "a-2, b-1 would write its data at once" in shown(client, f"/routes/shop-r/preview/?{asked}")
    moved = {"weights.a-2": "0", "weights.b-1": "100", "epoch": "1", "do": "set"}
    answer = client.post(path, moved)
    assert answer.status_code == 400 and weights() == {"a-2": 50, "b-1": 0}
    said = answer.content.decode()
    assert "b-1 would become its single writer" in said and "type the name of the Route." in said
    assert client.post(path, {**moved, "confirm": "shop-r"}).status_code == 302
    assert weights() == {"a-2": 0, "b-1": 100}


def test_the_way_back_to_another_writer_takes_the_name_of_the_route(browser: Browser) -> None:
    set_weights(build.person("on-call"), "shop-r", {"a-2": 0, "b-1": 100}, "", 1)
    set_weights(build.person("on-call"), "shop-r", {"a-2": 100, "b-1": 0}, "", 2)
    assert 'name="confirm"' not in shown(browser(ON_CALL), "/routes/shop-r/return/2/")
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    client, path = browser(ON_CALL), "/routes/shop-r/return/2/"
    assert 'name="confirm"' in shown(client, path)
    answer = client.post(path, {"seen": "3", "confirm": "shop"})
    assert answer.status_code == 400 and b"type the name of the Route." in answer.content
    assert client.post(path, {"seen": "3", "confirm": "shop-r"}).status_code == 302
    assert weights() == {"a-2": 0, "b-1": 100}


def test_back_to_normal_times_asks_for_the_name_where_a_writer_would_move(browser: Browser) -> None:
    set_weights(build.person("on-call"), "shop-r", {"a-2": 0, "b-1": 100}, "", 1)
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    client = browser(ON_CALL)
    button = shown(client, "/routes/shop-r/").split("Back to the weights of normal times")[0][-300:]
    assert 'name="do" value="preview"' in button
    sent = {"weights.a-2": "100", "weights.b-1": "0", "epoch": "2", "do": "preview"}
    assert 'name="confirm"' in client.post("/routes/shop-r/weights/", sent).content.decode()


def test_who_gets_more_on_a_closed_or_full_prod_is_told_before(browser: Browser) -> None:
    Cluster.objects.filter(name="a").update(intent="draining")
    Prod.objects.filter(name="a-2").update(capacity=10)
    set_weights(build.person("on-call"), "shop-r", {"a-2": 10, "b-1": 90}, "", 1)
    for path in ("/routes/shop-r/preview/?weights.a-2=50", "/routes/shop-r/return/1/"):
        said = shown(browser(ON_CALL), path)
        assert "a-2 would get more users, and stands on a" in said, path
        assert "has promised 300 of 10 already" in said, path
    assert "has promised" not in shown(browser(ON_CALL), "/routes/shop-r/preview/?weights.a-2=5")


def test_an_epoch_that_was_never_there_is_not_found(browser: Browser) -> None:
    assert browser(ON_CALL).get("/routes/shop-r/return/9/").status_code == 404


def test_a_viewer_sees_why_the_button_does_nothing(browser: Browser) -> None:
    said = shown(browser(READ), "/routes/shop-r/")
    assert "it takes on-call" in said and 'value="set" disabled' in said


def test_a_route_without_members_says_what_to_do(browser: Browser) -> None:
    Route.objects.create(name="empty", redundancy="none")
    assert "Move them to another Route" in shown(browser("admin"), "/routes/empty/")


def test_no_page_has_anything_inline(browser: Browser) -> None:
    for path in PAGES:
        said = shown(browser("admin"), path)
        assert "style=" not in said and "onclick" not in said, path
