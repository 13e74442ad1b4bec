"""pods/eviction: a deletion that disruption budgets may refuse. Source: pkg/registry/core/pod/storage/eviction.go."""

from __future__ import annotations

from simulator.api.bodies import parse_body
from simulator.api.target import Target, is_dry_run
from simulator.controllers.disruptions import BUDGETS, budgets_of
from simulator.controllers.readiness import is_ending, is_finished_pod, ready_since
from simulator.errors import ApiError, bad_request, not_found
from simulator.lifecycle.backend import Backend
from simulator.lifecycle.deletion import delete, parse_options
from simulator.values import Obj, dig, stamp
from simulator.wire.messages import Request, Response, json_response

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def evict(backend: Backend, target: Target, request: Request) -> Response:
    """201 when the pod is being deleted; 429 when a budget forbids it for now; 404."""
    pod = backend.store.get(target.kind.key, target.space, target.name)
    if pod is None:
        raise not_found(target.kind, target.name)
    body = parse_body(request)
    if (dig(body, "metadata", "name") or "") != target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    wanted = body.get("deleteOptions") or {} if isinstance(body, dict) else {}
    options = parse_options(wanted, is_dry_run(request, wanted))
    if not is_finished_pod(pod) and not is_ending(pod) and dig(pod, "status", "phase") != "Pending":
        _spend_budget(backend, pod, options.dry_run)
    delete(
        backend, target.kind, backend.store.get(target.kind.key, target.space, target.name) or pod, options
    )
    return json_response(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )


def _spend_budget(backend: Backend, pod: Obj, dry_run: bool) -> None:
    budgets = budgets_of(backend, pod)
    if len(budgets) > 1:
        raise ApiError(500, "InternalError", "This pod has more than one PodDisruptionBudget, which the eviction "
                       "subresource does not support.")  # fmt: skip
    if not budgets or (ready_since(pod) is None and _lets_unhealthy_go(budgets[0])):
        return
    budget, status = budgets[0], budgets[0].get("status") or {}
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        raise _too_many(f"The disruption budget {name} is still being processed by the server.")
    if status.get("disruptionsAllowed", 0) < 1:
        raise _too_many(f"The disruption budget {name} needs {status['desiredHealthy']} healthy pods and has "
                        f"{status['currentHealthy']} currently")  # fmt: skip
    if not dry_run:
        disrupted = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: stamp()}
        spent = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": disrupted}
        backend.store.put(BUDGETS, {**budget, "status": spent})


def _lets_unhealthy_go(budget: Obj) -> bool:
    if dig(budget, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    return status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0


def _too_many(cause: str) -> ApiError:
    details = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    return ApiError(429, "TooManyRequests", REFUSED, details)
