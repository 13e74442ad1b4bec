"""What a person approved, as a digest; and the facts that a plan was made of, as a fingerprint."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from journal.core.reasons import Reason

from .impact import Impact
from .partners import Partners, conflict_edges
from .plan import From, Plan, PlannedProd, PlannedStep, Wave


def sealed(plan: Plan) -> Plan:
    """`plan` with its digest."""
    return replace(plan, digest=digest(plan))


def digest(plan: Plan) -> str:
    """SHA-256 (hex) of what will be done and why: the codes of the Reasons, not the numbers in them, so
    that a load that goes from 20 to 21 makes no plan stale."""
    return _sha256(
        {
            "kind": plan.kind,
            "blueprint": plan.blueprint,
            "version": plan.version,
            "waves": [_wave(wave) for wave in plan.waves],
            "excluded": plan.excluded,
            "failure_budget": plan.failure_budget,
            "horizon": plan.horizon and [plan.horizon.wave, plan.horizon.reason.code],
        }
    )


def fingerprint(impacts: Iterable[Impact], partners: Partners) -> str:
    """SHA-256 (hex) of the selected Prods: domain, role, class, where they came from, who shares Routes."""
    rows = sorted(
        [one.prod.name, one.prod.domain, one.prod.role, one.name, *_from(one.prod.came_from)]
        for one in impacts
    )
    names = frozenset(str(row[0]) for row in rows)
    return _sha256({"prods": rows, "edges": conflict_edges(names, partners)})


def _wave(wave: Wave) -> dict[str, Any]:
    return {
        "name": wave.name,
        "parallel": wave.parallel,
        "gates": [_step(gate) for gate in wave.gates],
        "prods": [_prod(prod) for prod in wave.prods],
    }


def _prod(prod: PlannedProd) -> dict[str, Any]:
    return {
        "name": prod.name,
        "reason": prod.reason.code,
        "steps": [_step(step) for step in prod.steps],
        "from": _from(prod.came_from),
        "version": prod.version,
        "held": _code(prod.held),
    }


def _step(step: PlannedStep) -> list[Any]:
    return [step.kind, step.params]


def _from(came_from: From) -> list[str | int]:
    return [came_from.version, came_from.blueprint_revision, came_from.overrides_revision]


def _code(reason: Reason | None) -> str:
    return reason.code if reason else ""


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
