"""Errors as problem details (RFC 9457): what, where, what to do, with stable codes."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from access.permissions import Denied
from journal.core.reasons import FieldErrors, Reason, Refused
from journal.sentences import reason_json

from .idempotency import Replay

CONTENT_TYPE = "application/problem+json"
# A Refused is 409, the state does not allow it, but for these: what is named does not exist.
STATUS_BY_CODE = {
    "run-unknown": 404,
    "token-unknown": 404,
    "person-unknown": 404,
    "step-unknown": 404,
    "prod-not-there": 404,
    "no-such-prod": 404,
    "no-such-cluster": 404,
    "blueprint-unknown": 422,
    "version-unknown": 422,
    "no-version-yet": 422,
    "prod-not-of-blueprint": 422,
    "replicas-autoscaled": 422,
    "prod-unknown": 422,
    "cluster-not-registered": 422,
    "image-missing": 422,
    "replicas-without-component": 422,
    "patch-without-object": 422,
    "label-is-selected": 422,
    "label-is-reserved": 422,
    "component-not-scaled": 422,
    "retire-not-confirmed": 422,
    "component-unknown": 422,
    "exclude-needs-reason": 422,
    "too-many-excluded": 422,
    "reason-needed": 422,
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to `error`; None for what is a bug of ours (Django then answers 500)."""
    if isinstance(error, Replay):
        return _replayed(error)
    response = _response(error)
    if response is not None:
        set_rollback()
        response.content_type = CONTENT_TYPE
    return response


def problem_page(status: int) -> HttpResponse:
    """The problem document where Django answered with an error page: no view of the API was reached, or it
    broke."""
    return problem(status, *_PAGES.get(status, ("error", _("This did not work."))))


def problem(
    status: int, code: str, detail: str | Promise, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A problem document of a view that is none of REST framework's."""
    body = _problem_json(status, code, detail)
    return JsonResponse(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _replayed(error: Replay) -> Response:
    row = error.row
    content_type = CONTENT_TYPE if row.status >= 400 else None
    headers = {"Idempotency-Replayed": "true"}
    return Response(row.body or None, status=row.status, headers=headers, content_type=content_type)


def _response(error: Exception) -> Response | None:
    match error:
        case Refused():
            status = STATUS_BY_CODE.get(error.reasons[0].code, 409)
            return _of_reasons(status, error.reasons)
        case Denied():
            return _of_reasons(403, (error.reason,))
        case FieldErrors():
            return _of_fields([(path, reason_json(reason)) for path, reason in error.errors])
        case exceptions.ValidationError():
            return _of_fields(list(_flat("", error.get_full_details())))
        case RequestDataTooBig():
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return _problem(
                413, "body-too-large", _("The body is too large: at most %(most)s bytes.") % {"most": most}
            )
        case Http404():
            return _problem(404, "not-found", _("There is nothing here."))
        case PermissionDenied():
            return _problem(403, "forbidden", _("You may not do this."))
        case exceptions.APIException():
            return _of_api_exception(error)
    return None


def _of_reasons(status: int, reasons: tuple[Reason, ...]) -> Response:
    said = [reason_json(reason) for reason in reasons]
    text = " ".join(item["text"] for item in said)
    return _problem(status, said[0]["code"], text, reasons=said)


def _of_fields(errors: list[tuple[str, dict[str, Any]]]) -> Response:
    listed = [{"field": path, **item} for path, item in errors]
    text = "; ".join(f"{item['field']}: {item['text']}" for item in listed)
    return _problem(400, "invalid", text, errors=listed)


def _of_api_exception(error: exceptions.APIException) -> Response:
    code = str(error.get_codes() if isinstance(error.get_codes(), str) else error.default_code)
    response = _problem(error.status_code, code.replace("_", "-"), str(error.detail))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _problem(status: int, code: str, detail: str | Promise, **more: Any) -> Response:
    return Response({**_problem_json(status, code, detail), **more}, status=status)


def _problem_json(status: int, code: str, detail: str | Promise) -> dict[str, Any]:
    title = str(_TITLES.get(status, _("Error")))
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": str(detail),
    }


_TITLES = {
    400: _("The request is not valid"),
    401: _("Who are you?"),
    403: _("You may not do this"),
    404: _("Not found"),
    405: _("This method is not offered here"),
    406: _("This form of answer is not offered"),
    409: _("Refused"),
    412: _("Changed meanwhile"),
    413: _("Too large"),
    415: _("This media type is not understood"),
    422: _("The request names something that cannot be"),
    428: _("Say which state you have read"),
    429: _("Too many requests"),
    500: _("Drover broke"),
    503: _("Not now"),
}
_PAGES = {
    400: ("bad-request", _("The request could not be read.")),
    403: ("forbidden", _("You may not do this.")),
    404: ("not-found", _("There is nothing here.")),
    405: ("method-not-allowed", _("This method is not offered here.")),
    503: (
        "database-away",
        _(
            "Drover cannot reach its database. Try again soon; with the same Idempotency-Key nothing is done twice."
        ),
    ),
    500: ("internal-error", _("Drover broke while answering. It is in the log of the web process.")),
}


def _flat(path: str, details: Any) -> list[tuple[str, dict[str, Any]]]:
    """(path, {code, text}) for every error in DRF's nested details."""
    if isinstance(details, list):
        return [found for number, item in enumerate(details) for found in _flat_item(path, number, item)]
    if "message" in details and "code" in details and isinstance(details["message"], str):
        return [(path or "body", {"code": str(details["code"]), "text": details["message"]})]
    return [found for key, item in details.items() for found in _flat(_join(path, key), item)]


def _flat_item(path: str, number: int, item: Any) -> list[tuple[str, dict[str, Any]]]:
    is_error = isinstance(item, dict) and isinstance(item.get("message"), str)
    return _flat(path if is_error else f"{path}[{number}]", item)


def _join(path: str, key: str) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else str(key)
