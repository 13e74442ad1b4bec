"""What the generated schema does not know: problems, headers and examples that hold for every operation."""

from collections.abc import Iterator
from typing import Any, Final

from .api_examples import ANSWERS, INVALID, PROBLEM, REQUESTS

PREFIX: Final = "/api/v1"
METHODS: Final = ("get", "post", "put", "patch", "delete")
JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"

SAID: Final = {
    "400": "A field is missing or wrong: `errors` names each.",
    "401": "No token, or one that is wrong, expired or revoked.",
    "403": "Your role may not do this.",
    "404": "There is nothing here.",
    "409": "The state does not allow it: `reasons` says why. Nothing was changed.",
    "412": "Somebody has changed it since it was read. Nothing was changed.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The request names something that cannot be. Nothing was changed.",
    "428": "Send If-Match here.",
    "429": "Too many requests: wait as Retry-After says.",
    "503": "Too many wait already: come back.",
}
_TEXT: Final = {"type": "string"}
_REASON: Final = {
    "type": "object",
    "properties": {"code": _TEXT, "params": {"type": "object"}, "text": _TEXT},
    "required": ["code", "text"],
}
PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable: decide by it"},
        "detail": {"type": "string", "description": "for people"},
        "errors": {
            "type": "array",
            "description": "what is wrong with each field",
            "items": {
                "type": "object",
                "properties": {"field": _TEXT, "code": _TEXT, "params": {"type": "object"}, "text": _TEXT},
                "required": ["field", "code", "text"],
            },
        },
        "reasons": {"type": "array", "items": _REASON},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
HEADERS: Final = {
    "ETag": {"description": "for If-None-Match and If-Match", "schema": _TEXT},
    "RateLimit": {"description": "how many requests are left, and until when", "schema": _TEXT},
    "RateLimit-Policy": {"description": "how many requests there are in a window", "schema": _TEXT},
    "Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}},
}
PARAMETERS: Final = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Chosen by you, kept for a day: the same request again is answered, not done again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that you have read: 412 if somebody has changed it since.",
        "schema": _TEXT,
    },
}


def complete_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: the schema with what holds everywhere. Nothing but `result` is read."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["ProblemDetails"] = PROBLEM_SCHEMA
    components["headers"] = HEADERS
    components["parameters"] = PARAMETERS
    components["responses"] = {f"Problem{status}": _problem(status) for status in SAID}
    for method, path, operation in _operations(result):
        _add_parameters(operation, method)
        _add_examples(operation, method, path)
        _add_headers(operation)
        _add_problems(operation, method, path)
    return result


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        if path.startswith(PREFIX):
            for method in METHODS:
                if method in item:
                    yield method, path.removeprefix(PREFIX), item[method]


def _add_parameters(operation: dict[str, Any], method: str) -> None:
    given = operation.setdefault("parameters", [])
    if method == "post":
        given.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation.get("x-conditional"):
        given.append({"$ref": "#/components/parameters/IfMatch"})


def _add_examples(operation: dict[str, Any], method: str, path: str) -> None:
    example = REQUESTS.get((method, path))
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if example is not None:
            media["example"] = example
    for status, response in operation["responses"].items():
        if (method, path, status) in ANSWERS:
            response["content"][JSON]["example"] = ANSWERS[method, path, status]


def _add_headers(operation: dict[str, Any]) -> None:
    limits = ("RateLimit", "RateLimit-Policy")
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            names = (*limits, "ETag") if status == "200" else limits
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _add_problems(operation: dict[str, Any], method: str, path: str) -> None:
    responses = operation["responses"]
    for status in sorted(_statuses(operation, method, path)):
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(operation: dict[str, Any], method: str, path: str) -> set[str]:
    found = {"400", "401", "403", "429"}
    if "{" in path:
        found |= {"404", "422"}
    if method == "get":
        return found | ({"503"} if path == "/runs/{run_id}/" else set())
    found |= {"404", "409", "413", "415", "422"}
    found |= {"412"} if operation.get("x-conditional") else set()
    return found | ({"428"} if operation.get("x-must-match") else set())


def _problem(status: str) -> dict[str, Any]:
    example = {"400": INVALID, "409": PROBLEM}.get(status)
    media: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    if example:
        media["example"] = example
    said: dict[str, Any] = {"description": SAID[status], "content": {PROBLEM_JSON: media}}
    if status in {"409", "429", "503"}:
        said["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return said
