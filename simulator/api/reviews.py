"""What a user asks about its own rights: authorization.k8s.io and authentication.k8s.io, and TokenRequest."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from simulator.api.bodies import parse_body
from simulator.api.target import Target
from simulator.errors import ApiError, bad_request, invalid, not_found
from simulator.kinds.causes import invalid_value
from simulator.kinds.kind import Kind
from simulator.lifecycle.backend import Backend
from simulator.rights.authorizer import SERVICE_ACCOUNT, Authorizer
from simulator.rights.rules import Ask
from simulator.rights.tokens import AUTHENTICATED, TokenBook, User
from simulator.values import Obj, dig, stamp
from simulator.wire.messages import Request, Response, json_response

TOKEN_LIFE_S, SHORTEST_TOKEN_S = 3600, 600
TOKEN_REQUEST = Kind("authentication.k8s.io", "v1", "TokenRequest", "tokenrequests", virtual=True)


def review(authorizer: Authorizer, user: User, target: Target, request: Request) -> Response:
    """201 with the review and its answer in the status; 400 when it asks nothing."""
    body = parse_body(request)
    spec = body.get("spec") or {} if isinstance(body, dict) else {}
    if target.kind.kind == "SelfSubjectAccessReview":
        status = _access(authorizer, user, spec)
    elif target.kind.kind == "SelfSubjectRulesReview":
        status, spec = _rules(authorizer, user, spec), {}
    else:
        status, spec = {"userInfo": {"username": user.name, "groups": list(user.groups)}}, None
    answer: Obj = {"kind": target.kind.kind, "apiVersion": target.kind.api_version,
                   "metadata": {}}  # fmt: skip
    return json_response({**answer, **({} if spec is None else {"spec": spec}), "status": status}, 201)


def _access(authorizer: Authorizer, user: User, spec: Obj) -> Obj:
    wanted, url = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if wanted is not None and url is not None:
        shown = json.dumps({"Path": url.get("path", ""), "Verb": url.get("verb", "")}, separators=(",", ":"))
        words = f"Invalid value: {shown}: cannot be specified in combination with resourceAttributes"
        raise _invalid_review("spec.nonResourceAttributes", words)
    if wanted is None and url is None:
        words = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise _invalid_review("spec.resourceAttributes", words)
    if wanted is None:
        url = url or {}
        return {"allowed": authorizer.allowed_url(user, url.get("verb", ""), url.get("path", ""))}
    ask = Ask(
        *(wanted.get(key) or "" for key in ("verb", "group", "resource", "subresource", "name", "namespace"))
    )
    return {"allowed": authorizer.allowed(user, ask)}


def _invalid_review(field: str, words: str) -> ApiError:
    cause = {"reason": "FieldValueInvalid", "message": words, "field": field}
    details = {"group": "authorization.k8s.io", "causes": [cause]}
    return ApiError(422, "Invalid", f'.authorization.k8s.io "" is invalid: {field}: {words}', details)


def _rules(authorizer: Authorizer, user: User, spec: Obj) -> Obj:
    if not spec.get("namespace"):
        raise bad_request("no namespace on request")
    rules = [rule.shown() for rule in authorizer.rules_in(user, spec["namespace"])]
    return {
        "resourceRules": [rule for rule in rules if "resources" in rule],
        "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
        "incomplete": False,
    }


def request_token(backend: Backend, book: TokenBook, target: Target, request: Request) -> Response:
    """201 with a new token of a ServiceAccount; 404."""
    if backend.store.get(target.kind.key, target.space, target.name) is None:
        raise not_found(target.kind, target.name)
    seconds = dig(parse_body(request), "spec", "expirationSeconds") or TOKEN_LIFE_S
    if seconds < SHORTEST_TOKEN_S:
        words = "may not specify a duration less than 10 minutes"
        raise invalid(TOKEN_REQUEST, "", [invalid_value("spec.expirationSeconds", seconds, words)])
    until = time.time() + float(seconds)
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{target.space}", AUTHENTICATED)
    token = book.mint(User(f"{SERVICE_ACCOUNT}{target.space}:{target.name}", groups, (), until))
    status = {"token": token, "expirationTimestamp": stamp(datetime.fromtimestamp(until, UTC))}
    return json_response({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                          "metadata": {"name": target.name, "namespace": target.space},
                          "spec": {"expirationSeconds": seconds}, "status": status}, 201)  # fmt: skip
