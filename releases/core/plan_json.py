"""The stored form of a Plan, and back: an exact round trip."""

from typing import Any

from journal.core.reasons import Reason, because, reason_from_json, reason_to_json
from traffic.core.plan import Left

from .plan import From, Horizon, Plan, PlannedProd, PlannedStep, Wave


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Plain JSON: what the Run stores and the API shows."""
    return {
        "kind": plan.kind,
        "blueprint": plan.blueprint,
        "version": plan.version,
        "waves": [_wave_to_json(wave) for wave in plan.waves],
        "excluded": [{"prod": prod, "why": why} for prod, why in plan.excluded],
        "failure_budget": plan.failure_budget,
        "horizon": plan.horizon
        and {"wave": plan.horizon.wave, "reason": reason_to_json(plan.horizon.reason)},
        "fingerprint": plan.fingerprint,
        "digest": plan.digest,
        "staying": [_left_to_json(left) for left in plan.staying],
    }


def plan_from_json(data: dict[str, Any]) -> Plan:
    """The Plan that `plan_to_json` stored."""
    horizon = data["horizon"]
    return Plan(
        kind=data["kind"],
        blueprint=data["blueprint"],
        version=data["version"],
        waves=tuple(_wave_from_json(wave) for wave in data["waves"]),
        excluded=tuple((item["prod"], item["why"]) for item in data["excluded"]),
        failure_budget=data["failure_budget"],
        horizon=horizon and Horizon(horizon["wave"], _reason(horizon["reason"])),
        fingerprint=data["fingerprint"],
        digest=data["digest"],
        staying=tuple(_left_from_json(left) for left in data.get("staying", ())),  # older plans do not say
    )


def _wave_to_json(wave: Wave) -> dict[str, Any]:
    return {
        "class": wave.name,
        "parallel": wave.parallel,
        "gates": [_step_to_json(gate) for gate in wave.gates],
        "prods": [_prod_to_json(prod) for prod in wave.prods],
    }


def _wave_from_json(data: dict[str, Any]) -> Wave:
    return Wave(
        name=data["class"],
        prods=tuple(_prod_from_json(prod) for prod in data["prods"]),
        parallel=data["parallel"],
        gates=tuple(_step_from_json(gate) for gate in data["gates"]),
    )


def _prod_to_json(prod: PlannedProd) -> dict[str, Any]:
    return {
        "name": prod.name,
        "reason": reason_to_json(prod.reason),
        "steps": [_step_to_json(step) for step in prod.steps],
        "from": {
            "version": prod.came_from.version,
            "blueprint_revision": prod.came_from.blueprint_revision,
            "overrides_revision": prod.came_from.overrides_revision,
        },
        "version": prod.version,
        "held": prod.held and reason_to_json(prod.held),
    }


def _prod_from_json(data: dict[str, Any]) -> PlannedProd:
    return PlannedProd(
        name=data["name"],
        reason=_reason(data["reason"]),
        steps=tuple(_step_from_json(step) for step in data["steps"]),
        came_from=From(**data["from"]),
        version=data["version"],
        held=reason_from_json(data["held"]),
    )


def _left_to_json(left: Left) -> dict[str, Any]:
    return {
        "route": left.route,
        "tenants": left.tenants,
        "load": left.load,
        "why": reason_to_json(left.why),
    }


def _left_from_json(data: dict[str, Any]) -> Left:
    return Left(data["route"], data["tenants"], data["load"], _reason(data["why"]))


def _step_to_json(step: PlannedStep) -> dict[str, Any]:
    return {"kind": step.kind, "params": dict(step.params)}


def _step_from_json(data: dict[str, Any]) -> PlannedStep:
    return PlannedStep(data["kind"], tuple(sorted(data["params"].items())))


def _reason(data: dict[str, Any]) -> Reason:
    return because(data["code"], **data["params"])
