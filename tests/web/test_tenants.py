"""The pages of Tenants: who is where, would they survive, and what people change."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clusters.models import Cluster
from journal.models import Event
from releases.actions import start_leaving, stop_the_line
from releases.failover_preview import preview_leaving
from tests import build
from tests.traffic.standing import standing_fleet
from tests.web.conftest import PEOPLE, Browser
from traffic.actions import move_tenant
from traffic.models import Publication, Route, Router, RouterInstance, Tenant

READ, MANAGER = "viewer", "release-manager"
PAGES = {
    "/tenants/": READ,
    "/tenants/shop-s-0001/": READ,
    "/tenants/new/": MANAGER,
    "/tenants/shop-s-0001/change/": MANAGER,
    "/tenants/shop-s-0001/move/": MANAGER,
    "/tenants/shop-s-0001/remove/": MANAGER,
}
NEW = {"name": "acme", "hostnames": "acme.example\nwww.acme.example", "load": "2", "redundancy": "none"}


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_asks_for_its_role(browser: Browser, role: str) -> None:
    client = browser(role)
    for path, least in PAGES.items():
        may = role != "anonymous" and build.ROLES.index(role) >= build.ROLES.index(least)
        assert client.get(path).status_code == (200 if may else 302 if role == "anonymous" else 403), path


def test_a_tenant_that_is_not_there_is_not_found(browser: Browser) -> None:
    for path in PAGES:
        if "shop-s-0001" in path:
            assert browser("admin").get(path.replace("shop-s-0001", "zzz")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "there", "missing"),
    [
        ("q=shop-s-0004", {"shop-s-0004"}, {"shop-s-0005"}),
        ("q=R-0007.EXAMPLE", {"shop-r-0007"}, {"shop-s-0007"}),
        ("route=staff", {"staff-0001"}, {"shop-s-0001"}),
        ("prod=c-1", {"shop-u-0001"}, {"shop-s-0001"}),
        ("redundancy=test", {"staff-0001"}, {"shop-u-0001"}),
        ("after=staff-0001", {"staff-0002"}, {"staff-0001"}),
    ],
)
def test_tenants_are_found_by_name_hostname_and_place(
    browser: Browser, asked: str, there: set[str], missing: set[str]
) -> None:
    said = shown(browser(READ), f"/tenants/?{asked}")
    assert {name for name in there | missing if f"/tenants/{name}/" in said} == there


def test_a_search_that_finds_nothing_says_so(browser: Browser) -> None:
    assert "No Tenant is like that" in shown(browser(READ), "/tenants/?q=zzz")


def test_without_tenants_the_page_says_what_to_do(browser: Browser) -> None:
    Tenant.objects.all().delete()
    assert 'href="/tenants/new/"' in shown(browser(MANAGER), "/tenants/")
    assert "A release manager can add one" in shown(browser(READ), "/tenants/")


def test_the_queries_do_not_grow(browser: Browser, django_assert_max_num_queries: Any) -> None:
    client, counts = browser(READ), []
    for _ in range(2):
        for path in ("/tenants/", "/tenants/shop-s-0001/"):
            with django_assert_max_num_queries(30) as counted:
                client.get(path)
            counts.append(len(counted))
        route = Route.objects.get(name="shop-u")
        Tenant.objects.bulk_create(
            Tenant(name=f"a-{Tenant.objects.count()}-{n}", redundancy="none", route=route) for n in range(20)
        )
    assert counts[:2] == counts[2:]


def test_a_single_tenant_would_be_moved_and_says_where(browser: Browser) -> None:
    said = shown(browser(READ), "/tenants/shop-s-0001/")
    for words in (
        "If a dies",
        "has to be moved",
        "It moves to c-1",
        "as was bought",
        "shop-s-0001.example.com",
    ):
        assert words in said, words


def test_a_tenant_without_a_place_is_told_lost(browser: Browser) -> None:
    for name in ("b-1", "b-2", "c-1"):
        build.observe(name, ready=0)
    said = shown(browser(READ), "/tenants/shop-s-0001/")
    assert ">lost<" in said and "has to be moved" not in said


def test_redundancy_counts_only_on_routers_in_two_domains(browser: Browser) -> None:
    assert "It is published on no router" in shown(browser(READ), "/tenants/shop-r-0001/")
    row = Router.objects.create(name="edge", kind="haproxy")
    for name in ("one", "two"):
        instance = RouterInstance.objects.create(router=row, name=name, failure_domain=name)
        Publication.objects.create(route=Route.objects.get(name="shop-r"), instance=instance, asked=1)
    said = shown(browser(READ), "/tenants/shop-r-0001/")
    assert ">safe<" in said and "It is published on no router" not in said


def test_a_test_tenant_waits(browser: Browser) -> None:
    assert ">waits<" in shown(browser(READ), "/tenants/staff-0001/")


def test_a_tenant_without_a_route_says_so(browser: Browser) -> None:
    Tenant.objects.filter(name="shop-s-0001").update(route=None)
    assert "Nobody serves it." in shown(browser(READ), "/tenants/shop-s-0001/")


def test_its_history_says_since_when_it_is_there(browser: Browser) -> None:
    sent = {"route": "shop-t", "reason": "closer <i>"}
    move_tenant(build.person(MANAGER), "shop-s-0001", sent)
    said = shown(browser(READ), "/tenants/shop-s-0001/")
    assert "moved from shop-s to shop-t: closer &lt;i&gt;" in said and 'href="/routes/shop-t/"' in said


def test_a_new_tenant_is_added_and_found(browser: Browser) -> None:
    answer = browser(MANAGER).post("/tenants/new/", {**NEW, "data_class": "stateless"}, follow=True)
    assert "/tenants/acme/" in answer.content.decode()
    assert Tenant.objects.get(name="acme").hostnames == ["acme.example", "www.acme.example"]


def test_where_a_new_tenant_would_go_and_why_is_shown_before(browser: Browser) -> None:
    client, sent = browser(MANAGER), {**NEW, "data_class": "stateless", "pins": "b-2"}
    answer = client.post("/tenants/new/", {**sent, "do": "preview"})
    said = answer.content.decode()
    assert answer.status_code == 200 and not Tenant.objects.filter(name="acme").exists()
    for words in (
        "on the Route shop-none-1, served by b-2.",
        "It is pinned to b-2.",
        "1 Prod may take it, b-2,",
    ):
        assert words in said, words
    place = answer.context["place"]
    assert f'name="digest" value="{place.digest}"' in said
    assert client.post("/tenants/new/", {**sent, "digest": place.digest}).status_code == 302
    assert "1 Prod may take it, b-2," in shown(client, "/tenants/acme/")


def test_what_goes_elsewhere_by_now_is_refused_and_shown_anew(browser: Browser) -> None:
    client, sent = browser(MANAGER), {**NEW, "data_class": "stateless", "digest": "0" * 64}
    for path, more in (("/tenants/new/", sent), ("/tenants/shop-s-0001/move/", {"digest": "0" * 64})):
        answer = client.post(path, more)
        said = answer.content.decode()
        assert answer.status_code == 409 and "has changed since it was shown" in said
        assert f'name="digest" value="{answer.context["place"].digest}"' in said


def test_what_is_wrong_is_told_at_its_field_by_a_preview_too(browser: Browser) -> None:
    sent = {**NEW, "data_class": "stateless", "name": "shop-r-0001", "do": "preview"}
    answer = browser(MANAGER).post("/tenants/new/", sent)
    said = answer.content.decode()
    assert answer.status_code == 400 and "There is a Tenant shop-r-0001 already" in said.split("wrong-one")[1]
    assert "It would be on the Route" not in said


def test_where_a_tenant_would_move_and_what_stands_against_it_is_shown_before(browser: Browser) -> None:
    client, path = browser(MANAGER), "/tenants/shop-s-0001/move/"
    said = client.post(path, {"prods": "c-1", "do": "preview"}).content.decode()
    assert "Only these Prods were asked for: c-1." in said and '<button class="button main">Move it' in said
    said = client.post(path, {"route": "shop-t", "do": "preview"}).content.decode()
    assert "This Route was asked for: shop-t." in said
    stop_the_line(build.person("on-call"), "no moves today")
    said = client.post(path, {"do": "preview"}).content.decode()
    assert "no moves today" in said.split("It would be on the Route")[1]
    assert '<button class="button main" disabled>Move it' in said
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-s"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"hostnames": ""}, "at least one hostname"),
        ({"hostnames": "acme.example A.example"}, "capital letters"),
        ({"hostnames": "shop-r-0001.example.com"}, "belongs to the Tenant shop-r-0001"),
        ({"name": "shop-r-0001"}, "There is a Tenant shop-r-0001 already"),
        ({"route": "zzz"}, "no Route of this name"),
        ({"redundancy": "two-domain", "prods": "a-1, a-2"}, "Redundancy needs Prods in two failure domains"),
        ({"load": "many"}, "A whole number of load units"),
    ],
)
def test_what_is_wrong_stands_at_its_field(browser: Browser, sent: dict[str, str], words: str) -> None:
    answer = browser(MANAGER).post("/tenants/new/", {**NEW, "data_class": "stateless", **sent})
    said = answer.content.decode()
    assert answer.status_code == 400 and words in said.split("wrong-one")[1]
    assert not Tenant.objects.filter(name="acme").exists()


def test_facts_are_changed_and_not_over_those_of_another(browser: Browser) -> None:
    client, path = browser(MANAGER), "/tenants/shop-s-0001/change/"
    form = client.get(path).context["form"]
    sent = {**form.initial, "load": "9"}
    assert client.post(path, sent).status_code == 302
    assert Tenant.objects.get(name="shop-s-0001").load == 9
    answer = client.post(path, {**sent, "load": "10"})
    assert answer.status_code == 409 and "changed meanwhile" in answer.content.decode()


def test_a_tenant_is_moved(browser: Browser) -> None:
    assert browser(MANAGER).post("/tenants/shop-s-0001/move/", {"route": "shop-t"}).status_code == 302
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-t"


def test_a_tenant_is_removed_once_its_name_is_typed(browser: Browser) -> None:
    client, path = browser(MANAGER), "/tenants/staff-0001/remove/"
    assert "staff-0001.example.com" in shown(client, path)
    answer = client.post(path, {"typed": "staff-0002"})
    assert answer.status_code == 400 and Tenant.objects.filter(name="staff-0001").exists()
    answer = client.post(path, {"typed": "staff-0001", "reason": "has left"}, follow=True)
    assert "The tenant is removed." in answer.content.decode()
    assert not Tenant.objects.filter(name="staff-0001").exists()
    assert "has left" in shown(client, "/timeline/")


def test_a_route_without_tenants_is_shown(browser: Browser) -> None:
    Tenant.objects.filter(route__name="staff").exclude(name="staff-0001").delete()
    client = browser(MANAGER)
    assert "the last tenant of the Route staff" in shown(client, "/tenants/staff-0001/remove/")
    client.post("/tenants/staff-0001/remove/", {"typed": "staff-0001"})
    assert "no tenants" in shown(client, "/routes/?q=staff") and "no tenants" in shown(
        client, "/routes/staff/"
    )


def test_a_single_writer_asks_for_its_name(browser: Browser) -> None:
    Tenant.objects.filter(name="shop-s-0001").update(data_class="single-writer")
    client, path = browser(MANAGER), "/tenants/shop-s-0001/move/"
    answer = client.post(path, {"prods": "b-2"})
    assert answer.status_code == 400 and "must not write the data" in answer.content.decode()
    assert client.post(path, {"prods": "b-2", "confirm": "shop-s-0001"}).status_code == 302


def test_the_page_says_where_a_failover_has_sent_it(browser: Browser) -> None:
    Cluster.objects.filter(name="a").update(health="unreachable", health_since=timezone.now())
    digest = preview_leaving("a").plan.digest
    run = start_leaving(build.person("on-call"), "a", digest, "the power is out")
    said = shown(browser(READ), "/tenants/shop-s-0001/")
    assert "<strong>a-1 → c-1</strong>" in said and f'href="/runs/{run.pk}/"' in said
    assert "Its users have been there for" in said
    assert "has not ended, and has moved its users:" in said and "by on-call. " in said
    Event.objects.create(kind="run", run_id=run.pk, to_state="succeeded", at=timezone.now())
    assert "has not ended" not in shown(browser(READ), "/tenants/shop-s-0001/")


def test_a_tenant_is_pinned_and_its_pages_say_so(browser: Browser) -> None:
    client, path = browser(MANAGER), "/tenants/shop-u-0001/change/"
    sent = {**client.get(path).context["form"].initial, "pins": "c-1, a-1"}
    assert client.post(path, sent).status_code == 302
    row = Tenant.objects.select_related("route").get(name="shop-u-0001")
    assert (row.pins, row.route.name != "shop-u") == (["a-1", "c-1"], True)
    for page in ("/tenants/shop-u-0001/", f"/routes/{row.route.name}/"):
        assert "Pinned: nobody but a-1, c-1 may ever serve it" in shown(client, page)
    assert "Pinned" not in shown(client, "/routes/shop-u/")
    answer = client.post(path, {**client.get(path).context["form"].initial, "pins": "z-9"})
    assert answer.status_code == 400 and "no Prod of this name" in answer.content.decode()


def test_a_single_writer_asks_for_its_name_where_other_facts_move_it(browser: Browser) -> None:
    client, path = browser(MANAGER), "/tenants/shop-s-0001/change/"
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    Tenant.objects.filter(name="shop-s-0001").update(data_class="single-writer")
    sent = {**client.get(path).context["form"].initial, "pins": "c-1"}
    answer = client.post(path, sent)
    assert answer.status_code == 400 and "must not write the data" in answer.content.decode()
    assert client.post(path, {**sent, "confirm": "shop-s-0001"}).status_code == 302
