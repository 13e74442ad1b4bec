"""CronJob → Jobs, by one timer per CronJob. Source: pkg/controller/cronjob."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.controllers.context import Context
from simulator.controllers.job_status import has_condition, is_finished
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.recorder import NORMAL
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
        if not cron_job["spec"].get("suspend"):
            self._start_due(cron_job, status)
        self._tidy(cron_job)
        self._write(cron_job, status)

    def _start_due(self, cron_job: Obj, status: Obj) -> None:
        now, zone = datetime.now(UTC), _zone(cron_job)
        last = parse_stamp(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
        schedule = parse_schedule(cron_job["spec"]["schedule"])
        due = next_after(schedule, last.astimezone(zone))
        while due and (later := next_after(schedule, due)) and later <= now:
            due = later  # of several that were missed only the last one is started
        if due and due <= now and self._may_start(cron_job):
            self._start(cron_job, due)
            status["lastScheduleTime"] = stamp(due.astimezone(UTC))
        following = next_after(schedule, now.astimezone(zone))
        if following:
            self.queue.add(full_name(cron_job), max(0.0, (following - now).total_seconds()) + 0.05)

    def _may_start(self, cron_job: Obj) -> bool:
        """Whether the concurrency policy lets another Job start; Replace clears the way."""
        running = [job for job in self._jobs(cron_job) if not is_finished(job)]
        if running and cron_job["spec"]["concurrencyPolicy"] == "Replace":
            for job in running:
                delete(self.backend, self.backend.registry.by_key(JOBS), job, DeleteOptions())
        return not running or cron_job["spec"]["concurrencyPolicy"] != "Forbid"

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
        self.context.recorder.record(cron_job, NORMAL, "SuccessfulCreate",
                                     f"Created job {job['metadata']['name']}", "cronjob-controller")  # fmt: skip

    def _jobs(self, cron_job: Obj) -> list[Obj]:
        return self.backend.owners.dependents(cron_job["metadata"]["uid"], JOBS)

    def _tidy(self, cron_job: Obj) -> None:
        """Delete finished Jobs beyond the history limits, oldest first."""
        ended = [job for job in self._jobs(cron_job) if is_finished(job)]
        for type_, limit in (
            ("Complete", "successfulJobsHistoryLimit"),
            ("Failed", "failedJobsHistoryLimit"),
        ):
            found = [job for job in ended if has_condition(job["status"], type_)]
            for job in found[: max(0, len(found) - cron_job["spec"][limit])]:
                if not job["metadata"].get("deletionTimestamp"):
                    delete(self.backend, self.backend.registry.by_key(JOBS), job, DeleteOptions())

    def _write(self, cron_job: Obj, status: Obj) -> None:
        jobs = self._jobs(cron_job)
        active = [_reference(job) for job in jobs if not is_finished(job)]
        ends = [
            job["status"]["completionTime"]
            for job in jobs
            if has_condition(job.get("status") or {}, "Complete")
        ]
        latest = max([*ends, *filter(None, [status.get("lastSuccessfulTime")])], default=None)
        new = {**{key: value for key, value in status.items() if key != "active"},
               **({"active": active} if active else {}), **({"lastSuccessfulTime": latest} if latest else {})}  # fmt: skip
        live = self.store.get(CRON_JOBS, *full_name(cron_job))
        if live is not None and (live.get("status") or {}) != new:
            put_signed(self.backend, CRON_JOBS, live, replaced(live, ("status",), new))


def _zone(cron_job: Obj) -> ZoneInfo:
    try:
        return ZoneInfo(cron_job["spec"].get("timeZone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _reference(job: Obj) -> Obj:
    meta = job["metadata"]
    return {"apiVersion": "batch/v1", "kind": "Job", "namespace": meta["namespace"], "name": meta["name"],
            "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}  # fmt: skip
