"""One request through a gateway: choose a backend by weight and health, ask it, pass the answer on."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable

from simulator.dataplane.answers import Answers, Silence, ready_pods
from simulator.dataplane.backends import Backend, Backends
from simulator.dataplane.matching import Rule
from simulator.dataplane.weighing import choose
from simulator.settings import Settings
from simulator.store.store import Store
from simulator.values import Obj
from simulator.wire.client import SILENT, Address, Answer, Pool, Unanswered, request_bytes
from simulator.wire.messages import Request, Response, json_response

HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "expect",
})  # fmt: skip
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class Proxy:
    """The backend side of all gateways of one cluster."""

    def __init__(
        self, store: Store, backends: Backends, answers: Answers, settings: Callable[[], Settings], seed: str
    ) -> None:
        self._store, self._backends, self._answers, self._settings = store, backends, answers, settings
        self._random = random.Random(seed)
        self._pool = Pool()
        self._turns = itertools.count()

    async def answer(self, rule: Rule, request: Request) -> Response:
        """What the rule makes of a request. Dead backends are left out while there is another; one that does not
        exist gets its share. The gateway's own errors: 500 for what cannot be obeyed, 503 when all are dead,
        502 and 504 when the chosen one fails."""
        if rule.spec.get("filters"):
            return refusal(500, "this gateway knows no filters", rule)
        references = rule.spec.get("backendRefs") or []
        weights = [(n, weight) for n, one in enumerate(references) if (weight := one.get("weight", 1)) > 0]
        alive = [(n, weight) for n, weight in weights if self._takes_requests(rule, references[n])]
        if not weights:
            return refusal(500, "no backend has a weight", rule)
        reference = references[choose(alive or weights, rule.memory, self._random)]
        backend = self._backends.find(rule.route[0], reference)
        if backend is None or reference.get("filters"):
            return refusal(500, f"there is no Service {reference['name']} with that port", rule)
        if not alive:
            return _signed(refusal(503, "all backends are dead"), rule, backend)
        return _signed(await self._asked(backend, request), rule, backend)

    def close(self) -> None:
        """Close what is open to backends."""
        self._pool.close()

    def _takes_requests(self, rule: Rule, reference: Obj) -> bool:
        backend = self._backends.find(rule.route[0], reference)
        if backend is None:
            return True
        if backend.by_pods:
            return bool(ready_pods(self._store, backend.service, str(backend.port)))
        return bool(self._backends.alive(backend))

    async def _asked(self, backend: Backend, request: Request) -> Response:
        if backend.by_pods:
            return await self._answered(backend, request)
        alive = self._backends.alive(backend)
        return await self._fetched(alive[next(self._turns) % len(alive)], request)

    async def _answered(self, backend: Backend, request: Request) -> Response:
        """What a pod of this cluster says."""
        settings = self._settings()
        try:
            async with asyncio.timeout(settings.response_timeout):
                answer = await self._answers.of_service(backend.service, request, str(backend.port))
        except TimeoutError:
            return refusal(504, f"a pod of {backend.name} does not answer: {SILENT}")
        except Silence as error:
            await asyncio.sleep(settings.connect_timeout)
            return refusal(504, f"a pod of {backend.name} does not answer: {error}")
        return answer or refusal(503, f"no pod of {backend.name} is ready")

    async def _fetched(self, address: Address, request: Request) -> Response:
        settings = self._settings()
        try:
            answer = await self._pool.ask(
                address, forwarded(request), settings.connect_timeout, settings.response_timeout,
                repeatable=request.method in REPEATABLE,
            )  # fmt: skip
        except Unanswered as error:
            status = 504 if error.why == SILENT else 502
            return refusal(status, f"{address[0]}:{address[1]} does not answer: {error.why}")
        return passed_on(answer)


def refusal(status: int, why: str, route: Rule | None = None) -> Response:
    """An answer of the gateway itself."""
    headers = {"X-Gateway-Route": "/".join(route.route)} if route else {}
    return json_response({"error": why}, status, headers | {"X-Gateway-Error": why})


def _signed(response: Response, rule: Rule, backend: Backend) -> Response:
    """The response with the way that it came, or would have come."""
    response.headers |= {
        "X-Gateway-Route": "/".join(rule.route),
        "X-Gateway-Prod": backend.prod,
        "X-Gateway-Backend": backend.name,
    }
    return response


def forwarded(request: Request) -> bytes:
    """The request as a backend gets it. A HEAD is asked as a GET, whose body then stays here."""
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
    method = "GET" if request.method == "HEAD" else request.method
    return request_bytes(method, request.target, headers, request.body)


def passed_on(answer: Answer) -> Response:
    """A backend's answer as the client gets it."""
    lines = tuple(
        f"{name}: {value}"
        for name, value in answer.headers
        if name not in HOP_BY_HOP and name != "content-type"
    )
    return Response(answer.status, answer.body, answer.header("content-type"), lines=lines)
