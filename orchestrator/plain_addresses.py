"""Addresses that are no text: 400, whichever route they would have led to.

PostgreSQL stores no NUL, so that each query for such a name would fail; and no name of ours has a character
that cannot be seen. In the query of a page lines may break, as in a text field of a form.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from access.api.middleware import PREFIX
from access.api.problems import problem_page

IN_PATH = re.compile(r"[\x00-\x1f\x7f]")
IN_QUERY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class PlainAddresses:
    """Lets asynchronous views stay asynchronous."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._later(request)
        return _refused(request) or self.get_response(request)

    async def _later(self, request: HttpRequest) -> Any:
        return _refused(request) or await self.get_response(request)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The problem document; None: the address is plain. Raises BadRequest, which becomes the page."""
    query = unquote_plus(request.META.get("QUERY_STRING", ""))
    is_api = request.path_info.startswith(PREFIX)
    in_query = IN_PATH if is_api else IN_QUERY
    if not IN_PATH.search(request.path_info) and not in_query.search(query):
        return None
    if is_api:
        return problem_page(400)
    raise BadRequest("The address has characters that no text may have.")
