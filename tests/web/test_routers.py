"""The pages of routers: what they hold, how fresh that is, and how one is registered and removed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from tests.web.conftest import PEOPLE, Browser
from traffic.models import Publication, Route, RouteMember, Router, RouterInstance, StateFile

READ, ADMIN = "viewer", "admin"
PAGES = {
    "/routers/": READ,
    "/routers/live/": READ,
    "/routers/new/": ADMIN,
    "/routers/edge/instances/new/": ADMIN,
    "/routers/edge/adopt/": "on-call",
    "/routers/edge/publish/": ADMIN,
    "/routers/edge/unpublish/": ADMIN,
    "/routers/instances/edge/remove/": ADMIN,
}
NEW = {
    "name": "gate",
    "kind": "haproxy",
    "instance_name": "gate-1",
    "failure_domain": "tokyo",
    "cluster": "",
    "settings": '{"address": "127.0.0.1:9999"}',
}


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def shown(client: Client, path: str = "/routers/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_asks_for_its_role(browser: Browser, role: str) -> None:
    build.router()
    client = browser(role)
    for path, least in PAGES.items():
        may = role != "anonymous" and build.ROLES.index(role) >= build.ROLES.index(least)
        assert client.get(path).status_code == (200 if may else 302 if role == "anonymous" else 403), path


def test_without_routers_the_page_says_what_to_do(browser: Browser) -> None:
    assert 'href="/routers/new/"' in shown(browser(ADMIN))
    assert "An admin can register one" in shown(browser(READ))


def test_the_page_shows_health_age_and_what_is_behind(browser: Browser) -> None:
    edge = Edge()
    edge.publish("edge-1")
    said = shown(browser(READ))
    for words in ("edge-1", "edge-2", ">answers<", "not asked yet", "one write for each 16 hostnames"):
        assert words in said, words
    RouterInstance.objects.update(read_at=timezone.now() - timedelta(minutes=5))
    assert "no fresh facts" in shown(browser(READ)) and ">answers<" not in shown(browser(READ))


def test_routes_that_nobody_publishes_are_counted(browser: Browser) -> None:
    build.router()
    assert "5 Routes are published on no router" in shown(browser(READ))


def moved_without_us() -> Edge:
    """The routers show shop-r at a newer epoch, and were read just now."""
    edge = Edge()
    edge.publish()
    for router in edge.routers.values():
        router.publish_from_outside("shop-r", 1001, {"a-2": 0, "b-1": 100})
    RouterInstance.objects.update(read_at=None)
    edge.publish()
    return edge


def test_what_was_moved_without_us_is_shown_and_taken_over(browser: Browser) -> None:
    moved_without_us()
    assert "/routers/edge/adopt/" not in shown(browser(READ)) and "moved there without" in shown(
        browser(READ)
    )
    client = browser("on-call")
    assert "/routers/edge/adopt/" in shown(client) and "/routers/edge/adopt/" in shown(
        client, "/routes/shop-r/"
    )
    assert "/routers/edge/adopt/" not in shown(client, "/routes/shop-s/")
    page = client.get("/routers/edge/adopt/")
    assert b"epoch 1001" in page.content and b"shop-r" in page.content
    sent = {"digest": page.context["page"].digest, "reason": "at night"}
    assert client.post("/routers/edge/adopt/", sent).status_code == 302
    assert Route.objects.get(name="shop-r").epoch == 1002
    assert "/routers/edge/adopt/" not in shown(client)
    again = client.post("/routers/edge/adopt/", sent)
    assert again.status_code == 409 and b"not what you have read" in again.content


def test_a_page_that_moves_a_single_writer_asks_for_its_routes_name(browser: Browser) -> None:
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    RouteMember.objects.filter(route__name="shop-r", prod__name="b-1").update(weight=0)
    moved_without_us()
    client = browser("on-call")
    page = client.get("/routers/edge/adopt/")
    sent = {"digest": page.context["page"].digest, "reason": "at night"}
    assert b"b-1 would become its single writer" in page.content
    again = client.post("/routers/edge/adopt/", sent)
    assert again.status_code == 400 and b"then type the name of the Route" in again.content
    assert client.post("/routers/edge/adopt/", {**sent, "confirm": "shop-r"}).status_code == 302
    assert Route.objects.get(name="shop-r").epoch == 1002


def test_the_page_says_how_old_the_state_file_is(browser: Browser) -> None:
    client = browser(READ)
    assert "set DROVER_STATE_DIR" in shown(client)
    StateFile.objects.create(pk=1, written_at=timezone.now())
    assert "State file for break-glass: written" in shown(client)
    StateFile.objects.update(written_at=timezone.now() - timedelta(minutes=9))
    assert "is not written any more" in shown(client)
    StateFile.objects.update(reason={"code": "state-file-not-written", "params": {"error": "disk full"}})
    assert "cannot be written: disk full" in shown(client)


def test_the_queries_do_not_grow(browser: Browser, django_assert_max_num_queries: Any) -> None:
    client, counts = browser(READ), []
    for name in ("one", "two"):
        build.router(name, name)
        with django_assert_max_num_queries(10) as counted:
            client.get("/routers/")
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_a_router_is_registered_and_gets_another_instance(browser: Browser) -> None:
    client = browser(ADMIN)
    assert client.post("/routers/new/", NEW).status_code == 302
    more = {**NEW, "instance_name": "gate-2"}
    assert client.post("/routers/gate/instances/new/", more).status_code == 302
    assert list(Router.objects.get(name="gate").instances.values_list("name", flat=True)) == [
        "gate-1",
        "gate-2",
    ]


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"name": "A"}, "name", "Lower-case letters"),
        ({"instance_name": "A"}, "instance_name", "Lower-case letters"),
        ({"failure_domain": ""}, "failure_domain", "what fails together"),
        ({"settings": "{"}, "settings", "no JSON"),
        ({"settings": "[]"}, "settings", "object of fields"),
        ({"settings": '{"address": "x"}'}, "settings", "address of its runtime API"),
        ({"kind": "gateway-api"}, "cluster", "stands on a cluster"),
        ({"access_key_id": "AKIA"}, "access_key_id", "no such field"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    browser: Browser, sent: dict[str, str], field: str, words: str
) -> None:
    answer = browser(ADMIN).post("/routers/new/", {**NEW, **sent})
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors.get(field, []))
    assert not Router.objects.exists()


def test_a_secret_never_comes_back(browser: Browser) -> None:
    sent = {
        **NEW,
        "kind": "route53",
        "access_key_id": "AKIA",
        "secret_access_key": "canary7c1f",
        "settings": "{}",
    }
    answer = browser(ADMIN).post("/routers/new/", sent)
    assert answer.status_code == 400 and b"canary7c1f" not in answer.content


def test_routes_are_published_and_taken_off(browser: Browser) -> None:
    build.router()
    client = browser(ADMIN)
    assert client.post("/routers/edge/publish/", {"routes": ["staff", "shop-r"]}).status_code == 302
    assert set(Publication.objects.values_list("route__name", flat=True)) == {"staff", "shop-r"}
    said = shown(client, "/routers/edge/publish/")
    assert 'value="shop-s"' in said and 'value="staff"' not in said
    answer = client.post("/routers/edge/unpublish/", {"routes": ["staff"]})
    assert answer.status_code == 409 and "Their users are led nowhere else: staff" in answer.content.decode()
    assert client.post("/routers/edge/publish/", {}).status_code == 400


def test_an_instance_is_removed_once_its_name_is_typed(browser: Browser) -> None:
    build.router()
    client, path = browser(ADMIN), "/routers/instances/edge/remove/"
    assert client.post(path, {"typed": "a"}).status_code == 400
    assert client.post(path, {"typed": "edge"}).status_code == 302
    assert not Router.objects.exists()
