"""While PostgreSQL does not answer: 503 at every door, at once, with when to come back, and a quiet log."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import AsyncClient, Client

from orchestrator import away
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import Route, all_routes, fill

pytestmark = pytest.mark.django_db(transaction=True)

# They ask the database nothing.
NEED_NONE = {"healthz", "readyz", "csp-report/", "language/", "logout/", "login/", "settings/", "api/docs/"}


@pytest.fixture
def doors(world: object) -> Iterator[tuple[Client, Client, list[tuple[Route, str]]]]:
    """A browser, a client of the API, and every route with a path; then nobody listens where PostgreSQL was."""
    person = build.person("admin")
    clients = session(person), bearer(person)
    found = [(route, fill(route)) for route in all_routes() if route.path not in NEED_NONE]
    right = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    yield (*clients, found)
    connection.settings_dict["PORT"] = right


Doors = tuple[Client, Client, list[tuple[Route, str]]]


def test_every_door_says_that_it_cannot_be_told_now(doors: Doors) -> None:
    """With each method that it offers."""
    page, api, routes = doors
    wrong = {}
    for route, path in routes:
        client = api if route.is_api else page
        answers = [client.generic(method, path, "{}", "application/json") for method in ("GET", "POST")]
        said = {told(answer) for answer in answers if answer.status_code != 405}
        kind = "application/problem+json" if route.path.startswith("api/") else "text/html"
        if said != {(503, "5", kind)}:
            wrong[path] = said
    assert wrong == {}


def told(answer: Any) -> tuple[int, str | None, str]:
    """Status, when to come back, and media type."""
    return (
        answer.status_code,
        answer.headers.get("Retry-After"),
        answer.headers["Content-Type"].partition(";")[0],
    )


def test_the_page_and_the_problem_say_what_to_do(doors: Doors) -> None:
    page, api, _ = doors
    shown = page.get("/").content.decode()
    assert "cannot reach its database" in shown and "Try again" in shown
    problem = api.get("/api/v1/me/").json()
    assert (problem["code"], problem["status"]) == ("database-away", 503)


def test_a_stream_and_a_long_poll_say_so_too(doors: Doors) -> None:
    page, _, routes = doors
    run = next(path for route, path in routes if route.path == "api/v1/runs/<int:run_id>/")

    async def ask() -> list[int]:
        client = AsyncClient(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = page.cookies[settings.SESSION_COOKIE_NAME].value
        paths = ("/live/", f"{run}?wait=5&after=0", "/")
        return [(await client.get(path)).status_code for path in paths]

    assert asyncio.run(ask()) == [503, 503, 503]


def test_the_log_tells_it_once_and_without_tracebacks(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    page, api, _ = doors
    away._Told.at = float("-inf")
    caplog.set_level(logging.INFO)
    for _ in range(20):
        page.get("/")
        api.get("/api/v1/me/")
    told = [(one.name, one.levelname, bool(one.exc_info)) for one in caplog.records]
    assert told == [("orchestrator.away", "WARNING", False)]


def test_what_the_database_refuses_is_no_outage() -> None:
    refused = pytest.raises(OperationalError, match="canceling")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 10")
        with refused as caught:
            cursor.execute("SELECT pg_sleep(2)")
        cursor.execute("SET statement_timeout = 0")
    assert not away.is_away(caught.value)
