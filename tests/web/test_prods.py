"""The pages of Prods: the list, one Prod, and who sees what can be done."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Cluster, KubeEvent, Overrides, Prod
from releases.actions import set_hold
from releases.models import Run
from releases.queries.prod_list import MOST_LISTED, read_prods
from releases.queries.prods import ProdPage, read_prod
from tests import build
from tests.engine import driver
from tests.web.conftest import PEOPLE, Browser

Release = Callable[..., Run]

# Path -> the least role that gets it.
PAGES = {
    "/prods/": "viewer",
    "/prods/live/": "viewer",
    "/prods/new/": "admin",
    "/prods/b-1/": "viewer",
    "/prods/b-1/change/": "release-manager",
    "/prods/b-1/scale/": "release-manager",
    "/prods/b-1/scale/?component=api&replicas=5": "release-manager",
    "/prods/b-1/hold/": "on-call",
    "/prods/b-1/retire/": "admin",
}


def page_of(name: str, role: str = "admin") -> ProdPage:
    return read_prod(name, build.person(role))


def listed(**asked: str) -> list[str]:
    return [prod.name for prod in read_prods(asked, timezone.now()).prods]


def test_each_page_is_for_its_role(fleet: None, browser: Browser) -> None:
    for role in PEOPLE:
        client = browser(role)
        for path, least in PAGES.items():
            allowed = role != "anonymous" and build.ROLES.index(role) >= build.ROLES.index(least)
            expected = 302 if role == "anonymous" else 200 if allowed else 403
            assert client.get(path).status_code == expected, (role, path)


def test_no_post_changes_anything_for_who_may_not(fleet: None, browser: Browser) -> None:
    paths = (
        "/prods/new/",
        "/prods/b-1/change/",
        "/prods/b-1/facts/",
        "/prods/b-1/hold/",
        "/prods/b-1/retire/",
    )
    for path in paths:
        assert (
            browser("viewer").post(path, {"capacity": 5, "role": "test", "reason": "because"}).status_code
            == 403
        )
    assert not Run.objects.exists() and Prod.objects.get(name="b-1").role == "live"


FILTERS = [
    ({}, ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]),
    ({"cluster": "a"}, ["a-1", "a-2"]),
    ({"role": "test"}, ["c-2"]),
    ({"health": "not-ready"}, []),
    ({"health": "down"}, ["b-2"]),
    ({"lifecycle": "retired"}, ["c-1"]),
    ({"cluster": "nowhere", "role": "<b>"}, ["a-1", "a-2", "b-1", "b-2", "c-2"]),
]


@pytest.mark.parametrize(("asked", "names"), FILTERS, ids=[str(asked) for asked, _ in FILTERS])
def test_prods_are_filtered(fleet: None, asked: dict[str, str], names: list[str]) -> None:
    build.observe("b-2", ready=0)
    if asked:
        Prod.objects.filter(name="c-1").update(lifecycle="retired")
    assert listed(**asked) == names


def test_more_prods_take_no_more_queries(fleet: None) -> None:
    with CaptureQueriesContext(connection) as few:
        listed()
    for number in range(10):
        build.in_service(build.prod(f"x-{number}", "a"))
    with CaptureQueriesContext(connection) as many:
        listed()
    assert len(many) == len(few) <= 10


@pytest.mark.parametrize("asked", ["", "?health=unknown&role=live"])
def test_many_prods_come_in_pages_that_keep_the_filter(fleet: None, browser: Browser, asked: str) -> None:
    names = [f"x-{number:03}" for number in range(2 * MOST_LISTED + 1)]
    model = Prod.objects.get(name="a-1")
    fields = {name: getattr(model, name) for name in ("cluster", "blueprint", "version", "role", "lifecycle")}
    Prod.objects.bulk_create(Prod(name=name, namespace=name, capacity=1, **fields) for name in names)
    client, seen, pages, query = browser("viewer"), [], 0, asked
    while query or not pages:
        page = client.get(f"/prods/{query}").context["page"]
        seen += [prod.name for prod in page.prods]
        pages, query = pages + 1, page.next and f"?{page.next}"
        assert (page.first == "") == (pages == 1)
    assert pages == 3
    assert seen == ([] if asked else list(FILTERS[0][1])) + names


def test_an_empty_list_says_what_to_do_next(browser: Browser) -> None:
    assert "Register a cluster" in browser("admin").get("/prods/").content.decode()
    build.cluster("a")
    assert "Write a prod.yaml" in browser("admin").get("/prods/").content.decode()
    assert "An admin can define one" in browser("viewer").get("/prods/").content.decode()
    build.shop(build.person("admin"))
    build.prod("a-1", "a")
    assert "No Prod is like that" in browser("viewer").get("/prods/?role=test").content.decode()


def test_asked_and_seen_stand_side_by_side(fleet: None) -> None:
    (api, frontend) = page_of("b-1").sides
    assert (api.name, api.replicas, api.ready, str(api.mark.word)) == ("api", (3, 3), 3, "as asked")
    assert frontend.image.endswith(":v1.0.0") and frontend.seen_image == frontend.image
    build.observe("b-1", version="v1.1.0")
    side = page_of("b-1").sides[0]
    assert side.seen_image != side.image and side.digest != side.seen_digest
    assert str(side.mark.word) == "differs"


def test_replicas_that_differ_are_told_though_the_template_is_the_same(fleet: None) -> None:
    row = Prod.objects.get(name="b-1")
    Overrides.objects.create(prod=row, number=2, content={"replicas": {"api": 5}})
    Prod.objects.filter(pk=row.pk).update(overrides_revision=2)
    side = page_of("b-1").sides[0]
    assert (side.replicas, side.digest == side.seen_digest, str(side.mark.word)) == ((5, 3), True, "differs")


def test_a_prod_that_was_never_seen_says_so(fleet: None, browser: Browser) -> None:
    build.prod("c-3", "c")
    page = browser("viewer").get("/prods/c-3/").content.decode()
    assert "not seen" in page and "No pods have been seen" in page
    assert "No run has had it yet" in page and "a member of no Route" in page


def test_pods_speak_in_their_own_words(fleet: None, browser: Browser) -> None:
    build.observe("b-1", ready=2, waiting="CrashLoopBackOff", message="back-off 5m0s", restarts=7)
    page = browser("viewer").get("/prods/b-1/").content.decode()
    assert "CrashLoopBackOff: back-off 5m0s" in page


def test_events_of_kubernetes_are_shown_and_escaped(fleet: None, browser: Browser) -> None:
    row = Prod.objects.get(name="b-1")
    KubeEvent.objects.create(
        cluster=row.cluster,
        prod=row,
        uid="u1",
        about="Pod api-1",
        type="Warning",
        reason="BackOff",
        message="<script>alert(1)</script>",
        last_at=timezone.now(),
    )
    page = browser("viewer").get("/prods/b-1/").content.decode()
    assert "BackOff" in page and "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_history_says_what_ran_when(release: Release) -> None:
    run = release(soak_s=0)
    driver.finish(run)
    (ran,) = page_of("b-1").history
    assert (ran.run, ran.version, ran.overrides, ran.author) == (run.pk, "v1.1.0", 1, "release-manager")
    assert ran.took is not None and str(ran.mark.word) == "done"


def test_whom_it_serves_with_whom(fleet: None) -> None:
    routes = page_of("b-1").routes
    assert {route.partners for route in routes} == {("a-2",)}
    assert sum(route.tenants for route in routes) == 300


REASONS = [
    ("viewer", "role-may-not", 5),
    ("on-call", "role-may-not", 3),
    ("release-manager", "role-may-not", 1),
    ("admin", "role-may-not", 0),
]


@pytest.mark.parametrize(("role", "code", "many"), REASONS, ids=[role for role, _, _ in REASONS])
def test_each_button_that_cannot_be_pressed_says_why(fleet: None, role: str, code: str, many: int) -> None:
    choices = page_of("b-1", role).choices
    assert sum(any(reason.code == code for reason in one.reasons) for one in choices) == many


def test_a_run_or_a_hold_closes_the_buttons_and_is_named(release: Release, browser: Browser) -> None:
    run = release()
    page = browser("admin").get("/prods/b-1/").content.decode()
    assert f"Belongs to run {run.pk}" in page and 'href="/prods/b-1/change/"' not in page
    set_hold(build.person("on-call"), "b-1", "we look at it")
    page = browser("admin").get("/prods/b-1/").content.decode()
    assert "we look at it" in page and "Lift hold" in page


def test_a_retired_prod_keeps_its_page_and_offers_nothing(fleet: None, browser: Browser) -> None:
    Prod.objects.filter(name="b-1").update(lifecycle="retired")
    page = browser("admin").get("/prods/b-1/").content.decode()
    assert "It is retired" in page and 'href="/prods/b-1/retire/"' not in page
    for path in ("change", "scale", "retire"):
        assert browser("admin").get(f"/prods/b-1/{path}/").status_code == 302
    assert browser("admin").get("/prods/b-1/hold/").status_code == 404


def test_a_cluster_that_is_silent_makes_its_prods_unknown(fleet: None) -> None:
    Cluster.objects.filter(name="b").update(health="unreachable")
    assert listed(health="unknown") == ["b-1", "b-2"]


@pytest.mark.parametrize("name", ["z-9", "a" * 300])
def test_a_prod_that_is_not_there_is_not_found(fleet: None, browser: Browser, name: str) -> None:
    for path in ("", "change/", "scale/", "hold/", "retire/"):
        assert browser("admin").get(f"/prods/{name}/{path}").status_code == 404
    assert browser("admin").post(f"/prods/{name}/facts/").status_code == 404
