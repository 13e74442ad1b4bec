"""Errors as a real API server words them: metav1.Status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.kinds.kind import Cause, Kind
from simulator.values import Obj

LOCK_MESSAGE = "the object has been modified; please apply your changes to the latest version and try again"

EXPIRED_PAGE = (  # handleCompactedErrorForPaging in apiserver/pkg/storage
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


class ApiError(Exception):
    """Ends a request with a Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Obj | None = None,
        headers: dict[str, str] | None = None,
        metadata: Obj | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details
        self.headers, self.metadata = headers or {}, metadata or {}

    def status(self) -> Obj:
        """The Status object."""
        status: dict[str, Any] = {
            "kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure",
            "message": self.message,
        }  # fmt: skip
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def _details(kind: Kind, name: str, **more: Any) -> Obj:
    named = {"name": name, "group": kind.group, "kind": kind.plural}
    return {**{key: value for key, value in named.items() if value}, **more}


def not_found(kind: Kind, name: str) -> ApiError:
    """404 for an object."""
    return ApiError(404, "NotFound", f'{kind.qualified} "{name}" not found', _details(kind, name))


def no_such_path() -> ApiError:
    """404 for a path or a kind that is not served."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


class NoSuchGroup(Exception):
    """A path of a group that is not served: upstream answers it in plain text."""


def already_exists(kind: Kind, name: str, *, going: bool = False) -> ApiError:
    """409 for a second object of a name; `going` is the first one's being deleted."""
    message = f'{"object is being deleted: " if going else ""}{kind.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(kind, name))


def conflict(kind: Kind, name: str, why: str = LOCK_MESSAGE) -> ApiError:
    """409 for an outdated resourceVersion or UID."""
    message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(kind, name))


def moved_on(kind: Kind, name: str, why: str) -> ApiError:
    """409 for a deletion of something else than what is there."""
    message = f'Operation cannot be fulfilled on {kind.qualified_kind} "{name}": {why}'
    named = {"name": name, "group": kind.group, "kind": kind.kind}
    return ApiError(409, "Conflict", message, {key: value for key, value in named.items() if value})


def invalid(kind: Kind, name: str, causes: Iterable[Cause]) -> ApiError:
    """422 with every cause."""
    found = list(causes)
    texts = [f"{cause.field}: {cause.message}" for cause in found]
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    named = {"name": name, "group": kind.group, "kind": kind.kind}
    details = {**{key: value for key, value in named.items() if value},
               "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in found]}  # fmt: skip
    return ApiError(422, "Invalid", f'{kind.qualified_kind} "{name}" is invalid: {text}', details)


def invalid_options(of: str, cause: Cause) -> ApiError:
    """422 for what the query of a request says."""
    details = {"group": "meta.k8s.io", "kind": of,
               "causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field}]}  # fmt: skip
    message = f'{of}.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
    return ApiError(422, "Invalid", message, details)


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str, causes: list[Obj] | None = None) -> ApiError:
    """403 for something that admission refuses."""
    message = f'{kind.qualified} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, _details(kind, name, **({"causes": causes} if causes else {})))


def unauthorized() -> ApiError:
    """401."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    """405."""
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
    )


def unsupported_media_type(supported: Iterable[str]) -> ApiError:
    """415."""
    listed = ", ".join(supported)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return ApiError(415, "UnsupportedMediaType", message)


def too_large(version: int, newest: int) -> ApiError:
    """504 for a resourceVersion that is not there yet."""
    words = "Too large resource version"
    return ApiError(504, "Timeout", f"Timeout: {words}: {version}, current: {newest}",
                    {"causes": [{"reason": "ResourceVersionTooLarge", "message": words}],
                     "retryAfterSeconds": 1})  # fmt: skip


def gone(version: int, oldest: int) -> ApiError:
    """410 for a watch from a version that is no longer in the history."""
    return ApiError(410, "Expired", f"too old resource version: {version} ({oldest})")


def expired_page(going_on: str) -> ApiError:
    """410 for a page of a version that is no longer in the history, with a token for the rest as it is now."""
    return ApiError(410, "Expired", EXPIRED_PAGE, metadata={"continue": going_on})
