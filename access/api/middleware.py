"""What every answer under /api/ has, whichever view gives it.

A keyed POST is answered once, reads are not sent again to those who have them, limits are told, and an
error is a problem document also where no view was reached.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from . import idempotency
from .problems import problem_page

PREFIX = "/api/"
TAG = re.compile(r'"([^"]*)"')


class Platform:
    """Works beside synchronous and asynchronous views alike."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not request.path.startswith(PREFIX):
            answer: HttpResponseBase = self.get_response(request)
            return answer
        if iscoroutinefunction(self):
            return self._later(request)
        return finish(request, self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        return finish(request, await self.get_response(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """The answer of a keyed POST, carried out, rendered and stored by one thread: a caller who hangs up
        does not keep it from being stored. None: not ours."""
        keyed = request.method == "POST" and idempotency.HEADER in request.headers
        if not keyed or not request.path.startswith(PREFIX) or iscoroutinefunction(view):
            return None
        return idempotency.once(request, view, partial(_rendered, view, request, *args, **kwargs))


def _rendered(view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    answer: Any = view(request, *args, **kwargs)
    found: HttpResponse = answer.render() if hasattr(answer, "render") else answer
    return found


def finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """`response` with what belongs to every answer of the API."""
    if response.status_code >= 400 and response.headers.get("Content-Type", "").startswith("text/html"):
        response = problem_page(response.status_code)
    if count := getattr(request, "rate_limit", None):
        for name, value in count.headers().items():
            response.headers[name] = value
    if request.method in {"GET", "HEAD"} and isinstance(response, HttpResponse):
        return _fresh(request, response)
    return response


def _fresh(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 where the caller has this answer already."""
    if response.status_code != 200:
        return response
    if not response.has_header("ETag"):
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Authorization", "Cookie", "Accept"))
    asked = request.headers.get("If-None-Match", "")[:2000]
    if asked.strip() != "*" and response["ETag"].strip('"') not in TAG.findall(asked):
        return response
    kept = {name: response[name] for name in KEPT if response.has_header(name)}
    return HttpResponse(status=304, headers=kept)


KEPT = ("ETag", "Cache-Control", "Vary", "RateLimit", "RateLimit-Policy", "Date")
