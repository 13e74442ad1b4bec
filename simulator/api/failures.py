"""What an API server that is in trouble says, in its own words."""

from __future__ import annotations

from simulator.errors import ApiError
from simulator.values import Obj
from simulator.wire.messages import Response, json_response, text_response

# (reason, message): of errors from etcd the real server passes on the words, with 500 and no reason.
WORDS = {
    500: ("", "etcdserver: request timed out"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "Timeout: request did not complete within the allotted duration"),
    403: ("Forbidden", "forbidden by the simulator"),
    404: ("NotFound", "the server could not find the requested resource"),
}
TOO_MANY = "Too many requests, please try again later."


def failure(params: Obj) -> Response:
    """The answer that an `error` fault with these parameters gives."""
    status = int(params.get("status", 500))
    if status == 429:
        return too_many(int(params.get("retry_after_s", 1)))
    reason, message = WORDS.get(status, ("", f"the simulator was told to answer {status}"))
    return json_response(ApiError(status, reason, message).status(), status)


def too_many(retry_after_s: int) -> Response:
    """What priority and fairness answers: plain text, no Status. Source: apiserver/pkg/server/filters."""
    response = text_response(TOO_MANY + "\n", 429)
    response.headers |= {"Retry-After": str(retry_after_s), "X-Content-Type-Options": "nosniff"}
    return response
