"""The conditions of a Job and what it still wants. Pure but for the time in conditions."""

from __future__ import annotations

from simulator.values import Obj, dig, stamp

REASONS = {
    "CompletionsReached": "Reached expected number of succeeded pods",
    "BackoffLimitExceeded": "Job has reached the specified backoff limit",
    "DeadlineExceeded": "Job was active longer than specified deadline",
    "JobSuspended": "Job suspended",
    "JobResumed": "Job resumed",
}


def has_condition(status: Obj, type_: str) -> bool:
    """Whether a condition is true."""
    return any(c["type"] == type_ and c["status"] == "True" for c in status.get("conditions") or ())


def is_finished(job: Obj) -> bool:
    """Whether the Job is complete or has failed."""
    status = job.get("status") or {}
    return has_condition(status, "Complete") or has_condition(status, "Failed")


def with_job_condition(status: Obj, type_: str, reason: str, value: str = "True") -> Obj:
    """The status with the condition set; the same when it is so already."""
    old = next((c for c in status.get("conditions") or () if c["type"] == type_), None)
    if old and old["status"] == value:
        return status
    now = stamp()
    new = {"type": type_, "status": value, "lastProbeTime": now, "lastTransitionTime": now, "reason": reason,
           "message": REASONS[reason]}  # fmt: skip
    others = [c for c in status.get("conditions") or () if c["type"] != type_]
    return {**status, "conditions": [*others, new]}


def wanted_pods(job: Obj, active: int, succeeded: int) -> int:
    """How many pods should run now."""
    spec = job["spec"]
    if spec.get("suspend"):
        return 0
    if spec.get("completions") is None:
        return active if succeeded else int(spec["parallelism"])
    return max(0, min(int(spec["completions"]) - succeeded, int(spec["parallelism"])))


def is_complete(job: Obj, active: int, succeeded: int) -> bool:
    """Whether enough pods have succeeded."""
    completions = job["spec"].get("completions")
    return bool(succeeded) and not active if completions is None else succeeded >= completions


def failure_reason(job: Obj, pods: list[Obj], failed: int, seconds: float) -> str:
    """Why the Job has failed, empty while it has not; `seconds` is how long it has been active."""
    limit, deadline = job["spec"]["backoffLimit"], job["spec"].get("activeDeadlineSeconds")
    restarts = sum(
        s.get("restartCount", 0) for pod in pods for s in dig(pod, "status", "containerStatuses") or ()
    )
    on_failure = dig(job, "spec", "template", "spec", "restartPolicy") == "OnFailure"
    if failed > limit or (on_failure and restarts and restarts >= limit):
        return "BackoffLimitExceeded"
    return "DeadlineExceeded" if deadline is not None and seconds >= deadline else ""
