"""What controllers ask about a pod: whether it counts, is ready, has been ready for long enough."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.values import Obj, dig, parse_stamp

FINISHED = ("Succeeded", "Failed")


def is_finished_pod(pod: Obj) -> bool:
    """Whether all of its containers have ended for good."""
    return dig(pod, "status", "phase") in FINISHED


def is_ending(pod: Obj) -> bool:
    """Whether it is being deleted."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_active(pod: Obj) -> bool:
    """Whether a pod counts: not going away and not finished."""
    return not is_finished_pod(pod) and not is_ending(pod)


def ready_since(pod: Obj) -> datetime | None:
    """When the pod became Ready, None while it is not."""
    for condition in dig(pod, "status", "conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            return parse_stamp(condition["lastTransitionTime"])
    return None


def seconds_until_available(pod: Obj, min_ready_s: float) -> float | None:
    """0 when it is available, None while it is not ready, else how long it must stay ready."""
    since = ready_since(pod)
    if since is None:
        return None
    if not min_ready_s:
        return 0.0
    return max(0.0, min_ready_s - (datetime.now(UTC) - since).total_seconds())
