"""PodDisruptionBudgets: policy/v1."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from simulator.kinds.bounds import share_causes, unknown_causes
from simulator.kinds.cells import age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.label_selectors import check_selector
from simulator.values import Obj, dig


def budget_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """At most one of the two bounds, each a count or a share."""
    spec = new.get("spec") or {}
    causes = [*share_causes(spec, ("minAvailable", "maxUnavailable"), "spec")]
    policy = spec.get("unhealthyPodEvictionPolicy")
    causes += unknown_causes(policy, ("AlwaysAllow", "IfHealthyBudget"), "spec.unhealthyPodEvictionPolicy")
    check_selector(spec.get("selector") or {}, "spec.selector", causes)
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        named = [("MinAvailable", "minAvailable"), ("Selector", "selector"), ("MaxUnavailable", "maxUnavailable"),
                 ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy")]  # fmt: skip
        shown = json.dumps({go: spec.get(name) for go, name in named}, separators=(",", ":"))
        causes = [
            Cause("spec", f"Invalid value: {shown}: minAvailable and maxUnavailable cannot be both set"),
            *causes,
        ]
    return causes


def budget_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME MIN-AVAILABLE MAX-UNAVAILABLE ALLOWED-DISRUPTIONS AGE."""
    bounds = [dig(obj, "spec", field) for field in ("minAvailable", "maxUnavailable")]
    least, most = ("N/A" if bound is None else str(bound) for bound in bounds)
    allowed = dig(obj, "status", "disruptionsAllowed") or 0
    return [obj["metadata"]["name"], least, most, allowed, age(obj, now)]


KINDS = (
    Kind(
        "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", versioned=True, short_names=("pdb",),
        subresources=frozenset({"status"}), has_generation=True, validate=budget_causes,
        initial_status={"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
        columns=(NAME, Column("Min Available"), Column("Max Unavailable"),
                 Column("Allowed Disruptions", "integer"), AGE),
        cells=budget_cells,
    ),
)  # fmt: skip
