"""Where a decision cannot be made, the answer is no: PostgreSQL or the broker away, before and in between."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import AsyncClient, Client

from access.models import Person
from access.tokens import issue_token
from journal.models import Event
from releases.models import Hold
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

Doors = dict[str, Callable[[], Any]]
PASSED = "canary-2b7e"
HOLD = {"reason": f"because of {PASSED}"}


@contextmanager
def database_away(after: int) -> Iterator[list[str]]:
    """The connection breaks at the statement after so many; yields those that were let through."""
    done: list[str] = []

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if len(done) >= after:
            raise OperationalError("connection to server at 127.0.0.1 failed: password of drover refused")
        done.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield done


@pytest.fixture
def doors() -> Doors:
    """A hold, asked for through a page and through the API, by somebody who may."""
    build.fleet()
    person = build.person("admin")
    _token, text = issue_token(person, "ci", "admin")
    page, api = Client(raise_request_exception=False), Client(raise_request_exception=False)
    page.force_login(person, "django.contrib.auth.backends.ModelBackend")
    headers = {"Authorization": f"Bearer {text}"}
    return {
        "page": lambda: page.post("/prods/a-1/hold/", HOLD),
        "api": lambda: api.post(
            "/api/v1/prods/a-1/actions/hold/", HOLD, content_type="application/json", headers=headers
        ),
    }


def broken_at_each(door: Callable[[], Any]) -> Iterator[tuple[int, Any]]:
    """The number and the answer of each try, each broken one statement later, until one meets none."""
    for after in range(100):
        with database_away(after) as done:
            answer = door()
        if len(done) < after:
            return
        yield after, answer


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_decision_that_breaks_at_any_statement_is_never_a_yes(doors: Doors, door: str) -> None:
    give_role("viewer")
    events, answers = Event.objects.count(), {}
    for after, answer in broken_at_each(doors[door]):
        answers[after] = answer.status_code
        assert answer.status_code in {302, 403, 503}, after
        assert answer.headers.get("Location", "/login/").startswith("/login/"), after
        assert silent(answer.content.decode()), after
    assert len(answers) > 1
    assert not Hold.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize("door", ["page", "api"])
def test_an_act_that_breaks_is_carried_out_whole_or_not_at_all(doors: Doors, door: str) -> None:
    """Once the hold is stored, what breaks is the answer; the next try is then refused."""
    events, broken = Event.objects.count(), 0
    for after, answer in broken_at_each(doors[door]):
        broken += answer.status_code >= 500
        # A refused form has what was typed.
        assert answer.status_code in {200, 302, 409} or silent(answer.content.decode()), after
        assert Hold.objects.count() == Event.objects.count() - events <= 1, after
    assert broken > 3
    assert Hold.objects.count() == 1, "a try that met no broken statement was carried out"


def silent(text: str) -> bool:
    """Nothing of the database's words, of what was sent, or of our code."""
    return not any(word in text for word in ("password of drover", PASSED, "Traceback"))


def give_role(role: str) -> None:
    Person.objects.filter(username="admin").update(role=role)


@pytest.mark.parametrize(
    "path", ["/", "/prods/a-1/", "/api/v1/me/", "/api/v1/prods/a-1/", "/settings/people/"]
)
def test_nothing_is_shown_while_the_database_is_away(doors: Doors, path: str) -> None:
    for client, headers in reader_of():
        with database_away(0):
            answer = client.get(path, headers=headers)
        assert answer.status_code in {302, 503}  # 302: no page looks at a token
        assert "a-1" not in answer.content.decode().replace(path, "")


def reader_of() -> list[tuple[Client, dict[str, str]]]:
    """Somebody with a session, and somebody with a token."""
    page = Client(raise_request_exception=False)
    page.force_login(build.person("admin"), "django.contrib.auth.backends.ModelBackend")
    _token, text = issue_token(build.person("admin"), "reader", "admin")
    return [(page, {}), (Client(raise_request_exception=False), {"Authorization": f"Bearer {text}"})]


@pytest.mark.parametrize("door", ["page", "api"])
def test_without_a_broker_rights_are_still_asked(doors: Doors, door: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    give_role("viewer")
    assert doors[door]().status_code == 403
    assert not Hold.objects.exists()


def test_without_a_broker_an_act_is_still_carried_out(doors: Doors, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert doors["api"]().status_code == 200
    assert Hold.objects.count() == 1


@pytest.mark.parametrize("cookie", ["", "nonsense"])
def test_a_stream_without_a_broker_asks_for_the_session(cookie: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert asyncio.run(stream(cookie)) == 401


def test_a_stream_is_not_opened_while_the_database_is_away() -> None:
    """A name where no database is: each connection is refused."""
    client = Client()
    client.force_login(build.person("admin"), "django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert asyncio.run(stream(cookie)) == 200
    right = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        assert asyncio.run(stream(cookie)) == 503
    finally:
        connection.settings_dict["PORT"] = right


async def stream(cookie: str) -> int:
    """The status of the answer; the stream itself is not read."""
    client = AsyncClient(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    answer = await client.head("/live/")
    return int(answer.status_code)
