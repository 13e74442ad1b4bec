"""What stands behind the `?` of a list: it is obeyed, or refused by name."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from releases.models import Run
from tests import build
from tests.trust.conftest import session
from tests.trust.hostile import busy_fleet
from tests.trust.routes import all_routes, fill
from traffic.models import RouterInstance

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def admin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """A session in the example fleet, where a release is under way; made once."""
    with django_db_blocker.unblock(), busy_fleet():
        old = Run.objects.get()
        ended = {"state": "succeeded", "finished_at": old.since, "version": None, "author": None}
        Run.objects.create(
            kind="rollback", since=old.since, blueprint=old.blueprint, plan={}, digest="", **ended
        )
        yield session(build.person("admin"))


RUNS = [
    ("", ["rollback", "release"]),
    ("kind=release", ["release"]),
    ("state=succeeded", ["rollback"]),
    ("blueprint=shop", ["rollback", "release"]),
    ("blueprint=bank", []),
    ("version=v1.1.0", ["release"]),
    ("version=v1.0.0", []),
    ("author=author", ["release"]),
    ("author=nobody", []),
    ("state=succeeded&author=author", []),
    ("page_size=1", ["rollback"]),
]


@pytest.mark.parametrize(("query", "kinds"), RUNS, ids=[query or "all" for query, _ in RUNS])
def test_runs_are_filtered(admin: Client, query: str, kinds: list[str]) -> None:
    assert [run["kind"] for run in admin.get(f"/api/v1/runs/?{query}").json()["results"]] == kinds


@pytest.mark.parametrize(
    ("query", "field"), [("kind=coup", "kind"), ("state=", "state"), ("blueprint=" + "a" * 64, "blueprint")]
)
def test_a_filter_of_runs_that_cannot_be_is_named(admin: Client, query: str, field: str) -> None:
    assert list(wrong(admin, f"/api/v1/runs/?{query}")) == [field]


def wrong(client: Client, path: str) -> dict[str, Any]:
    """The errors of a 400, by field."""
    answer = client.get(path)
    assert answer.status_code == 400, (path, answer.status_code)
    return {one["field"]: one for one in answer.json()["errors"]}


def lists() -> list[str]:
    """A path of each list of the API."""
    paths = [fill(route) for route in all_routes() if route.path.startswith("api/v1/")]
    return [path for path in paths if getattr(resolve(path).func.cls, "pagination_class", None)]


def test_every_list_refuses_what_it_does_not_know_and_says_what_it_does(admin: Client) -> None:
    assert {"/api/v1/runs/", "/api/v1/prods/", "/api/v1/routes/shop-r/epochs/"} <= set(lists())
    for path in lists():
        assert admin.get(f"{path}?format=json&page_size=1").status_code == 200, path
        told = wrong(admin, f"{path}?healht=down&page_size=1")
        assert {field: one["code"] for field, one in told.items()} == {"healht": "query-unknown"}, path
        assert {"cursor", "format", "page_size"} <= set(told["healht"]["params"]["known"].split(", ")), path


def test_what_is_known_are_the_filters_of_the_list(admin: Client) -> None:
    told = wrong(admin, "/api/v1/routers/?kimd=haproxy")
    assert told["kimd"]["params"]["known"] == "cursor, format, kind, page_size"
    assert (
        told["kimd"]["text"] == "There is no such parameter here. There are: cursor, format, kind, page_size."
    )


def test_a_filter_given_twice_is_refused_and_not_half_obeyed(admin: Client) -> None:
    told = wrong(admin, "/api/v1/runs/?state=running&state=succeeded")
    assert {field: one["code"] for field, one in told.items()} == {"state": "query-twice"}


HOSTILE = {"bytes": "%FF%FE", "long": "x" * 3000, "markup": "%3Cscript%3E", "empty": ""}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_name_is_refused_too(admin: Client, name: str) -> None:
    assert [one["code"] for one in wrong(admin, f"/api/v1/prods/?{name}=1").values()] == ["query-unknown"]


def test_the_pages_of_a_filtered_list_follow_each_other(admin: Client) -> None:
    first = admin.get("/api/v1/runs/?blueprint=shop&page_size=1").json()
    second = admin.get(first["next"]).json()
    kinds = [run["kind"] for page in (first, second) for run in page["results"]]
    assert (kinds, second["next"]) == (["rollback", "release"], None)


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/api/v1/prods/?dryrun=true"), ("delete", "/api/v1/routers/edge/instances/edge/?froget=true")],
)
def test_a_write_with_a_misspelt_switch_is_not_done(admin: Client, method: str, path: str) -> None:
    runs, instances = Run.objects.count(), RouterInstance.objects.count()
    answer = admin.generic(method.upper(), path, "{}", "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "query-unknown")
    assert (Run.objects.count(), RouterInstance.objects.count()) == (runs, instances)
