"""`GET /runs/ID/?wait=30&after=EVENT`: the ordinary answer, as soon as there is news.

A plain async view: while it waits it holds no database connection.
"""

import asyncio
import time

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from access.api.problems import problem
from journal.hub import HUB, Message
from journal.models import Event

from .serializers import WaitSerializer
from .views import RunDetail

# Hints say when to look; a row is the truth, so a hint that is lost costs no more than this.
LOOK_EVERY_S = 2.0

# Who asks for more at once is told to come back: each one that waits keeps a thread of the server.
MOST_WAITING = 200
_view = csrf_exempt(RunDetail.as_view())


@sync_to_async
def _answer(request: HttpRequest, run_id: int) -> HttpResponseBase:
    try:
        _look_again(request)
        return _view(request, run_id=run_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the request goes on, its connection need not


def _look_again(request: HttpRequest) -> None:
    """Whose session it is now: the one that was read before the wait may have ended meanwhile."""
    session = getattr(request, "session", None)
    if session is not None:
        request.session = SessionStore(session.session_key)
        request.user = get_user(request)


_waiting: set[HttpRequest] = set()


@csrf_exempt
async def run_detail(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The run. With `wait`: not before there is an Event after `after`, or the time is over. 503 with
    Retry-After where `MOST_WAITING` wait already.

    Rights are checked before it waits and again when it answers.
    """
    response = await _answer(request, run_id)
    if response.status_code != 200:
        return response
    asked = WaitSerializer(data=request.GET.dict())
    asked.is_valid(raise_exception=True)  # or it were no 200
    wait_s, after = asked.validated_data["wait"], asked.validated_data.get("after", 0)
    if not wait_s or response.data["last_event"] > after:
        return response
    if len(_waiting) >= MOST_WAITING:
        text = _("%(most)s wait already: come back in some seconds.") % {"most": MOST_WAITING}
        return problem(503, "too-many-waiting", text, {"Retry-After": "5"})
    _waiting.add(request)
    try:
        await _news(run_id, after, time.monotonic() + wait_s)
    finally:
        _waiting.discard(request)
    return await _answer(request, run_id)


# What the schema is made from.
run_detail.cls = RunDetail  # type: ignore[attr-defined]
run_detail.initkwargs = {}  # type: ignore[attr-defined]


async def _news(run_id: int, after: int, until: float) -> None:
    """Returns once there is an Event after `after`, or at `until` (monotonic seconds)."""
    queue = HUB.join()
    try:
        while await _last_event(run_id) <= after and (left_s := until - time.monotonic()) > 0:
            await _hint(queue, run_id, min(left_s, LOOK_EVERY_S))
    finally:
        HUB.leave(queue)


async def _hint(queue: "asyncio.Queue[Message]", run_id: int, most_s: float) -> None:
    """Returns when something is said of the Run, or after `most_s`."""
    try:
        async with asyncio.timeout(most_s):
            while f"run:{run_id}" not in (await queue.get()).data.get("topics", ()):
                pass
    except TimeoutError:
        return


@sync_to_async(thread_sensitive=False)
def _last_event(run_id: int) -> int:
    try:
        last: int | None = Event.objects.filter(run_id=run_id).aggregate(last=Max("id"))["last"]
    finally:
        connection.close()
    return last or 0
