"""services/NAME:PORT/proxy and pods/NAME/proxy: HTTP to the simulated workloads."""

from __future__ import annotations

from dataclasses import replace

from simulator.api.target import Target
from simulator.dataplane.answers import Answers, Silence
from simulator.errors import ApiError, not_found
from simulator.lifecycle.backend import Backend
from simulator.wire.messages import Request, Response


async def proxied(backend: Backend, answers: Answers, target: Target, request: Request) -> Response:
    """What the workload answers; 503 when no pod of a Service is ready."""
    scheme_name_port = target.name.split(":")
    name = scheme_name_port[1] if len(scheme_name_port) == 3 else scheme_name_port[0]
    port = scheme_name_port[-1] if len(scheme_name_port) > 1 else ""
    obj = backend.store.get(target.kind.key, target.space, name)
    if obj is None:
        raise not_found(target.kind, name)
    inner = replace(request, path="/" + target.rest)
    try:
        if target.kind.plural == "pods":
            return await answers.of_pod(obj, inner)
        response = await answers.of_service(obj, inner, port)
    except Silence as error:
        raise ApiError(503, "ServiceUnavailable", f"error trying to reach service: {error}") from error
    if response is None:
        message = f'no endpoints available for service "{target.name}"'
        raise ApiError(503, "ServiceUnavailable", message)
    return response
