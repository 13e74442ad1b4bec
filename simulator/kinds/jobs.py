"""Jobs and CronJobs: batch/v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.kinds.apps import WIDE, default_template, unmatched
from simulator.kinds.bounds import negative_causes
from simulator.kinds.causes import invalid_value, required, unsupported
from simulator.kinds.cells import NONE, age, selector_text, since
from simulator.kinds.core import AGE, NAME
from simulator.kinds.cron import BadSchedule, parse_schedule
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.marks import mark_causes
from simulator.kinds.pod_spec import template_causes
from simulator.selectors import selector_matches
from simulator.values import Obj, compact, dig, parse_stamp

UID_LABEL, NAME_LABEL = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"
FIXED = ("selector", "template", "completions", "completionMode", "podFailurePolicy", "backoffLimitPerIndex",
         "managedBy", "successPolicy")  # fmt: skip
NUMBERS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
MODES, REPLACEMENTS = ("NonIndexed", "Indexed"), ("Failed", "TerminatingOrFailed")
ENDING = ("OnFailure", "Never")
HISTORY = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
LONGEST_NAME = 52  # 63 less what the number of a Job adds
FIXED_AT = {"template": "spec.template.spec"}


def default_job(draft: Obj) -> None:
    """Defaults of a Job."""
    spec = draft.setdefault("spec", {})
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    failures = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed" if failures is None else "Failed")
    for rule in (failures or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")
    default_template(spec)
    labels = dig(spec, "template", "metadata", "labels")
    if labels and not draft["metadata"].get("labels"):
        draft["metadata"]["labels"] = dict(labels)


def generate_job(draft: Obj) -> None:
    """The selector of a Job and the labels of its pods, unless it brings its own."""
    spec, uid, name = draft["spec"], draft["metadata"]["uid"], draft["metadata"]["name"]
    template = spec.get("template")
    if spec.get("manualSelector") or not isinstance(template, dict):
        return
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    own = {UID_LABEL: uid, NAME_LABEL: name, "controller-uid": uid, "job-name": name}
    if (draft["metadata"].get("labels") or {}) == labels:  # upstream they are one and the same then
        draft["metadata"]["labels"] = {**labels, **own}
    labels |= own
    spec["selector"] = {"matchLabels": {UID_LABEL: uid}}


def job_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Pods of a Job end; what they run never changes."""
    spec = new["spec"]
    before = spec if old is None else old["spec"]
    moved = [field for field in FIXED if before.get(field) != spec.get(field)]
    return [
        *_pod_causes(spec, "spec.template"), *negative_causes(spec, NUMBERS, "spec"), *_selector_causes(spec),
        *_mode_causes(spec),
        *(Cause(FIXED_AT.get(field, f"spec.{field}"), f"Invalid value: {compact(_shown(spec, field))}: field is immutable")
          for field in moved),
    ]  # fmt: skip


def _shown(spec: Obj, field: str) -> Any:
    return dig(spec, "template", "spec") if field == "template" else spec.get(field)


def _pod_causes(spec: Obj, path: str) -> list[Cause]:
    pod = dig(spec, "template", "spec")
    causes = mark_causes(dig(spec, "template", "metadata") or {}, path)
    causes += template_causes(pod, f"{path}.spec")
    policy, at = dig(pod, "restartPolicy") or "Always", f"{path}.spec.restartPolicy"
    if policy == "Always":  # upstream cannot tell the default from what was asked for
        causes.append(required(at, 'valid values: "OnFailure", "Never"'))
    elif policy not in ENDING:
        causes.append(unsupported(at, policy, ENDING))
    return causes


def _selector_causes(spec: Obj) -> list[Cause]:
    selector, labels = spec.get("selector"), dig(spec, "template", "metadata", "labels")
    if selector is None and spec.get("template") is None and not spec["manualSelector"]:
        return []  # nothing is generated for a Job that has nothing to run
    if selector is None:
        return [required("spec.selector"), unmatched(spec)]
    return [] if selector_matches(selector, labels) else [unmatched(spec)]


def _mode_causes(spec: Obj) -> list[Cause]:
    causes = []
    if spec["completionMode"] not in MODES:
        causes.append(unsupported("spec.completionMode", spec["completionMode"], MODES))
    elif spec["completionMode"] == "Indexed" and spec.get("completions") is None:
        causes.append(required("spec.completions", "when completion mode is Indexed"))
    if spec["podReplacementPolicy"] not in REPLACEMENTS:
        causes.append(unsupported("spec.podReplacementPolicy", spec["podReplacementPolicy"], REPLACEMENTS))
    return causes


