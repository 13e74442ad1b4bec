"""The live channel: hints after commit, one reader, resuming, and saying when nothing is heard."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction
from django.test import AsyncClient, Client, RequestFactory

from access.models import Person
from journal.hints import STREAM, publish
from journal.hub import Hub, merged, topics_of
from orchestrator.embedded.children import Children
from orchestrator.embedded.valkey import Valkey
from orchestrator.live import events_of, from_here
from tests import build

Event = tuple[str, str, dict[str, Any]]


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A Valkey of our own; its process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = Valkey(tmp_path, port, secrets.token_hex(16))
    server.prepare()
    children = Children()
    process = children.start(server.command(), output=subprocess.DEVNULL)
    settings.REDIS_URL = server.url
    while not server.ready():
        time.sleep(0.02)
    yield process
    os.kill(process.pid, signal.SIGCONT)
    children.stop(process, server.stop_signal, 5)
    children.close()


def listen(role: str, check: Callable[[AsyncIterator[Event]], Awaitable[None]], **headers: str) -> None:
    """Open the stream as a person of `role` and let `check` read (kind, id, data), at most 20 s."""
    client = AsyncClient()
    client.force_login(build.person(role), "django.contrib.auth.backends.ModelBackend")

    async def _listen() -> None:
        answer = await client.get("/live/", headers=headers)
        assert answer.status_code == 200
        events = _events(aiter(answer.streaming_content))
        try:
            await asyncio.wait_for(check(events), 20)
        finally:
            await events.aclose()
            await answer.streaming_content.aclose()

    asyncio.run(_listen())


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    async for chunk in chunks:
        if not chunk:
            continue
        fields = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
        yield fields["event"], fields.get("id", ""), json.loads(fields["data"])


async def until(events: AsyncIterator[Event], kind: str) -> Event:
    """The next event of this kind."""
    async for event in events:
        if event[0] == kind:
            return event
    raise AssertionError(f"the stream ended without {kind}")


def hint(**ids: int | str) -> None:
    """Publish as a committed transaction would."""
    with transaction.atomic():
        publish("event", **ids)


async def in_thread(act: Callable[..., Any], *args: Any, **more: Any) -> None:
    def _act() -> None:
        act(*args, **more)
        connections.close_all()

    await asyncio.to_thread(_act)


def entries(settings: Any) -> int:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return int(client.xlen(STREAM))


@pytest.mark.django_db(transaction=True)
def test_a_hint_is_sent_when_its_transaction_commits_and_not_otherwise(broker: object, settings: Any) -> None:
    with transaction.atomic():
        publish("event", run=1)
        assert entries(settings) == 0
    assert entries(settings) == 1
    with transaction.atomic():
        publish("event", run=2)
        transaction.set_rollback(True)
    assert entries(settings) == 1


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_one_timeout_and_raises_nothing(settings: Any) -> None:
    with socket.socket() as deaf:  # accepts, and never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        begun = time.monotonic()
        with transaction.atomic():
            for run in range(1, 100):
                publish("event", run=run)
        assert time.monotonic() - begun < 5


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_a_hint_and_the_age_of_facts(broker: object) -> None:
    build.cluster("a")

    async def check(events: AsyncIterator[Event]) -> None:
        assert (await anext(events))[0] == "reset", "without an id a page begins anew"
        _kind, _id, beat = await until(events, "beat")
        assert list(beat["seen"]) == ["a"]
        assert beat["now"]
        await in_thread(hint, run=5, prod="a-1", cluster="a")
        _kind, place, data = await until(events, "hint")
        assert data["topics"] == ["cluster:a", "prod:a-1", "run:5"]
        assert place

    listen("viewer", check)


@pytest.mark.django_db(transaction=True)
def test_hints_in_a_burst_become_few_messages(broker: object) -> None:
    async def check(events: AsyncIterator[Event]) -> None:
        await until(events, "beat")

        def burst() -> None:
            for _ in range(300):
                hint(run=7)
            hint(run=8)

        sending = asyncio.create_task(in_thread(burst))
        messages, begun = 0, time.monotonic()
        while "run:8" not in (await until(events, "hint"))[2]["topics"]:
            messages += 1
        assert messages <= 10 * (time.monotonic() - begun) + 2
        await sending

    listen("viewer", check)


@pytest.mark.django_db(transaction=True)
def test_who_comes_back_hears_what_was_missed(broker: object, settings: Any) -> None:
    for run in (1, 2, 3):
        hint(run=run)
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        first = client.xrange(STREAM, count=1)[0][0]

    async def check(events: AsyncIterator[Event]) -> None:
        kind, _id, data = await anext(events)
        assert (kind, data) == ("hint", {"topics": ["run:2", "run:3"]})

    listen("viewer", check, **{"Last-Event-ID": first})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("last", ["1-0", "nonsense", "9" * 30], ids=["trimmed", "no id", "of another broker"])
def test_who_comes_back_too_late_begins_anew(last: str, broker: object) -> None:
    hint(run=1)

    async def check(events: AsyncIterator[Event]) -> None:
        assert (await anext(events))[0] in {"reset", "hint"}
        await until(events, "beat")

    listen("viewer", check, **{"Last-Event-ID": last})


@pytest.mark.django_db(transaction=True)
def test_a_silent_broker_stops_the_heartbeat_and_is_said_within_five_seconds(
    broker: "subprocess.Popen[bytes]",
) -> None:
    async def check(events: AsyncIterator[Event]) -> None:
        await until(events, "beat")
        os.kill(broker.pid, signal.SIGSTOP)
        begun = time.monotonic()
        await until(events, "silent")
        assert time.monotonic() - begun < 5
        os.kill(broker.pid, signal.SIGCONT)
        await until(events, "beat")

    listen("viewer", check)


@pytest.mark.django_db(transaction=True)
def test_a_stream_ends_with_its_session(broker: object) -> None:
    client = Client()
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")
    key = client.session.session_key

    async def check() -> None:
        stream = events_of(key, "", recheck_s=0.2)
        events = _events(stream)
        await until(events, "beat")
        await in_thread(SessionStore(key).delete)
        await until(events, "bye")
        with pytest.raises(StopAsyncIteration):
            await anext(events)

    asyncio.run(check())


@pytest.mark.django_db(transaction=True)
def test_a_stream_ends_when_its_person_is_shut_out(broker: object) -> None:
    client = Client()
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")

    async def check() -> None:
        events = _events(events_of(client.session.session_key, "", recheck_s=0.2))
        await until(events, "beat")
        await in_thread(Person.objects.filter(username="viewer").update, is_active=False)
        await until(events, "bye")

    asyncio.run(check())


@pytest.mark.django_db(transaction=True)
def test_an_open_stream_holds_no_database_connection(broker: object) -> None:
    def backends() -> int:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    async def check(events: AsyncIterator[Event]) -> None:
        await until(events, "beat")
        counted = [3]
        deadline = time.monotonic() + 10  # those of the test before may still be on their way out
        while counted[-1] > 2 and time.monotonic() < deadline:
            await in_thread(lambda: counted.append(backends()))
        assert counted[-1] <= 2, "this test's own connections"

    listen("viewer", check)


@pytest.mark.django_db(transaction=True)
def test_without_a_session_there_is_no_stream() -> None:
    answer = asyncio.run(_status({}))
    assert answer == 401


@pytest.mark.django_db(transaction=True)
def test_another_site_gets_no_stream() -> None:
    assert asyncio.run(_status({"Origin": "https://evil.example"})) == 403
    assert asyncio.run(_status({"Sec-Fetch-Site": "cross-site"})) == 403


async def _status(headers: dict[str, str]) -> int:
    return int((await AsyncClient().get("/live/", headers=headers)).status_code)


ORIGINS = [
    ({}, True),
    ({"HTTP_ORIGIN": "http://testserver"}, True),
    ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
    ({"HTTP_ORIGIN": "http://testserver.evil.example"}, False),
    ({"HTTP_ORIGIN": "null"}, False),
    ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
]


@pytest.mark.parametrize(("headers", "ours"), ORIGINS)
def test_only_pages_of_ours_may_listen(headers: dict[str, str], ours: bool) -> None:
    assert from_here(RequestFactory().get("/live/", **headers)) is ours


TOPICS = [
    ({"kind": "event", "run": 5}, {"run:5"}),
    ({"kind": "event", "run": 5, "prod": "a-1", "cluster": "a"}, {"run:5", "prod:a-1", "cluster:a"}),
    ({"kind": "event", "event": 9}, {"line"}),
]


@pytest.mark.parametrize(("said", "topics"), TOPICS)
def test_topics_of_a_hint(said: dict[str, Any], topics: set[str]) -> None:
    assert topics_of(said) == topics


def test_many_rows_are_one_message() -> None:
    rows = [(f"{number}-0", {"hint": json.dumps({"run": number % 2 + 1})}) for number in range(50)]
    message = merged(rows)
    assert (message.kind, message.id, message.data) == ("hint", "49-0", {"topics": ["run:1", "run:2"]})


def test_a_page_that_does_not_keep_up_begins_anew() -> None:
    async def fill() -> str:
        hub = Hub()
        queue = hub.join()
        for number in range(200):
            hub._tell(merged([(f"{number}-0", {"hint": "{}"})]))
        first = queue.get_nowait()
        hub.leave(queue)
        return first.kind

    assert asyncio.run(fill()) == "reset"
