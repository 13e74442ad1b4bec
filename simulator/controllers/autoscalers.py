"""HorizontalPodAutoscaler → replicas of its target. Source: pkg/controller/podautoscaler.

The load is what a person has set (see `loads`); without one the autoscaler only keeps to its bounds.
"""

from __future__ import annotations

import math

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.recorder import NORMAL
from simulator.lifecycle.backend import Author
from simulator.lifecycle.signing import put_signed
from simulator.lifecycle.updating import update
from simulator.store.store import Commit
from simulator.values import Obj, copied, dig, full_name, stamp

AUTOSCALERS = "autoscaling/horizontalpodautoscalers"
TARGETS = {
    "Deployment": "apps/deployments",
    "StatefulSet": "apps/statefulsets",
    "ReplicaSet": "apps/replicasets",
}
AUTHOR = Author("kube-controller-manager", "scale")
TOLERANCE, LAG_S = 0.1, 0.02


class Autoscalers:
    """The horizontal autoscaler of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.queue = WorkQueue("autoscalers", self.reconcile)
        self.store.listen(self._wake, AUTOSCALERS)
        for kind in TARGETS.values():
            self.store.listen(self._wake_by_target, kind)
        context.loads.listen(self._wake_of)

    def start(self) -> None:
        """Look at every autoscaler once."""
        for autoscaler in self.store.each(AUTOSCALERS):
            self.queue.add(full_name(autoscaler))

    def _wake(self, commit: Commit) -> None:
        self.queue.add(full_name(commit.new), LAG_S)

    def _wake_by_target(self, commit: Commit) -> None:
        self._wake_of(full_name(commit.new))

    def _wake_of(self, target: Key) -> None:
        for autoscaler in self.store.each(AUTOSCALERS, target[0]):
            if dig(autoscaler, "spec", "scaleTargetRef", "name") == target[1]:
                self.queue.add(full_name(autoscaler), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Scale the target of one autoscaler as load and bounds want, and write the status."""
        autoscaler = self.store.get(AUTOSCALERS, *key)
        if autoscaler is None or autoscaler["metadata"].get("deletionTimestamp"):
            return
        reference = autoscaler["spec"]["scaleTargetRef"]
        kind = TARGETS.get(reference["kind"])
        target = self.store.get(kind, key[0], reference["name"]) if kind else None
        if kind is None or target is None:
            message = f'the HPA controller was unable to get the target\'s current scale: {reference["kind"].lower()}s "{reference["name"]}" not found'
            self._write(autoscaler, {"conditions": [("AbleToScale", False, "FailedGetScale", message)]})
            return
        current = int(target["spec"].get("replicas", 1))
        if not current:
            off = (
                "ScalingActive",
                False,
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero",
            )
            self._write(autoscaler, {"currentReplicas": 0, "desiredReplicas": 0, "conditions": [off]})
            return
        load = self.context.loads.of((key[0], reference["name"]))
        desired, limited = _desired(autoscaler["spec"], current, load)
        if desired != current:
            self._scale(autoscaler, kind, target, desired)
        self._write(autoscaler, _facts(autoscaler, current, desired, limited, load), desired != current)

    def _scale(self, autoscaler: Obj, kind: str, target: Obj, replicas: int) -> None:
        draft = copied(target)
        draft["spec"]["replicas"] = replicas
        update(self.backend, self.backend.registry.by_key(kind), target, draft, AUTHOR)
        self.context.recorder.record(autoscaler, NORMAL, "SuccessfulRescale", f"New size: {replicas}; reason: load or "
                                     "bounds", "horizontal-pod-autoscaler")  # fmt: skip

    def _write(self, autoscaler: Obj, facts: Obj, scaled: bool = False) -> None:
        old = autoscaler.get("status") or {}
        conditions = [_condition(old, *entry) for entry in facts["conditions"]]
        status = {
            "currentReplicas": 0,
            "desiredReplicas": 0,
            "currentMetrics": None,
            **facts,
            "conditions": conditions,
        }
        if scaled or old.get("lastScaleTime"):
            status["lastScaleTime"] = stamp() if scaled else old["lastScaleTime"]
        if status != old:
            put_signed(self.backend, AUTOSCALERS, autoscaler, {**autoscaler, "status": status})


def _target_percent(spec: Obj) -> tuple[str, int] | None:
    """(resource, target utilisation) of the first metric that has one."""
    for metric in spec["metrics"]:
        percent = dig(metric, "resource", "target", "averageUtilization")
        if percent:
            return str(metric["resource"]["name"]), int(percent)
    return None


def _desired(spec: Obj, current: int, load: float | None) -> tuple[int, bool]:
    """(how many replicas there should be, whether a bound decided that).

    >>> spec = {"minReplicas": 1, "maxReplicas": 5, "metrics": [
    ...     {"resource": {"name": "cpu", "target": {"averageUtilization": 80}}}]}
    >>> _desired(spec, 2, 240.0), _desired(spec, 2, 900.0), _desired(spec, 9, None), _desired(spec, 2, 150.0)
    ((3, False), (4, True), (5, True), (2, False))
    """
    target, wanted = _target_percent(spec), current
    if target and load is not None and abs(load / current / target[1] - 1) > TOLERANCE:
        wanted = math.ceil(load / target[1])
    bounded = min(
        max(wanted, spec["minReplicas"]), spec["maxReplicas"], max(current * 2, 4, spec["minReplicas"])
    )
    return bounded, bounded != wanted


def _facts(autoscaler: Obj, current: int, desired: int, limited: bool, load: float | None) -> Obj:
    target = _target_percent(autoscaler["spec"])
    known = load is not None and target is not None
    metrics = None
    if load is not None and target is not None:
        used = {"averageUtilization": round(load / current), "averageValue": f"{round(load / current)}m"}
        metrics = [{"type": "Resource", "resource": {"name": target[0], "current": used}}]
    return {"currentReplicas": current, "desiredReplicas": desired, "currentMetrics": metrics, "conditions": [
        ("AbleToScale", True, "ReadyForNewScale", "recommended size matches current size"),
        ("ScalingActive", known, "ValidMetricFound" if known else "FailedGetResourceMetric",
         "the HPA was able to successfully calculate a replica count" if known else "no load has been set"),
        ("ScalingLimited", limited, "TooManyReplicas" if limited else "DesiredWithinRange",
         "a bound decides the desired count" if limited else "the desired count is within the acceptable range"),
    ]}  # fmt: skip


def _condition(old: Obj, type_: str, value: bool, reason: str, message: str) -> Obj:
    word = "True" if value else "False"
    before = next((c for c in old.get("conditions") or () if c["type"] == type_), None)
    moved = before["lastTransitionTime"] if before and before["status"] == word else stamp()
    return {"type": type_, "status": word, "lastTransitionTime": moved, "reason": reason, "message": message}
