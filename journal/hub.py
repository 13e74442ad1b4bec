"""One reader of the hint stream per web process, however many pages are open.

Two Redis connections: one waits for hints, one answers those who come back. Every open page has a bounded
queue; a page that does not keep up is told to start anew.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from .hints import STREAM

BLOCK_MS = 1000  # the reader hears from the broker at least so often while it lives
PATIENCE_S = 1.8  # longer without an answer: the broker is silent
PAUSE_S = 0.1  # between two reads: hints that come meanwhile become one message
RETRY_S = 0.5
QUEUE = 50
BATCH = 2000

Rows = list[tuple[str, dict[str, str]]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What a page is told. `id` is where it may take up again."""

    kind: str
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


RESET = Message("reset")
SILENT = Message("silent")


class Hub:
    """The shared reader. It runs while somebody listens."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Message]] = set()
        self._task: asyncio.Task[None] | None = None
        self._heard_at = float("-inf")
        self._last = ""

    def hears(self) -> bool:
        """Whether the broker has answered just now."""
        return time.monotonic() - self._heard_at < PATIENCE_S

    @property
    def last(self) -> str:
        """The newest hint that was read."""
        return self._last

    def join(self) -> "asyncio.Queue[Message]":
        """A queue of all that comes from now on."""
        queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE)
        self._queues.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="hints")
        return queue

    def leave(self, queue: "asyncio.Queue[Message]") -> None:
        """No more for `queue`; the reader stops after the last one."""
        self._queues.discard(queue)
        if not self._queues and self._task:
            self._task.cancel()
            self._task = None

    async def since(self, after: str) -> Message:
        """All that came after `after` as one message, or RESET if that is not known any more."""
        try:
            async with _client() as broker:
                oldest = cast(Rows, await broker.xrange(STREAM, count=1))
                if not oldest or _order(oldest[0][0]) > _order(after):
                    return RESET
                rows = cast(Rows, await broker.xrange(STREAM, min=f"({after}", count=BATCH))
        except (RedisError, OSError, ValueError):
            return RESET
        return merged(rows) if rows and len(rows) < BATCH else (RESET if rows else Message("hint", after))

    def _is_wanted(self) -> bool:
        """Whether this task is still the reader. A cancellation that meets a time-out of the broker's client
        is swallowed by it, so that alone would not end the task."""
        return self._task is asyncio.current_task()

    async def _run(self) -> None:
        lost = False
        while self._is_wanted():
            try:
                async with _client() as broker:
                    await self._read(broker, lost)
            except (RedisError, OSError) as error:
                if not lost:
                    log.warning("the broker does not answer: %s", error)
                lost = True
                self._heard_at = float("-inf")
                self._tell(SILENT)
                await asyncio.sleep(RETRY_S)

    async def _read(self, broker: "Redis", lost: bool) -> None:
        newest = cast(Rows, await broker.xrevrange(STREAM, count=1))
        self._last = newest[0][0] if newest else "0-0"
        self._heard_at = time.monotonic()
        if lost:  # whatever was hinted meanwhile is lost
            self._tell(RESET)
        while self._is_wanted():
            answer = await broker.xread({STREAM: self._last}, count=BATCH, block=BLOCK_MS)
            self._heard_at = time.monotonic()
            for _stream, rows in cast("list[tuple[str, Rows]]", answer or ()):
                self._last = rows[-1][0]
                self._tell(merged(rows))
                await asyncio.sleep(PAUSE_S)

    def _tell(self, message: Message) -> None:
        for queue in self._queues:
            slow = queue.full()
            while slow and not queue.empty():
                queue.get_nowait()
            queue.put_nowait(Message("reset", message.id) if slow else message)


def merged(rows: Rows) -> Message:
    """One message for these rows of the stream: which topics they name, sorted, and the last id."""
    topics = {topic for _, fields in rows for topic in topics_of(json.loads(fields["hint"]))}
    return Message("hint", rows[-1][0], {"topics": sorted(topics)})


def topics_of(hint: dict[str, Any]) -> set[str]:
    """`{"run": 5, "prod": "a-1"}` -> `{"run:5", "prod:a-1"}`; one that names no row concerns the line."""
    named = {f"{name}:{hint[name]}" for name in ("run", "prod", "cluster", "demand") if hint.get(name)}
    return named or {"line"}


def _order(entry: str) -> tuple[int, int]:
    """A stream's id as numbers. Raises ValueError for what is none."""
    first, _dash, second = entry.partition("-")
    return int(first), int(second or 0)


@asynccontextmanager
async def _client() -> AsyncIterator["Redis"]:
    """A client that is closed whatever happens, also when it could not even connect."""
    client = Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_connect_timeout=1, socket_timeout=PATIENCE_S
    )
    try:
        yield client
    finally:
        await client.aclose()


HUB = Hub()
