"""Entity tags (RFC 9110): answers that a reader has already, and writes on what a writer has read.

Every detail has a strong tag of two halves, `"STEADY.WHOLE"`: STEADY is of what people set, WHOLE of all
that is shown. `If-None-Match` compares the whole tag, so nobody misses news. `If-Match` compares STEADY, so
that a pod that came and went in between keeps nobody from a change that nobody else has made.
"""

import hashlib
import json
from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from journal.retrying import retried

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST = 2000  # characters of an If-Match header


class Changed(APIException):
    """412: somebody changed it since it was read."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed-meanwhile"
    default_detail = _("It is not what you have read: somebody has changed it. Read it again, then decide.")


class MustMatch(APIException):
    """428: two people could overwrite each other here."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "if-match-needed"
    default_detail = _(
        "Send the ETag that you have read as If-Match, so that nobody's change is overwritten."
    )


class Conditional(APIView):
    """A mixin for views of one thing. GET gets an `ETag`; `If-Match` is honoured on every write.

    `volatile`: fields of the representation that change by themselves and belong to no write; `list.field` is one
    of each thing in a list. Not for views that speak to others (`outside`): the write is one transaction.
    `must_match`: methods that answer 428 without If-Match: those that replace what another person may
    have written as a whole. `guards`: the view whose GET shows what this one changes; None: this one.
    """

    volatile: tuple[str, ...] = ()
    must_match: frozenset[str] = frozenset()
    guards: "type[Conditional] | None" = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """With If-Match, comparing and writing are one transaction: of two writers one gets 412."""
        if request.method not in UNSAFE or "If-Match" not in request.headers:
            return super().dispatch(request, *args, **kwargs)
        return self._dispatch_as_one(request, *args, **kwargs)

    @retried
    def _dispatch_as_one(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked = request.headers.get("If-Match")
        if request.method not in UNSAFE:
            return
        if asked is None and request.method in self.must_match:
            raise MustMatch
        if asked is not None:
            _ = request._request.body  # noqa: SLF001  (kept, or who begins anew would find it read)
            lock_thing(self.guards or type(self), kwargs)
            self._compare(request, asked, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        done: Response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and done.status_code == 200 and isinstance(done.data, dict):
            done["ETag"] = tag_of(done.data, self.volatile)
        return done

    def _compare(self, request: Request, asked: str, *args: Any, **kwargs: Any) -> None:
        shown: Any = self
        if self.guards is not None:
            shown = self.guards(request=request, args=args, kwargs=kwargs, format_kwarg=None)
        current = tag_of(shown.get(request, *args, **kwargs).data, shown.volatile)
        if len(asked) > MOST or not matches(asked, current):
            raise Changed


def lock_thing(shown_by: type[Conditional], named: dict[str, Any]) -> None:
    """Until the transaction ends, no other conditional write to this thing compares or writes, whatever it
    changes of it."""
    told = f"{shown_by.__module__}.{shown_by.__qualname__} {sorted(named.items())}"
    number = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def tag_of(shown: dict[str, Any], volatile: tuple[str, ...] = ()) -> str:
    """The strong entity tag of a representation."""
    return f'"{_digest(steady_of(shown, volatile))}.{_digest(shown)}"'


def steady_of(shown: dict[str, Any], volatile: Collection[str]) -> dict[str, Any]:
    """What of `shown` only people change.

    >>> steady_of({"name": "edge", "at": 1, "rows": [{"name": "a", "at": 2}]}, ("at", "rows.at"))
    {'name': 'edge', 'rows': [{'name': 'a'}]}
    """
    inner: dict[str, list[str]] = {}
    for name in volatile:
        listed, _dot, field = name.partition(".")
        inner.setdefault(listed, []).append(field)
    return {
        name: [steady_of(one, inner[name]) for one in value] if name in inner else value
        for name, value in shown.items()
        if name not in volatile
    }


def matches(asked: str, current: str) -> bool:
    """Whether If-Match `asked` (`*` or tags) names what is steady in `current`. Weak tags never match.

    >>> matches('"aa.11", "bb.22"', '"bb.99"'), matches('W/"bb.22"', '"bb.22"'), matches("*", '"x.y"')
    (True, False, True)
    """
    if asked.strip() == "*":
        return True
    tags = [tag.strip() for tag in asked.split(",")]
    return any(_steady(tag) == _steady(current) for tag in tags if tag.startswith('"'))


def _steady(tag: str) -> str:
    return tag.strip('"').split(".")[0]


def _digest(shown: dict[str, Any]) -> str:
    text = json.dumps(shown, sort_keys=True, cls=JSONEncoder, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]
