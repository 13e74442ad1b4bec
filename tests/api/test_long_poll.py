"""`GET /runs/ID/?wait=&after=`: what cannot be is refused by name, so that no loop spins; who finds all seats taken
is told when to come back."""

import asyncio
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import AsyncClient, Client
from drf_spectacular.generators import SchemaGenerator

from releases.api import longpoll
from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.hostile import raise_busy_fleet

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 2**40  # no Event has this number
WRONG = {
    "a word": ("wait=abc&after=0", "wait"),
    "below zero": ("wait=-1&after=0", "wait"),
    "nothing": ("wait=&after=0", "wait"),
    "a fraction": ("wait=1.5&after=0", "wait"),
    "longer than anybody may": ("wait=61&after=0", "wait"),
    "endless": (f"wait={'9' * 5000}&after=0", "wait"),
    "after a word": ("wait=30&after=zz", "after"),
    "after less than none": ("wait=30&after=-1", "after"),
    "after what no row can be": (f"wait=30&after={2**63}", "after"),
    "after nothing": ("wait=30&after=", "after"),
    "after a word, without a wait": ("after=zz", "after"),
    "after nothing that is said": ("wait=30", "after"),
    "misspelt": ("wiat=30&after=0", "wiat"),
    "twice": ("wait=30&wait=0&after=0", "wait"),
}


@pytest.fixture
def path(db: None) -> str:
    raise_busy_fleet()
    return f"/api/v1/runs/{Run.objects.get().pk}/"


@pytest.mark.parametrize(("query", "field"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_refused_by_name(path: str, query: str, field: str) -> None:
    answer = bearer(build.person("viewer")).get(f"{path}?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "query", ["", "wait=0", "after=0", f"after={2**63 - 1}", "wait=60&after=0", "format=json"]
)
def test_what_can_be_is_answered_at_once_if_there_is_nothing_to_wait_for(path: str, query: str) -> None:
    answer = bearer(build.person("viewer")).get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["last_event"] > 0) == (200, True)


def test_a_stranger_learns_nothing_of_the_query(path: str) -> None:
    assert Client().get(f"{path}?wait=abc").status_code == 401


def test_the_schema_says_how_long() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    asked = schema["paths"]["/api/v1/runs/{run_id}/"]["get"]["parameters"]
    told = {one["name"]: one["schema"] for one in asked if "name" in one}
    assert (told["wait"]["minimum"], told["wait"]["maximum"]) == (0, 60)


def test_who_finds_all_seats_taken_is_told_when_to_come_back(path: str) -> None:
    client = AsyncClient()
    client.cookies = session(build.person("viewer")).cookies
    late, later = asyncio.run(_crowd(client, path))
    assert (late.status_code, late.headers["Content-Type"]) == (503, "application/problem+json")
    assert (late.headers["Retry-After"], late.json()["code"]) == ("5", "too-many-waiting")
    assert "200" in late.json()["detail"]
    assert later.status_code == 200 and not longpoll._waiting


async def _crowd(client: AsyncClient, path: str) -> tuple[Any, Any]:
    """The answers to one more than may wait, and to one who comes when the last who could has gone. Who waits
    elsewhere is there by name only."""
    elsewhere = {HttpRequest() for _ in range(longpoll.MOST_WAITING - 1)}
    longpoll._waiting.update(elsewhere)
    last = asyncio.create_task(client.get(f"{path}?wait=60&after={NEVER}"))
    try:
        async with asyncio.timeout(30):
            while len(longpoll._waiting) < longpoll.MOST_WAITING:
                await asyncio.sleep(0.02)
                assert not last.done(), last.result()
        late = await client.get(f"{path}?wait=60&after={NEVER}")
        last.cancel()
        await asyncio.gather(last, return_exceptions=True)
        return late, await client.get(f"{path}?wait=1&after={NEVER}")
    finally:
        longpoll._waiting.difference_update(elsewhere)
