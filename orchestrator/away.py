"""What broke is answered here: 503 while the database does not answer, else 500.

Django calls this for every error that nobody has caught, whether a view or the session raised it. An outage
is told once in a while and not with a traceback for every request.
"""

import logging
import sys
import time

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from access.api.middleware import PREFIX
from access.api.problems import problem_page

RETRY_AFTER_S = 5
TOLD_EVERY_S = 30.0
# SQLSTATEs of a server that goes, comes or is full. No SQLSTATE: nobody answered.
GONE = ("08", "57P01", "57P02", "57P03", "53300")

log = logging.getLogger(__name__)


class _Told:
    at = float("-inf")


def broken(request: HttpRequest) -> HttpResponse:
    """The answer to the error that is being handled."""
    error = sys.exc_info()[1]
    if error is None or not is_away(error):
        return server_error(request)
    _tell(error)
    if request.path_info.startswith(PREFIX):
        answer = problem_page(503)
    else:
        answer = HttpResponse(render_to_string("503.html"), status=503)
        answer["Cache-Control"] = "no-store"
    answer["Retry-After"] = str(RETRY_AFTER_S)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  (Django's own mark: `_tell` said it)
    return answer


def is_away(error: BaseException) -> bool:
    """Whether the error says that the database cannot be reached, rather than that it refuses something."""
    if isinstance(error, InterfaceError):  # of a connection that is closed already
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError) and (state is None or state.startswith(GONE))


def _tell(error: BaseException) -> None:
    now = time.monotonic()
    if now - _Told.at >= TOLD_EVERY_S:
        _Told.at = now
        log.warning("The database does not answer: %s", type(error.__cause__ or error).__name__)