def default_cron_job(draft: Obj) -> None:
    """Defaults of a CronJob; its jobTemplate only gets those of the pod."""
    spec = draft.setdefault("spec", {})
    spec["concurrencyPolicy"] = spec.get("concurrencyPolicy") or "Allow"
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job = spec.setdefault("jobTemplate", {})
    job.setdefault("metadata", {})
    default_template(job.setdefault("spec", {}))
    (job["spec"].get("template") or {}).setdefault("metadata", {})


def cron_job_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """The schedule can be read and the Job can run."""
    spec = new["spec"]
    job, name = spec["jobTemplate"]["spec"], new["metadata"].get("name") or ""
    causes = _pod_causes(job, "spec.jobTemplate.spec.template")
    causes += [
        *negative_causes(spec, HISTORY, "spec"),
        *negative_causes(job, NUMBERS, "spec.jobTemplate.spec"),
    ]
    if job.get("manualSelector"):
        causes.append(unsupported("spec.jobTemplate.spec.manualSelector", True, ("nil", "false")))
    if len(name) > LONGEST_NAME:
        causes.append(invalid_value("metadata.name", name, f"must be no more than {LONGEST_NAME} characters"))
    causes += [*_schedule_causes(spec.get("schedule") or ""), *_zone_causes(spec.get("timeZone"))]
    if spec["concurrencyPolicy"] not in ("Allow", "Forbid", "Replace"):
        causes.append(Cause("spec.concurrencyPolicy", f'Unsupported value: "{spec["concurrencyPolicy"]}": supported '
                            'values: "Allow", "Forbid", "Replace"', "FieldValueNotSupported"))  # fmt: skip
    return causes


def _schedule_causes(schedule: str) -> list[Cause]:
    if not schedule:
        return [required("spec.schedule")]
    if "TZ" in schedule:
        words = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        return [invalid_value("spec.schedule", schedule, words)]
    try:
        parse_schedule(schedule)
    except BadSchedule as error:
        return [invalid_value("spec.schedule", schedule, str(error))]
    return []


def _zone_causes(zone: str | None) -> list[Cause]:
    if zone is None:
        return []
    words = "" if zone else "timeZone must be nil or non-empty string"
    if zone.lower() == "local":
        words = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    elif zone and not _is_zone(zone):
        words = f"unknown time zone {zone}"
    return [invalid_value("spec.timeZone", zone, words)] if words else []


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def job_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME STATUS COMPLETIONS DURATION AGE CONTAINERS IMAGES SELECTOR."""
    spec, status = obj["spec"], obj.get("status") or {}
    wanted = spec.get("completions") or f"1 of {spec['parallelism']}"
    begun, ended = status.get("startTime"), status.get("completionTime")
    lasted = since(begun, parse_stamp(ended) if ended else now) if begun else ""
    return [
        obj["metadata"]["name"], _job_word(status), f"{status.get('succeeded', 0)}/{wanted}", lasted,
        age(obj, now), *_containers(spec), selector_text(spec.get("selector")),
    ]  # fmt: skip


def _job_word(status: Obj) -> str:
    true = {c["type"] for c in status.get("conditions") or () if c["status"] == "True"}
    return next((word for word in ("Complete", "Failed", "Suspended") if word in true), "Running")


def _containers(spec: Obj) -> list[str]:
    found = dig(spec, "template", "spec", "containers") or []
    return [",".join(c["name"] for c in found), ",".join(c.get("image", "") for c in found)]


def cron_job_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST-SCHEDULE AGE CONTAINERS IMAGES SELECTOR."""
    spec, status = obj["spec"], obj.get("status") or {}
    last = status.get("lastScheduleTime")
    return [
        obj["metadata"]["name"], spec["schedule"], spec.get("timeZone") or NONE, str(spec["suspend"]),
        len(status.get("active") or ()), since(last, now) if last else NONE, age(obj, now),
        *_containers(spec["jobTemplate"]["spec"]), selector_text(spec["jobTemplate"]["spec"].get("selector")),
    ]  # fmt: skip


KINDS = (
    Kind(
        "batch", "v1", "Job", "jobs", categories=("all",), subresources=frozenset({"status"}),
        has_generation=True, default=default_job, generate=generate_job, validate=job_causes, initial_status={},
        dependents="Orphan",  # so that clients from before garbage collection find the pods of a Job
        columns=(NAME, Column("Status"), Column("Completions"), Column("Duration"), AGE, *WIDE), cells=job_cells,
        field_labels={"status.successful": ("status", "succeeded")},
    ),
    Kind(
        "batch", "v1", "CronJob", "cronjobs", short_names=("cj",), categories=("all",),
        subresources=frozenset({"status"}), has_generation=True, default=default_cron_job,
        validate=cron_job_causes, initial_status={},
        columns=(NAME, Column("Schedule"), Column("Timezone"), Column("Suspend", "boolean"), Column("Active", "integer"),
                 Column("Last Schedule"), AGE, *WIDE),
        cells=cron_job_cells,
    ),
)  # fmt: skip
