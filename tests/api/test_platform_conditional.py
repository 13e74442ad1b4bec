"""ETags, pages, bodies and limits: what every answer of the API has."""

import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from access.models import Person
from access.tokens import create_token
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db


def sent(method: str, path: str, body: Any = None, role: str = "admin", **headers: str) -> Any:
    token = create_token(build.person(role), "test", role)
    headers["Authorization"] = f"Bearer {token}"
    client = Client(raise_request_exception=False)
    return client.generic(method, f"/api/v1/{path}", body or "", "application/json", headers=headers)


def test_a_reader_who_has_it_is_not_sent_it_again() -> None:
    build.person("viewer", "mika")
    first = sent("GET", "people/mika/")
    tag = first.headers["ETag"]
    again = sent("GET", "people/mika/", **{"If-None-Match": f'"x.y", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert sent("GET", "people/mika/", **{"If-None-Match": f"W/{tag}"}).status_code == 304
    Person.objects.filter(username="mika").update(role="on-call")
    assert sent("GET", "people/mika/", **{"If-None-Match": tag}).status_code == 200


def test_every_detail_and_every_list_has_a_tag(call: Call) -> None:
    build.fleet()
    for path in ("prods/", "prods/a-1/", "versions/", "runs/", "me/"):
        tag = call("GET", path).headers["ETag"]
        assert tag.startswith('"') and tag.endswith('"'), path


def test_a_write_on_what_somebody_has_changed_is_refused() -> None:
    build.person("viewer", "mika")
    tag = sent("GET", "people/mika/").headers["ETag"]
    Person.objects.filter(username="mika").update(role="on-call")
    answer = sent("POST", "people/mika/deactivate/", "{}", **{"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (412, "changed-meanwhile")
    assert Person.objects.get(username="mika").is_active
    fresh = sent("GET", "people/mika/").headers["ETag"]
    assert sent("POST", "people/mika/deactivate/", "{}", **{"If-Match": fresh}).status_code == 200


def test_a_fact_that_moves_by_itself_keeps_nobody_from_a_write() -> None:
    from django.utils import timezone

    build.person("viewer", "mika")
    tag = sent("GET", "people/mika/").headers["ETag"]
    Person.objects.filter(username="mika").update(last_login=timezone.now())
    assert sent("GET", "people/mika/", **{"If-None-Match": tag}).status_code == 200
    answer = sent("POST", "people/mika/role/", '{"role": "on-call"}', **{"If-Match": tag})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"), [("*", 200), ('W/"a.b"', 412), ("nonsense", 412), ('"' + "x" * 5000 + '"', 412)]
)
def test_odd_tags(tag: str, status: int) -> None:
    build.person("viewer", "mika")
    answer = sent("POST", "people/mika/role/", '{"role": "on-call"}', **{"If-Match": tag})
    assert answer.status_code == status


def test_if_match_on_what_is_not_there_is_not_found() -> None:
    assert sent("POST", "people/nobody/role/", '{"role": "viewer"}', **{"If-Match": "*"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_with_the_same_tag_one_is_refused() -> None:
    build.person("viewer", "mika")
    tag = sent("GET", "people/mika/").headers["ETag"]
    tokens = [create_token(build.person("admin"), name, "admin") for name in ("one", "two")]
    together, statuses = threading.Barrier(2), []

    def write(token: str, role: str) -> None:
        together.wait()
        answer = Client().post(
            "/api/v1/people/mika/role/",
            {"role": role},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "If-Match": tag},
        )
        statuses.append(answer.status_code)
        connections.close_all()

    pairs = zip(tokens, ("on-call", "release-manager"), strict=True)
    threads = [threading.Thread(target=write, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412]


BAD_QUERIES = {
    "cursor of nobody": ("versions/?cursor=nonsense", "cursor"),
    "cursor that is no text": ("versions/?cursor=%FF%FE", "cursor"),
    "cursor with a word for a number": ("versions/?cursor=cD14", "cursor"),
    "cursor with a NUL": ("prods/?cursor=cD0AAA%3D%3D", "cursor"),
    "page of nothing": ("versions/?page_size=0", "page_size"),
    "page of a word": ("versions/?page_size=many", "page_size"),
    "page of all": ("versions/?page_size=201", "page_size"),
    "filter that is none": ("people/?role=god", "role"),
    "flag that is none": ("tokens/?live=null", "live"),
    "time that is left empty": ("events/?until=", "until"),
}


@pytest.mark.parametrize(("path", "field"), BAD_QUERIES.values(), ids=BAD_QUERIES.keys())
def test_a_bad_query_is_named(path: str, field: str) -> None:
    answer = sent("GET", path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_pages_follow_each_other_while_rows_come_and_go() -> None:
    admin = build.person("admin")
    for number in range(5):
        create_token(admin, f"t{number}", "viewer")
    page = sent("GET", "tokens/?page_size=2&person=admin").json()
    seen = [row["name"] for row in page["results"]]
    create_token(admin, "late", "viewer")
    while page["next"]:
        page = sent("GET", page["next"].partition("/api/v1/")[2]).json()
        seen += [row["name"] for row in page["results"]]
    assert seen == ["test", "t4", "t3", "t2", "t1", "t0"]


BAD_BODIES = {
    "cut off": ('{"name": ', 400),
    "nested": ("[" * 100_000, 400),
    "too large": ('{"name": "' + "x" * (2 * 1024 * 1024) + '"}', 413),
    "NUL": ('{"name": "a\\u0000", "role": "viewer"}', 400),
    "NUL in a name": ('{"na\\u0000me": "a", "role": "viewer"}', 400),
    "half a pair": ('{"name": "\\ud800", "role": "viewer"}', 400),
    "not a number": ('{"name": NaN}', 400),
    "endless": ('{"name": 1e999}', 400),
    "bytes": (b"\xff\xfe", 400),
    "long number": ('{"name": ' + "9" * 5000 + "}", 400),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_hostile_body_is_refused(body: Any, status: int) -> None:
    answer = sent("POST", "tokens/", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert sent("POST", "tokens/", body, **{"Idempotency-Key": "k"}).status_code == status


def test_where_there_is_nothing_the_answer_is_a_problem_too() -> None:
    answer = sent("GET", "nowhere/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert sent("DELETE", "me/").status_code == 405


def test_the_documents_of_the_schema_have_names() -> None:
    assert reverse("api-schema") == "/api/schema/"
