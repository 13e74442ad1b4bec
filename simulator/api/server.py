"""The door of one cluster: faults, authentication, dispatch, audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulator.api import reads, writes
from simulator.api.aggregated import aggregated, aggregated_asked
from simulator.api.auditing import Auditor
from simulator.api.bodies import media_type
from simulator.api.discovery import VERSION, discover
from simulator.api.eviction import evict
from simulator.api.failures import failure
from simulator.api.logs import FollowedLog, pod_log
from simulator.api.metrics import metrics_of
from simulator.api.openapi import openapi_v2, openapi_v3
from simulator.api.permission import check_ask, check_path, check_permission, create_ask, spoken_for
from simulator.api.proxy import proxied
from simulator.api.reviews import request_token, review
from simulator.api.scale import scale_of
from simulator.api.target import Target, flag, parse_target
from simulator.api.watches import Watch, WatchHub
from simulator.dataplane.answers import Answers
from simulator.errors import ApiError, NoSuchGroup, method_not_allowed, unauthorized
from simulator.faults import Fault, FaultBook
from simulator.kinds.metrics import GROUP as METRICS
from simulator.lifecycle.backend import Backend
from simulator.rights.authorizer import Authorizer
from simulator.rights.tokens import ANONYMOUS, TokenBook, User
from simulator.store.past import Past
from simulator.store.store import Store
from simulator.values import Obj
from simulator.wire.messages import Request, Response, json_response, text_response

TOKEN_PREFIX = "/token/"
WRITES: dict[str, Callable[[Backend, Target, Request], Response]] = {
    "create": writes.create_object,
    "update": writes.replace_object,
    "patch": writes.patch_object,
    "delete": writes.delete_object,
    "deletecollection": writes.delete_collection,
}


class ApiServer:
    """Answers the requests of one cluster."""

    def __init__(
        self, name: str, tokens: TokenBook, backend: Backend, hub: WatchHub, faults: FaultBook, auditor: Auditor,
        answers: Answers,
    ) -> None:  # fmt: skip
        self.name, self.tokens, self.address = name, tokens, ""
        self.authorizer = Authorizer(backend.store)
        self.backend, self.hub, self.faults, self.auditor = backend, hub, faults, auditor
        self.answers = answers

    def refusing(self) -> bool:
        """Whether connections are closed at once."""
        return self.faults.refusing(self.name) is not None

    async def handle(self, request: Request) -> Response | None:
        """The answer; None when the connection has become a stream or is to stay silent."""
        if not await self._let_in(request):
            return None
        self._take_token_from_path(request)
        try:
            return await self._answer(request)
        except ApiError as error:
            return json_response(error.status(), error.code, error.headers)
        except NoSuchGroup:
            return text_response("404 page not found\n", 404)

    async def _let_in(self, request: Request) -> bool:
        """Wait out `hang` and `slow`; False when the client has gone meanwhile."""
        while (hang := self.faults.hanging(self.name)) is not None:
            await hang.released.wait()
        slow = self.faults.active("slow", self.name)
        if slow:
            await asyncio.sleep(float(slow.params.get("delay_s", 1.0)))
        return not request.connection.closed

    async def _answer(self, request: Request) -> Response | None:
        path = request.path.rstrip("/") or "/"
        error = self.faults.error_for(self.name)
        if error:
            return failure(error.params)
        user = self._user(request)
        user = spoken_for(self.authorizer, user, request)
        if path.startswith(("/api/", "/apis/")) and path.count("/") > (2 if path.startswith("/api/") else 3):
            return await self._resource(request, user)
        check_path(self.authorizer, user, request.method, path)
        unversioned = self._unversioned(path, request)
        if unversioned is not None:
            return unversioned
        if aggregated_asked(path, request.headers.get("accept", "")):
            return aggregated(self.backend.registry, path)
        return json_response(discover(path, self.backend.registry, self.address))

    def _take_token_from_path(self, request: Request) -> None:
        """Turn /token/TOKEN/… into a header: Go clients send no bearer token over plain HTTP."""
        if request.path.startswith(TOKEN_PREFIX):
            token, _, rest = request.path.removeprefix(TOKEN_PREFIX).partition("/")
            request.path = "/" + rest
            request.headers.setdefault("authorization", f"Bearer {token}")

    def _user(self, request: Request) -> User:
        """Who asks; nobody in particular without a token, 401 with a wrong one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return ANONYMOUS
        user = self.tokens.user_of(token)
        if user is None:
            raise unauthorized()
        return user

    def _unversioned(self, path: str, request: Request) -> Response | None:
        if path in ("/readyz", "/livez", "/healthz") or path.startswith(("/readyz/", "/livez/")):
            return text_response("ok")
        if path == "/version":
            return json_response(VERSION)
        if path == "/openapi/v2":
            return openapi_v2(self.backend.registry, request.headers.get("accept", ""))
        if path.startswith("/openapi/v3"):
            return openapi_v3(self.backend.registry, path)
        if not path.startswith(("/api", "/apis")):
            return text_response("404 page not found\n", 404)
        return None

    async def _resource(self, request: Request, user: User) -> Response | None:
        target = parse_target(request, self.backend.registry)
        hold = self._hold(request, target)
        if hold and hold.params.get("when", "before") == "before":
            await hold.released.wait()
        entry = self.auditor.begin(request, target, user.name)
        try:
            self._check(request, target, user)
            response = await self._dispatch(request, target, user)
        except ApiError as error:
            self.auditor.end(entry, error.code, target)
            raise
        self.auditor.end(entry, response.status if response else 200, target, response)
        if hold and hold.params.get("when") == "after":
            await hold.released.wait()
        return response

    def _hold(self, request: Request, target: Target) -> Fault | None:
        facts: Obj = {
            "verb": target.verb, "resource": target.kind.plural, "namespace": target.namespace,
            "name": target.name, "subresource": target.subresource,
            "user_agent": request.headers.get("user-agent", ""),
        }  # fmt: skip
        return self.faults.hold_for(self.name, facts)

    def _check(self, request: Request, target: Target, user: User) -> None:
        """403 unless the user may; an apply that creates needs the right to create, too."""
        check_permission(self.authorizer, user, target, request)
        applies = target.verb == "patch" and media_type(request) == writes.APPLY_TYPE
        if applies and self.backend.store.get(target.kind.key, target.space, target.name) is None:
            check_ask(self.authorizer, user, create_ask(target))

    async def _dispatch(self, request: Request, target: Target, user: User) -> Response | None:
        if target.kind.virtual:
            return self._virtual(request, target, user)
        if not target.subresource and target.verb not in target.kind.verbs:
            raise method_not_allowed()
        if target.subresource == "eviction":
            return evict(self.backend, target, request)
        if target.subresource == "token" and target.verb == "create":
            return request_token(self.backend, self.tokens, target, request)
        if target.subresource == "proxy":
            return await proxied(self.backend, self.answers, target, request)
        if stream := self._stream(request, target):
            stream.start(request)
            return None
        if target.verb == "get":
            return self._get(request, target)
        if target.verb == "list":
            return reads.list_objects(self._seen(request), target, request)
        if target.subresource in ("log",) or target.verb not in WRITES:
            raise method_not_allowed()
        return WRITES[target.verb](self.backend, target, request)

    def _stream(self, request: Request, target: Target) -> Watch | FollowedLog | None:
        if target.verb == "watch":
            return Watch(self.hub, target, request)
        follows = target.subresource == "log" and target.verb == "get" and flag(request, "follow")
        return FollowedLog(self.hub, target, request) if follows else None

    def _virtual(self, request: Request, target: Target, user: User) -> Response:
        if target.verb not in target.kind.verbs:
            raise method_not_allowed()
        if target.kind.group == METRICS:
            return metrics_of(self.backend.store, target, request)
        return review(self.authorizer, user, target, request)

    def _get(self, request: Request, target: Target) -> Response:
        if target.subresource == "log":
            return pod_log(self.backend.store, target, request)
        if target.subresource == "scale":
            obj = reads.stored_object(self._seen(request), target)
            return json_response(scale_of(target.kind, target.kind.seen(obj)))
        return reads.get_object(self._seen(request), target, request)

    def _seen(self, request: Request) -> Store | Past:
        """What a get or list is answered from."""
        fault = self.faults.active("past", self.name)
        fresh = fault and fault.params.get("how") == "cache" and not request.query.get("resourceVersion")
        return self.backend.store if fresh else self.hub.seen
