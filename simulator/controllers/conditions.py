"""The status and the conditions of a Deployment.

Source: pkg/controller/deployment/progress.go and sync.go.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.controllers.revisions import count, size
from simulator.controllers.rollout import fenceposts
from simulator.values import Obj, parse_stamp, stamp

AVAILABLE, PROGRESSING, REPLICA_FAILURE = "Available", "Progressing", "ReplicaFailure"
NEW_AVAILABLE, TIMED_OUT = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"


def condition(status: Obj, type_: str) -> Obj | None:
    """The condition of a type, or None."""
    return next((c for c in status.get("conditions") or () if c["type"] == type_), None)


def with_condition(status: Obj, type_: str, value: str, reason: str, message: str) -> Obj:
    """The status with the condition set; unchanged when value and reason are the same."""
    old = condition(status, type_)
    if old and (old["status"], old["reason"]) == (value, reason):
        return status
    return _placed(status, type_, value, reason, message, old)


def _placed(status: Obj, type_: str, value: str, reason: str, message: str, old: Obj | None) -> Obj:
    now = stamp()
    moved = old["lastTransitionTime"] if old and old["status"] == value else now
    new = {"type": type_, "status": value, "lastUpdateTime": now, "lastTransitionTime": moved,
           "reason": reason, "message": message}  # fmt: skip
    others = [c for c in status.get("conditions") or () if c["type"] != type_]
    return {**status, "conditions": [*others, new]}


def max_unavailable(deployment: Obj) -> int:
    """How many replicas may be missing; 0 for Recreate."""
    _, unavailable = limits(deployment)
    return min(unavailable, int(deployment["spec"]["replicas"]))


def limits(deployment: Obj) -> tuple[int, int]:
    """(surge, unavailable) of a Deployment as counts."""
    rolling = deployment["spec"]["strategy"].get("rollingUpdate")
    if not rolling:
        return 0, 0
    return fenceposts(rolling["maxSurge"], rolling["maxUnavailable"], deployment["spec"]["replicas"])


def calculated_status(deployment: Obj, new: Obj | None, every: list[Obj]) -> Obj:
    """Counts and the Available condition, with the other conditions as they were."""
    available = sum(count(rs, "availableReplicas") for rs in every)
    counts = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": sum(count(rs, "replicas") for rs in every),
        "updatedReplicas": count(new, "replicas"),
        "readyReplicas": sum(count(rs, "readyReplicas") for rs in every),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(size(rs) for rs in every) - available),
    }
    status: Obj = {key: value for key, value in counts.items() if value}
    status["terminatingReplicas"] = sum(count(rs, "terminatingReplicas") for rs in every)
    status["conditions"] = (deployment.get("status") or {}).get("conditions") or []
    enough = available >= deployment["spec"]["replicas"] - max_unavailable(deployment)
    if enough:
        return with_condition(status, AVAILABLE, "True", "MinimumReplicasAvailable",
                              "Deployment has minimum availability.")  # fmt: skip
    return with_condition(status, AVAILABLE, "False", "MinimumReplicasUnavailable",
                          "Deployment does not have minimum availability.")  # fmt: skip


def with_failure(status: Obj, every: list[Obj]) -> Obj:
    """The status with the condition of a ReplicaSet that cannot make its pods, the newest first; without it if all can."""
    failures = (condition(rs.get("status") or {}, REPLICA_FAILURE) for rs in reversed(every))
    failure = next((found for found in failures if found), None)
    if failure is not None:
        return with_condition(status, REPLICA_FAILURE, "True", failure["reason"], failure["message"])
    if condition(status, REPLICA_FAILURE) is None:
        return status
    return {**status, "conditions": [c for c in status["conditions"] if c["type"] != REPLICA_FAILURE]}


def is_complete(deployment: Obj, status: Obj) -> bool:
    """Whether every replica is updated and available, and none is left over."""
    wanted = deployment["spec"]["replicas"]
    numbers = (status.get(key, 0) for key in ("updatedReplicas", "replicas", "availableReplicas"))
    return all(number == wanted for number in numbers)


def progressed_status(deployment: Obj, status: Obj, new: Obj | None) -> Obj:
    """The status with the Progressing condition as this moment wants it."""
    if deployment["spec"].get("progressDeadlineSeconds") is None:
        return status
    old = condition(status, PROGRESSING)
    settled = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if settled and old and old["reason"] == NEW_AVAILABLE:
        return status
    thing = (
        f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    )
    if is_complete(deployment, status):
        return with_condition(
            status, PROGRESSING, "True", NEW_AVAILABLE, f"{thing} has successfully progressed."
        )
    if has_moved(deployment.get("status") or {}, status):
        return _placed(status, PROGRESSING, "True", "ReplicaSetUpdated", f"{thing} is progressing.", old)
    if old and seconds_left(deployment, old) <= 0:
        return with_condition(status, PROGRESSING, "False", TIMED_OUT, f"{thing} has timed out progressing.")
    return status


def has_moved(before: Obj, after: Obj) -> bool:
    """Whether a rollout came forward: more updated, ready or available replicas, or fewer old ones."""

    def old_ones(status: Obj) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    more = any(after.get(key, 0) > before.get(key, 0)
               for key in ("updatedReplicas", "readyReplicas", "availableReplicas"))  # fmt: skip
    return more or old_ones(after) < old_ones(before)


def seconds_left(deployment: Obj, progressing: Obj) -> float:
    """Until the progress deadline passes; infinite once it has passed or the rollout is done."""
    if progressing["reason"] in (NEW_AVAILABLE, TIMED_OUT):
        return float("inf")
    deadline: Any = deployment["spec"].get("progressDeadlineSeconds")
    due = parse_stamp(progressing["lastUpdateTime"]) + timedelta(seconds=deadline)
    return (due - datetime.now(UTC)).total_seconds()
