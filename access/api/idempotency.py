"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that is sent again is done once.

A key is a person's own. Its row, what the view changes and the answer are one transaction: whatever breaks
on the way, rendering included, leaves either all of it or nothing, so the same request may always be sent
again. Views that speak to others while they answer (`outside`) hold no transaction meanwhile: their row is
committed first, and after a breakdown nobody claims to know what became of it.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.models import IdempotencyKey
from journal.retrying import retried

if TYPE_CHECKING:
    from rest_framework.views import APIView

HEADER = "Idempotency-Key"
KEEP = timedelta(hours=24)
# No request of ours takes longer; one that is still without an answer then never gets one.
UNDER_WAY = timedelta(minutes=2)
TRIM = 200  # old rows per new one
# Nothing was tried yet: the same key may try again.
NOT_TRIED = frozenset({401, 403, 412, 413, 415, 428, 429})


class Replay(Exception):
    """This was answered before."""

    def __init__(self, row: IdempotencyKey) -> None:
        super().__init__("replay")
        self.row = row


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency-key-reused"
    default_detail = _("This Idempotency-Key was used for another request: use a new one.")


class KeyInUse(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency-key-in-use"
    default_detail = _("The first request with this Idempotency-Key is still under way.")
    wait = 1


class OutcomeUnknown(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency-outcome-unknown"
    default_detail = _(
        "The first request with this Idempotency-Key was cut off: it may or may not have been carried out. "
        "Look at what it would have changed (GET /api/v1/events/ has whatever was done); if nothing was, send it "
        "again with a new key."
    )


class ShownOnce(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "shown-once"
    default_detail = _(
        "The first request with this Idempotency-Key was carried out. Its answer had a secret, which is "
        "shown once and stored nowhere: if it was lost, revoke what was made and make another."
    )


class Once(BasePermission):
    """Lets a POST with a key through the first time. Comes after the permission table was asked."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        text = request.headers.get(HEADER)
        if request.method == "POST" and text is not None:
            _begin(request, checked_key(text))
        return True


def checked_key(text: str) -> str:
    """The key, without the quotes that the draft puts around it. Raises ValidationError."""
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not 1 <= len(key) <= 255 or not (key.isascii() and key.isprintable()):
        raise ValidationError({HEADER: [_("1 to 255 printable ASCII characters.")]}, code="invalid")
    return key


def _begin(request: Request, key: str) -> None:
    now = timezone.now()
    IdempotencyKey.objects.filter(person=request.user, key=key, created_at__lt=now - KEEP).delete()
    row, new = IdempotencyKey.objects.get_or_create(
        person=request.user, key=key, defaults={"fingerprint": fingerprint(request), "created_at": now}
    )
    if not new:
        _answered(row, request)
    request._request.idempotency = row  # noqa: SLF001  (`store` reads it)


def _answered(row: IdempotencyKey, request: Request) -> None:
    if row.fingerprint != fingerprint(request):
        raise KeyReused
    if row.status is None:
        raise KeyInUse if timezone.now() - row.created_at < UNDER_WAY else OutcomeUnknown
    if row.status >= 500:
        raise OutcomeUnknown
    if row.body is None:
        raise ShownOnce
    raise Replay(row)


def fingerprint(request: Request) -> str:
    """SHA-256 of method, path with query, and body."""
    told = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(told + request._request.body).hexdigest()  # noqa: SLF001


def once(request: HttpRequest, view: Callable[..., Any], answer: Callable[[], HttpResponse]) -> HttpResponse:
    """What `answer` gives, carried out and stored for whoever sends the same again."""
    _trim()
    if calls_outside(request, view):
        return _apart(request, answer)
    return _together(request, answer)


@retried
def _together(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    with transaction.atomic():
        response = answer()
        if response.status_code >= 500:
            transaction.set_rollback(True)
        else:
            _store(request, response)
    return response


def calls_outside(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """What the view says of itself as `outside`: True, or a function of the request."""
    outside = getattr(getattr(view, "cls", None), "outside", False)
    return bool(outside(request) if callable(outside) else outside)


def _apart(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    status = 500
    try:
        response = answer()
        status = response.status_code
    finally:
        row = getattr(request, "idempotency", None)
        if row and status >= 500:
            IdempotencyKey.objects.filter(pk=row.pk).update(status=status)
    _store(request, response)
    return response


def _trim() -> None:
    """Forget some of what is older than a day; two at once take different rows."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEEP)
    with transaction.atomic():
        some = old.select_for_update(skip_locked=True).order_by("created_at").values_list("pk", flat=True)
        IdempotencyKey.objects.filter(pk__in=list(some[:TRIM])).delete()


def _store(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer, but for those before which nothing was tried: their key is free again."""
    row: IdempotencyKey | None = getattr(request, "idempotency", None)
    if row is None or response.status_code >= 500:
        return
    if response.status_code in NOT_TRIED:
        IdempotencyKey.objects.filter(pk=row.pk).delete()
        return
    secret = getattr(response, "shown_once", False)
    stored = {"status": response.status_code, "body": None if secret else _body(response)}
    # A conditional write that was refused has rolled its key's row back with it.
    IdempotencyKey.objects.update_or_create(
        person_id=row.person_id,
        key=row.key,
        defaults=stored,
        create_defaults=stored | {"fingerprint": row.fingerprint, "created_at": row.created_at},
    )


def _body(response: HttpResponse) -> Any:
    """What was answered, as JSON; an answer without a body is stored as an empty object."""
    return json.loads(response.content) if response.content else {}
