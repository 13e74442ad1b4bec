"""CronJob → Jobs, by one timer per CronJob. Source: pkg/controller/cronjob."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.controllers.context import Context
from simulator.controllers.job_status import has_condition, is_finished
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.replica_set_writer import owner_reference
from simulator.errors import ApiError
from simulator.kinds.cron import next_after, parse_schedule
from simulator.lifecycle.backend import Author
from simulator.lifecycle.creation import create
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controller_of
from simulator.store.store import Commit
from simulator.values import Obj, copied, full_name, parse_stamp, replaced, stamp

CRON_JOBS, JOBS = "batch/cronjobs", "batch/jobs"
AUTHOR = Author("kube-controller-manager")
LAG_S = 0.01
NEVER = "time difference between two schedules is less than 1 second"  # upstream's words for: never due
ACTIVE = "Not starting job because prior execution is running and concurrency policy is Forbid"


class CronJobs:
    """The CronJob controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.queue = WorkQueue("cron jobs", self.reconcile)
        self.store.listen(self._wake, CRON_JOBS)
        self.store.listen(self._wake_owner, JOBS)

    def start(self) -> None:
        """Look at everything once."""
        for cron_job in self.store.each(CRON_JOBS):
            self.queue.add(full_name(cron_job))

    def _wake(self, commit: Commit) -> None:
        self.queue.add(full_name(commit.new), LAG_S)

    def _wake_owner(self, commit: Commit) -> None:
        owner = controller_of(commit.new)
        if owner and owner["kind"] == "CronJob":
            self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Start the Job that is due, tidy up old ones, and set the timer for the next."""
        cron_job = self.store.get(CRON_JOBS, *key)
        if cron_job is None or cron_job["metadata"].get("deletionTimestamp"):
            return
        status = dict(cron_job.get("status") or {})
        ended = [job for job in self._jobs(cron_job) if is_finished(job)]
        self._note_ended(cron_job, status, ended, self._tidied(cron_job, ended))
        if not cron_job["spec"].get("suspend"):
            self._start_due(cron_job, status)
        self._write(cron_job, status)

    def _note_ended(self, cron_job: Obj, status: Obj, ended: list[Obj], tidied: set[str]) -> None:
        """Remember the last success, and tell of the Jobs that have just ended, but for those that are tidied up."""
        running = {reference["uid"] for reference in status.get("active") or ()} - tidied
        for job in ended:
            end = "Complete" if has_condition(job["status"], "Complete") else "Failed"
            if end == "Complete":
                last = status.get("lastSuccessfulTime") or ""
                status["lastSuccessfulTime"] = max(last, job["status"]["completionTime"])
            if job["metadata"]["uid"] in running:
                text = f"Saw completed job: {job['metadata']['name']}, condition: {end}"
                self._tell(cron_job, NORMAL, "SawCompletedJob", text)

    def _start_due(self, cron_job: Obj, status: Obj) -> None:
        now, zone = datetime.now(UTC), _zone(cron_job)
        schedule = parse_schedule(cron_job["spec"]["schedule"])
        following = next_after(schedule, now.astimezone(zone))
        if following is None:
            self._tell(
                cron_job,
                WARNING,
                "InvalidSchedule",
                f"invalid schedule: {cron_job['spec']['schedule']} : {NEVER}",
            )
            return
        due = next_after(schedule, _earliest(cron_job, status, now).astimezone(zone))
        while due and (later := next_after(schedule, due)) and later <= now:
            due = later  # of several that were missed only the last one is started
        if due and due <= now and self._may_start(cron_job):
            self._start(cron_job, due)
            status["lastScheduleTime"] = stamp(due.astimezone(UTC))
        self.queue.add(full_name(cron_job), max(0.0, (following - now).total_seconds()) + 0.05)

    def _may_start(self, cron_job: Obj) -> bool:
        """Whether the concurrency policy lets another Job start; Replace clears the way."""
        running = [job for job in self._jobs(cron_job) if not is_finished(job)]
        policy = cron_job["spec"]["concurrencyPolicy"]
        if running and policy == "Forbid":
            self._tell(cron_job, NORMAL, "JobAlreadyActive", ACTIVE)
            return False
        for job in running if policy == "Replace" else ():
            self._delete(cron_job, job)
        return True

    def _start(self, cron_job: Obj, due: datetime) -> None:
        template, meta = copied(cron_job["spec"]["jobTemplate"]), cron_job["metadata"]
        interval = cron_job["spec"]["schedule"].startswith("@every")
        number = int(due.timestamp()) if interval else int(due.timestamp()) // 60
        draft: Obj = {"spec": template.get("spec") or {}, "metadata": {
            **(template.get("metadata") or {}), "name": f"{meta['name']}-{number}",
            "ownerReferences": [owner_reference(cron_job)]}}  # fmt: skip
        notes = {**(draft["metadata"].get("annotations") or {}),
                 "batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(due.astimezone(UTC))}  # fmt: skip
        draft["metadata"]["annotations"] = notes
        try:
            job = create(self.backend, self.backend.registry.by_key(JOBS), meta["namespace"], draft, AUTHOR)
        except ApiError:
            return  # it is there already, or the namespace is going away
        self._tell(cron_job, NORMAL, "SuccessfulCreate", f"Created job {job['metadata']['name']}")

    def _delete(self, cron_job: Obj, job: Obj) -> None:
        delete(self.backend, self.backend.registry.by_key(JOBS), job, DeleteOptions())
        self._tell(cron_job, NORMAL, "SuccessfulDelete", f"Deleted job {job['metadata']['name']}")

    def _tell(self, cron_job: Obj, type_: str, reason: str, message: str) -> None:
        self.context.recorder.record(cron_job, type_, reason, message, "cronjob-controller")

    def _jobs(self, cron_job: Obj) -> list[Obj]:
        return self.backend.owners.dependents(cron_job["metadata"]["uid"], JOBS)

    def _tidied(self, cron_job: Obj, ended: list[Obj]) -> set[str]:
        """Delete finished Jobs beyond the history limits, oldest first; answers their UIDs."""
        gone = set()
        for type_, limit in (
            ("Complete", "successfulJobsHistoryLimit"),
            ("Failed", "failedJobsHistoryLimit"),
        ):
            found = [job for job in ended if has_condition(job["status"], type_)]
            for job in found[: max(0, len(found) - cron_job["spec"][limit])]:
                gone.add(job["metadata"]["uid"])
                if not job["metadata"].get("deletionTimestamp"):
                    self._delete(cron_job, job)
        return gone

    def _write(self, cron_job: Obj, status: Obj) -> None:
        jobs = self._jobs(cron_job)
        active = [_reference(job) for job in jobs if not is_finished(job)]
        new = {key: value for key, value in status.items() if key != "active"}
        if active:
            new["active"] = active
        live = self.store.get(CRON_JOBS, *full_name(cron_job))
        if live is not None and (live.get("status") or {}) != new:
            put_signed(self.backend, CRON_JOBS, live, replaced(live, ("status",), new))


def _earliest(cron_job: Obj, status: Obj, now: datetime) -> datetime:
    """The moment after which a start that was missed still counts."""
    since = parse_stamp(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
    deadline = cron_job["spec"].get("startingDeadlineSeconds")
    return since if deadline is None else max(since, now - timedelta(seconds=deadline))


def _zone(cron_job: Obj) -> ZoneInfo:
    try:
        return ZoneInfo(cron_job["spec"].get("timeZone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _reference(job: Obj) -> Obj:
    meta = job["metadata"]
    return {"apiVersion": "batch/v1", "kind": "Job", "namespace": meta["namespace"], "name": meta["name"],
            "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}  # fmt: skip
