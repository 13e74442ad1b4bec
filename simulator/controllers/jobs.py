"""Job → Pods that end. Source: pkg/controller/job.

Each pod carries a finalizer until the Job has counted it, so no end is counted twice or not at all.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from simulator.controllers.context import Context
from simulator.controllers.job_status import (
    failure_reason,
    has_condition,
    is_complete,
    is_finished,
    wanted_pods,
    with_job_condition,
)
from simulator.controllers.pod_maker import FAILED, Denied, make_pod, retry_with_accounts
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_active, is_ending, ready_since
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.lifecycle.creation import suffix
from simulator.lifecycle.deletion import DeleteOptions, delete, without_finalizer
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controller_of, controllers_of
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, full_name, parse_stamp, stamp

JOBS = "batch/jobs"
TRACKING = "batch.kubernetes.io/job-tracking"
LAG_S = 0.004


class Jobs:
    """The Job controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.queue = WorkQueue("jobs", self.reconcile)
        self.later = WorkQueue("deadlines of jobs", self.queue.add)
        self._not_before: dict[str, float] = {}  # by UID: when the next pod may start, on the loop's clock
        self.store.listen(self._wake, JOBS)
        self.store.listen(self._wake_owner, "pods")
        retry_with_accounts(self.store, JOBS, self.queue)

    def start(self) -> None:
        """Look at everything once."""
        for job in self.store.each(JOBS):
            self.queue.add(full_name(job))

    def _wake(self, commit: Commit) -> None:
        if commit.type == DELETED:
            self._not_before.pop(commit.new["metadata"]["uid"], None)
        self.queue.add(full_name(commit.new), self.context.lag())

    def _wake_owner(self, commit: Commit) -> None:
        for owner in controllers_of(commit):
            if owner["kind"] == "Job":
                self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Count what has ended, then start, stop or finish."""
        job = self.store.get(JOBS, *key)
        if job is None:
            self._release_orphans(key)
            return
        status = self._counted(job, dict(job.get("status") or {}))
        if not job["metadata"].get("deletionTimestamp"):
            if is_finished({"status": status}):
                self._expire(job, status)
            else:
                status = self._moved(job, status)
        self._write(job, status)

    def _pods(self, job: Obj) -> list[Obj]:
        return self.backend.owners.dependents(job["metadata"]["uid"], "pods")

    def _release_orphans(self, key: Key) -> None:
        for pod in self.store.each("pods", key[0]):
            owner = controller_of(pod)
            if owner and owner["kind"] == "Job" and owner["name"] == key[1]:
                self._untrack(pod)

    def _counted(self, job: Obj, status: Obj) -> Obj:
        """The status with the pods that have ended since; they are let go."""
        for pod in self._pods(job):
            if TRACKING not in (pod["metadata"].get("finalizers") or ()):
                continue
            phase = dig(pod, "status", "phase")
            gone = is_ending(pod) and not pod["metadata"].get("deletionGracePeriodSeconds")
            if phase == "Succeeded":
                status["succeeded"] = status.get("succeeded", 0) + 1
            elif phase == "Failed" or gone:
                status["failed"] = status.get("failed", 0) + 1
                self._back_off(job, status["failed"])
            else:
                continue
            self._untrack(pod)
        return status

    def _untrack(self, pod: Obj) -> None:
        if TRACKING in (pod["metadata"].get("finalizers") or ()):
            without_finalizer(self.backend, self.backend.registry.by_key("pods"), pod, TRACKING)

    def _back_off(self, job: Obj, failed: int) -> None:
        first, longest = self.context.settings().crash_backoff
        wait = min(longest, first * 2.0 ** min(failed - 1, 20))
        self._not_before[job["metadata"]["uid"]] = asyncio.get_running_loop().time() + wait

    def _moved(self, job: Obj, status: Obj) -> Obj:
        """The status after one step of an unfinished Job."""
        status = self._suspended(job, status)
        active = [pod for pod in self._pods(job) if is_active(pod)]
        if not has_condition(status, "FailureTarget"):
            reason = failure_reason(job, active, status.get("failed", 0), self._seconds_active(status))
            if reason:
                status = with_job_condition(status, "FailureTarget", reason)
        if has_condition(status, "FailureTarget"):
            return self._failed(job, status, active)
        if is_complete(job, len(active), status.get("succeeded", 0)):
            return self._completed(job, status, active)
        self._adjust(job, active, wanted_pods(job, len(active), status.get("succeeded", 0)))
        self._remember_deadline(job, status)
        return status

    def _suspended(self, job: Obj, status: Obj) -> Obj:
        if job["spec"].get("suspend"):
            status.pop("startTime", None)
            return with_job_condition(status, "Suspended", "JobSuspended")
        if has_condition(status, "Suspended"):
            status = with_job_condition(status, "Suspended", "JobResumed", "False")
        status.setdefault("startTime", stamp())
        return status

    def _seconds_active(self, status: Obj) -> float:
        begun = status.get("startTime")
        return (datetime.now(UTC) - parse_stamp(begun)).total_seconds() if begun else 0.0

    def _failed(self, job: Obj, status: Obj, active: list[Obj]) -> Obj:
        for pod in active:
            self._delete(job, pod)
        if any(TRACKING in (pod["metadata"].get("finalizers") or ()) for pod in self._pods(job)):
            return status  # they are still ending
        reason = next(c["reason"] for c in status["conditions"] if c["type"] == "FailureTarget")
        status = with_job_condition(status, "Failed", reason)
        self._tell(job, WARNING, reason, status["conditions"][-1]["message"])
        return status

    def _completed(self, job: Obj, status: Obj, active: list[Obj]) -> Obj:
        status = with_job_condition(status, "SuccessCriteriaMet", "CompletionsReached")
        for pod in active:
            self._delete(job, pod)
        if active:
            return status
        self._tell(job, NORMAL, "Completed", "Job completed")
        return with_job_condition({**status, "completionTime": stamp()}, "Complete", "CompletionsReached")

    def _adjust(self, job: Obj, active: list[Obj], wanted: int) -> None:
        for pod in active[wanted:]:
            self._delete(job, pod)
        wait = self._not_before.get(job["metadata"]["uid"], 0.0) - asyncio.get_running_loop().time()
        if wait > 0 and wanted > len(active):
            self.queue.add(full_name(job), wait)
            return
        for _ in range(wanted - len(active)):
            name = f"{job['metadata']['name']}-{suffix()}"
            try:
                make_pod(self.backend, job, job["spec"]["template"], name, finalizers=(TRACKING,))
            except Denied as error:
                self._tell(job, WARNING, FAILED, f"Error creating: {error}")
                return
            self._tell(job, NORMAL, "SuccessfulCreate", f"Created pod: {name}")

    def _remember_deadline(self, job: Obj, status: Obj) -> None:
        deadline = job["spec"].get("activeDeadlineSeconds")
        if deadline is not None and "startTime" in status:
            self.later.add(full_name(job), max(0.0, deadline - self._seconds_active(status)) + 0.05)

    def _expire(self, job: Obj, status: Obj) -> None:
        """Delete a finished Job once ttlSecondsAfterFinished is over."""
        ttl = job["spec"].get("ttlSecondsAfterFinished")
        if ttl is None:
            return
        ended = max(
            c["lastTransitionTime"] for c in status["conditions"] if c["type"] in ("Complete", "Failed")
        )
        left = ttl - (datetime.now(UTC) - parse_stamp(ended)).total_seconds()
        if left > 0:
            self.later.add(full_name(job), left + 0.05)
        else:
            delete(self.backend, self.backend.registry.by_key(JOBS), job, DeleteOptions())

    def _delete(self, job: Obj, pod: Obj) -> None:
        delete(self.backend, self.backend.registry.by_key("pods"), pod, DeleteOptions())
        self._tell(job, NORMAL, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _tell(self, job: Obj, type_: str, reason: str, message: str) -> None:
        self.context.recorder.record(job, type_, reason, message, "job-controller")

    def _write(self, job: Obj, status: Obj) -> None:
        active = [pod for pod in self._pods(job) if is_active(pod)]
        ready = sum(1 for pod in active if ready_since(pod) is not None)
        ending = sum(1 for pod in self._pods(job) if is_ending(pod))
        status = {
            **status,
            "ready": ready,
            "terminating": ending,
            "uncountedTerminatedPods": {},
            "active": len(active),
        }
        if not active:
            del status["active"]
        live = self.store.get(JOBS, *full_name(job))
        if live is not None and live.get("status") != status:
            put_signed(self.backend, JOBS, live, {**live, "status": status})
