"""The page of room: how full every Prod is, and which Prods to add."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from clusters.models import Cluster, Prod
from tests import build
from tests.traffic.standing import standing_fleet
from tests.web.conftest import PEOPLE, Browser
from traffic.models import Tenant

PAGES = ("/room/", "/room/live/")


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def shown(client: Client, path: str = "/room/live/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(str(answer.content.decode()).split())


@pytest.mark.parametrize("role", PEOPLE)
def test_everybody_who_may_read_sees_it(browser: Browser, role: str) -> None:
    assert {browser(role).get(path).status_code for path in PAGES} == {302 if role == "anonymous" else 200}


def test_the_room_of_the_example_fleet_is_that_of_the_design(browser: Browser) -> None:
    """Committed a-1 400, a-2 300, b-1 300, b-2 400, c-1 20, c-2 3."""
    said = shown(browser("viewer"))
    assert all(f"{used} of " in said for used in (400, 300, 20, 3))
    assert "any one cluster may die without a tenant left over" in said


def test_a_prod_is_proposed_where_a_clusters_death_would_leave_tenants_over(browser: Browser) -> None:
    Prod.objects.filter(name="c-1").update(capacity=100)
    Prod.objects.filter(name__in=["b-1", "b-2"]).update(capacity=400)
    said = shown(browser("admin"))
    assert "If a died" in said
    assert "/prods/new/?blueprint=shop&amp;version=v1.0.0&amp;cluster=c&amp;capacity=" in said
    assert "An admin can add it." in shown(browser("viewer"))


def test_the_proposed_prod_stands_in_the_form_it_leads_to(browser: Browser) -> None:
    client = browser("admin")
    said = str(
        client.get("/prods/new/?blueprint=shop&version=v1.0.0&cluster=c&capacity=730").content.decode()
    )
    assert "cluster: c\n" in said and "capacity: 730\n" in said


@pytest.mark.parametrize("capacity", ["-1", "1e9", "9" * 10, "\u0663", "1\n2", "<b>"])
def test_what_is_no_capacity_is_not_taken_into_the_form(browser: Browser, capacity: str) -> None:
    answer = browser("admin").get("/prods/new/", {"capacity": capacity})
    assert "capacity: 100\n" in str(answer.content.decode())


def test_a_prod_that_is_not_known_to_serve_carries_nothing(browser: Browser) -> None:
    Cluster.objects.filter(name="c").update(health=Cluster.Health.UNREACHABLE)
    said = shown(browser("viewer"))
    assert said.count("not known to serve: it carries nothing") == 2


def test_more_load_than_a_blueprint_should_promise_asks_for_a_prod(browser: Browser) -> None:
    tenant = Tenant.objects.filter(route__name="shop-s-1").first()
    assert tenant is not None
    Tenant.objects.filter(pk=tenant.pk).update(load=3000)
    assert "is too much" in shown(browser("viewer"))


def test_it_takes_the_same_queries_for_more_prods(
    browser: Browser, django_assert_max_num_queries: Any
) -> None:
    client = browser("viewer")
    shown(client)
    with django_assert_max_num_queries(30) as few:
        shown(client)
    Prod.objects.filter(name="c-1").update(capacity=100)
    with django_assert_max_num_queries(len(few)):
        shown(client)


def test_rebalancing_is_proposed_previewed_and_set_by_a_person(browser: Browser) -> None:
    client = browser("on-call")
    assert "Nothing to move: no Prod has promised more than 80 %" in shown(client)
    Prod.objects.filter(name="a-1").update(capacity=450)
    said = shown(client)
    assert "a-1 → <strong>c-1</strong>" in said and 'action="/routes/shop-s-1/weights/"' in said
    assert "On-call can move it." in shown(browser("viewer"))
    sent = {"epoch": "1", "with": "c-1", "for_good": "on", "weights.a-1": "0", "weights.c-1": "100"}
    for name, value in sent.items():
        assert f'name="{name}" value="{value}"' in said
    preview = client.post("/routes/shop-s-1/weights/", {**sent, "do": "preview"})
    assert preview.status_code == 200 and preview.context["form"].weights() == {"a-1": "0", "c-1": "100"}
    assert client.post("/routes/shop-s-1/weights/", {**sent, "do": "set"}).status_code == 302
    assert "Nothing to move" in shown(client)


def test_a_prod_that_nobody_can_relieve_is_named(browser: Browser) -> None:
    Prod.objects.exclude(name="c-2").update(capacity=450)
    Prod.objects.filter(name="c-1").update(capacity=100)
    said = shown(browser("viewer"))
    assert "These stay, though their Prod has too much" in said and 'href="/routes/shop-t-1/"' in said
