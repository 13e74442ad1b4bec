"""From HTTP answers of an API server to our own errors."""

import json
from typing import Any

from clusters.core.manifests import Manifest
from journal.core.reasons import because

from .protocol import Conflict, Contested, Denied, Invalid, KubeError, NotFound, Unavailable

MESSAGE_MAX = 500
# A server-side apply of an object that does not fit the schema of its kind (a field that it does not have, a
# number for a text, a quantity that is none, the same port twice) is answered with 500 and one of these (seen
# on 1.36.2); it is the object that is wrong, not the server.
SCHEMA_WORDS = ("failed to create typed patch object", "failed to convert new object")


class Expired(Unavailable):
    """A list moved on while its pages were read (410): begin it again."""

    def __init__(self, message: str) -> None:
        super().__init__(because("list-moved-on", message=message), maybe_done=False)


class NoPath(Unavailable):
    """A 404 that is no answer about an object: this path leads nowhere, or not to an API server."""


def parse(status: int, body: bytes, *, write: bool) -> Manifest:
    """The object of a good answer; raises the KubeError of any other. `write`: the call changes things."""
    data = _object(body)
    if (
        data is None and status == 429
    ):  # priority and fairness says it in plain text, before it looks at the request
        return parse_plain(status, body)
    if data is None:
        error = NoPath if status == 404 else Unavailable
        raise error(because("answer-unreadable", status=status), maybe_done=write)
    if 200 <= status < 300:
        return data
    raise error_of(status, data, write=write)


def parse_plain(status: int, body: bytes) -> Manifest:
    """{} for a good answer in plain text, such as that of /readyz; raises the KubeError of any other."""
    if 200 <= status < 300:
        return {}
    raise error_of(status, {"message": body.decode(errors="replace")}, write=False)


def _object(body: bytes) -> Manifest | None:
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def error_of(status: int, data: Manifest, *, write: bool) -> KubeError:
    """The KubeError that an answer with `status` and a `Status` object stands for."""
    message = str(data.get("message", ""))[:MESSAGE_MAX]
    if status == 404:
        return NotFound(because("object-missing", message=message))
    if status == 409:
        return _conflict(data, message)
    if status == 410:
        return Expired(message)
    if status in {401, 403}:
        return Denied(because("cluster-denied", status=status, message=message))
    if status in {400, 405, 413, 415, 422} or (status == 500 and message.startswith(SCHEMA_WORDS)):
        return Invalid(because("object-invalid", message=message))
    maybe_done = write and status >= 500
    return Unavailable(because("cluster-error", status=status, message=message), maybe_done=maybe_done)


def _conflict(data: Manifest, message: str) -> Conflict:
    causes: list[dict[str, Any]] = (data.get("details") or {}).get("causes") or []
    fields = tuple(
        Contested(str(cause.get("field", "")), str(cause.get("message", ""))[:MESSAGE_MAX])
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    )
    if fields:
        names = ", ".join(contested.field for contested in fields)[:MESSAGE_MAX]
        return Conflict(because("fields-contested", fields=names, message=message), fields)
    return Conflict(because("object-moved-on", message=message))
