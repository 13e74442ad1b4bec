"""/live/: server-sent events for open pages. Hints only: the page fetches what it shows.

No database connection is held while a stream is open. It ends with `bye` when its session does.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.permissions import denial
from clusters.queries import read_facts_age
from journal.hub import HUB, RESET, SILENT, Message

T = TypeVar("T")

BEAT_S = 2.0
LOOK_S = 0.5  # how soon a page learns that the broker is silent
RECHECK_S = 15.0


@login_not_required
@require_safe
async def live(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The stream: 401 without a session, 403 from another site, else events until the session ends."""
    if not from_here(request):
        return HttpResponse(status=403)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not await _aside(partial(_may_read, key)):
        return HttpResponse(status=401)
    after = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    if request.method == "HEAD":
        return HttpResponse(content_type="text/event-stream")
    answer = StreamingHttpResponse(events_of(key, after), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store, no-transform"
    answer["X-Accel-Buffering"] = "no"
    return answer


def from_here(request: HttpRequest) -> bool:
    """Whether a page of ours asks. Browsers send at least one of the two headers with a foreign page."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.get_host():
        return False
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


_open: set[object] = set()


def open_streams() -> int:
    """How many pages this process streams to."""
    return len(_open)


async def events_of(key: str, after: str, recheck_s: float = RECHECK_S) -> AsyncIterator[bytes]:
    """Messages and heartbeats, until the session is no longer good."""
    queue = HUB.join()
    _open.add(queue)
    try:
        yield _wire(await HUB.since(after) if after else RESET)
        beat_at, check_at = _now(), _now() + recheck_s
        told = False
        while True:
            if _now() >= beat_at and HUB.hears():
                beat_at = _now() + BEAT_S
                yield await _beat()
            try:
                # Not wait_for: in Python 3.11 that swallows a cancellation that comes with a message.
                async with asyncio.timeout(LOOK_S):
                    message = await queue.get()
                yield _wire(message)
            except TimeoutError:
                if not HUB.hears() and not told:
                    yield _wire(SILENT)
                told = not HUB.hears()
            if _now() >= check_at:
                check_at = _now() + recheck_s
                if not await _aside(partial(_may_read, key)):
                    yield _wire(Message("bye"))
                    return
    except DatabaseError:
        return  # nobody can say whether the session is good: the page asks again
    finally:
        _open.discard(queue)
        HUB.leave(queue)


def _wire(message: Message) -> bytes:
    """One event as the browser reads it."""
    line = f"id: {message.id}\n" if message.id else ""
    return f"{line}event: {message.kind}\ndata: {json.dumps(message.data)}\n\n".encode()


class _Facts:
    """The age of facts, read once for all streams of this process."""

    at = float("-inf")
    seen: dict[str, str | None] = {}
    lock = asyncio.Lock()


async def _beat() -> bytes:
    """A heartbeat with the age of facts; empty while the broker or the database does not answer."""
    async with _Facts.lock:
        if _now() - _Facts.at > BEAT_S / 2:
            try:
                _Facts.seen, _Facts.at = await _aside(_read_seen), _now()
            except DatabaseError:
                return b""
    if not HUB.hears():
        return b""
    data = {"now": timezone.now().isoformat(), "seen": _Facts.seen}
    return _wire(Message("beat", "", data))


def _read_seen() -> dict[str, str | None]:
    return {name: _iso(at) for name, at in read_facts_age().seen}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _may_read(key: str) -> bool:
    """Whether the session with this key is still good and its person may read. Unknown: no."""
    asked = HttpRequest()
    asked.session = SessionStore(key)
    person = get_user(asked)
    return bool(person.is_authenticated and denial(person, "read") is None)


async def _aside(read: Callable[[], T]) -> T:
    """What `read` answers, from a thread that keeps no database connection."""

    def read_and_close() -> T:
        try:
            return read()
        finally:
            connections.close_all()

    return await sync_to_async(read_and_close, thread_sensitive=False)()


def _now() -> float:
    return time.monotonic()
