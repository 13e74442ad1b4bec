"""`GET /runs/ID/?wait=30&after=EVENT`: the ordinary answer, as soon as there is news.

A plain async view: while it waits it holds no thread and no database connection.
"""

import asyncio
import time

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from journal.models import Event

from .views import RunDetail

LONGEST_S = 60
# Between two looks; a row is the truth, so a lost hint costs no more than this.
LOOK_EVERY_S = 0.25

_answer = sync_to_async(csrf_exempt(RunDetail.as_view()))


@csrf_exempt
async def run_detail(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The run. With `wait`: not before there is an Event after `after`, or the time is over.

    Rights are checked before it waits and again when it answers.
    """
    response = await _answer(request, run_id=run_id)
    wait_s = min(_number(request.GET.get("wait")), LONGEST_S)
    if response.status_code != 200 or not wait_s or "after" not in request.GET:
        return response
    if response.data["last_event"] > _number(request.GET["after"]):
        return response
    await _news(run_id, _number(request.GET["after"]), time.monotonic() + wait_s)
    return await _answer(request, run_id=run_id)


# What the schema is made from.
run_detail.cls = RunDetail  # type: ignore[attr-defined]
run_detail.initkwargs = {}  # type: ignore[attr-defined]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _news(run_id: int, after: int, until: float) -> None:
    while time.monotonic() < until:
        if await _last_event(run_id) > after:
            return
        await asyncio.sleep(LOOK_EVERY_S)


@sync_to_async(thread_sensitive=False)
def _last_event(run_id: int) -> int:
    try:
        last: int | None = Event.objects.filter(run_id=run_id).aggregate(last=Max("id"))["last"]
    finally:
        connection.close()
    return last or 0
