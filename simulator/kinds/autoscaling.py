"""HorizontalPodAutoscalers: autoscaling/v2."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.causes import forbidden_value, invalid_value, required, unsupported
from simulator.kinds.cells import NONE, age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.quantities import canonical
from simulator.values import Obj, copied, dig

CPU_80: Obj = {"type": "Resource", "resource": {
    "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}  # fmt: skip
SOURCE_OF = {"Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods", "Object": "object",
             "External": "external"}  # fmt: skip
SOURCES = ("resource", "containerResource", "pods", "object", "external")
POLICIES: dict[str, Obj] = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]},
    "scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}  # fmt: skip


def default_autoscaler(draft: Obj) -> None:
    """Defaults of a HorizontalPodAutoscaler."""
    spec = draft.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        spec["metrics"] = [copied(CPU_80)]
    for metric in spec["metrics"]:
        for source in SOURCES:
            target = dig(metric, source, "target") or {}
            for field in ("averageValue", "value"):
                if target.get(field) is not None:
                    target[field] = canonical(target[field])
    for way, rules in POLICIES.items() if spec.get("behavior") else ():
        chosen = spec["behavior"].setdefault(way, {})
        for key, value in rules.items():
            chosen.setdefault(key, copied(value))


def autoscaler_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A target, and bounds that make sense."""
    spec, causes = new["spec"], []
    if not dig(spec, "scaleTargetRef", "name"):
        causes.append(Cause("spec.scaleTargetRef.name", "Required value", "FieldValueRequired"))
    if not dig(spec, "scaleTargetRef", "kind"):
        causes.append(Cause("spec.scaleTargetRef.kind", "Required value", "FieldValueRequired"))
    if "/" in (dig(spec, "scaleTargetRef", "name") or ""):
        causes.append(
            invalid_value("spec.scaleTargetRef.name", spec["scaleTargetRef"]["name"], "may not contain '/'")
        )
    most, least = spec.get("maxReplicas") or 0, spec["minReplicas"]
    causes += _bound_causes(spec, least, most)
    for n, metric in enumerate(spec["metrics"]):
        _check_metric(metric, f"spec.metrics[{n}]", causes)
    for way in POLICIES:
        window = dig(spec, "behavior", way, "stabilizationWindowSeconds") or 0
        if window < 0:
            at = f"spec.behavior.{way}.stabilizationWindowSeconds"
            causes.append(invalid_value(at, window, "must be greater than or equal to zero"))
    return causes


def _bound_causes(spec: Obj, least: int, most: int) -> list[Cause]:
    causes = list[Cause]()
    if least < 1:
        causes.append(invalid_value("spec.minReplicas", least, "must be greater than or equal to 1"))
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in spec["metrics"]):
        words = "must specify at least one Object or External metric to support scaling to zero replicas"
        causes.append(forbidden_value("spec.metrics", words))
    if most < 1:
        causes.append(required("spec.maxReplicas", "must be set and greater than 0"))
    if most < least:
        causes.append(Cause("spec.maxReplicas", f"Invalid value: {most}: must be greater than or equal to "
                            "`minReplicas`"))  # fmt: skip
    return causes


def _check_metric(metric: Obj, at: str, causes: list[Cause]) -> None:
    name = SOURCE_OF.get(metric.get("type") or "")
    if name is None:
        causes.append(unsupported(f"{at}.type", metric.get("type") or "", sorted(SOURCE_OF)))
    elif not metric.get(name):
        causes.append(required(f"{at}.{name}", "must populate information for the given metric source"))
    elif name == "resource":
        _check_resource(metric["resource"], f"{at}.resource", causes)


def _check_resource(source: Obj, at: str, causes: list[Cause]) -> None:
    target, share = source.get("target") or {}, dig(source, "target", "averageUtilization")
    if not source.get("name"):
        causes.append(required(f"{at}.name", "must specify a resource name"))
    if not target.get("type"):
        causes.append(required(f"{at}.target.type", "must specify a metric target type"))
    if target.get("type") not in ("Utilization", "Value", "AverageValue"):
        words = "must be either Utilization, Value, or AverageValue"
        causes.append(invalid_value(f"{at}.target.type", target.get("type") or "", words))
    if share is not None and share < 1:
        causes.append(invalid_value(f"{at}.target.averageUtilization", share, "must be greater than 0"))
    if share is None and target.get("averageValue") is None:
        words = "must set either a target raw value or a target utilization"
        causes.append(required(f"{at}.target.averageUtilization", words))
    elif share is not None and target.get("averageValue") is not None:
        words = "may not set both a target raw value and a target utilization"
        causes.append(forbidden_value(f"{at}.target.averageValue", words))


def autoscaler_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE."""
    spec, target = obj["spec"], obj["spec"]["scaleTargetRef"]
    current = dig(obj, "status", "currentMetrics") or []
    words = [
        _metric_text(metric, current[n] if n < len(current) else {})
        for n, metric in enumerate(spec["metrics"])
    ]
    return [
        obj["metadata"]["name"], f"{target['kind']}/{target['name']}", ", ".join(words) or NONE,
        str(spec["minReplicas"]), spec["maxReplicas"], dig(obj, "status", "currentReplicas") or 0, age(obj, now),
    ]  # fmt: skip


def _metric_text(metric: Obj, current: Obj) -> str:
    source = next((name for name in SOURCES if metric.get(name)), "resource")
    target = dig(metric, source, "target") or {}
    wanted = target.get("averageUtilization")
    now = dig(current, source, "current", "averageUtilization")
    name = dig(metric, source, "name") or dig(metric, source, "metric", "name") or source
    if wanted is None:
        return f"{name}: <unknown>/{target.get('averageValue') or target.get('value')}"
    return f"{name}: {'<unknown>' if now is None else f'{now}%'}/{wanted}%"


KINDS = (
    Kind(
        "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", short_names=("hpa",),
        categories=("all",), subresources=frozenset({"status"}), default=default_autoscaler,
        validate=autoscaler_causes, initial_status={"desiredReplicas": 0, "currentMetrics": None},
        columns=(NAME, Column("Reference"), Column("Targets"), Column("MinPods"), Column("MaxPods"),
                 Column("Replicas"), AGE),
        cells=autoscaler_cells,
    ),
)  # fmt: skip
