"""Jobs run to their end, fail within bounds, and start on schedule."""

from datetime import datetime
from typing import Any

import pytest

from simulator.kinds.cron import BadSchedule, next_after, parse_schedule
from tests.simulator.space import Space, condition_of, job, until


def ended(space: Space, type_: str, name: str = "migrate") -> Any:
    return until(lambda: condition_of(space.get("jobs", name), type_)["status"] == "True", type_)


def cron_job(schedule: str, **spec: Any) -> dict[str, Any]:
    template = job()["spec"]
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tidy"},
            "spec": {"schedule": schedule, "jobTemplate": {"spec": template}, **spec}}  # fmt: skip


def test_a_job_runs_one_pod_to_its_end(space: Space) -> None:
    space.create("jobs", job())
    ended(space, "Complete")
    status = space.get("jobs", "migrate")["status"]
    assert (status["succeeded"], status["ready"], status["terminating"]) == (1, 0, 0)
    assert status["startTime"] <= status["completionTime"]
    assert {"active", "failed"} & status.keys() == set()
    pods = space.list("pods")
    assert [pod["status"]["phase"] for pod in pods] == ["Succeeded"]
    assert condition_of(pods[0], "Ready")["reason"] == "PodCompleted"
    assert pods[0]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert "finalizers" not in pods[0]["metadata"] or not pods[0]["metadata"]["finalizers"]


def test_completions_run_with_bounded_parallelism(space: Space) -> None:
    space.create("jobs", job(completions=4, parallelism=2))
    ended(space, "Complete")
    assert space.get("jobs", "migrate")["status"]["succeeded"] == 4
    running, most = 0, 0
    for entry in space.fleet.audit():
        if entry["type"] == "pod" and entry["namespace"] == space.name:
            running += {"ready": 1, "unready": -1}.get(entry["event"], 0)
            most = max(most, running)
    assert most == 2


def test_a_crashing_job_fails_once_its_backoff_limit_is_passed(space: Space) -> None:
    space.create("jobs", job(tag="v1-crash", backoffLimit=1))
    ended(space, "Failed")
    found = space.get("jobs", "migrate")
    assert condition_of(found, "Failed")["reason"] == "BackoffLimitExceeded"
    assert found["status"]["failed"] == 2
    pods = space.list("pods")
    assert [pod["status"]["phase"] for pod in pods] == ["Failed", "Failed"]
    assert pods[0]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 1


def test_a_job_that_restarts_in_place_counts_restarts(space: Space) -> None:
    space.fleet.settings(crash_backoff=[0.05, 0.1])
    space.create("jobs", job(tag="v1-crash", policy="OnFailure", backoffLimit=2))
    ended(space, "Failed")
    until(lambda: not space.list("pods"), "its pod is deleted")
    space.fleet.settings(crash_backoff=[0.5, 10])


def test_a_job_that_takes_too_long_fails(space: Space) -> None:
    space.create("jobs", job(tag="v1-neverready", activeDeadlineSeconds=1))
    ended(space, "Failed")
    assert condition_of(space.get("jobs", "migrate"), "Failed")["reason"] == "DeadlineExceeded"
    assert space.list("pods") == []


def test_a_job_that_never_ends_does_once_its_image_is_no_longer_told_so(space: Space) -> None:
    fault = space.fleet.fault("image", pattern="shop/migrate:v9", behaviour="neverready")
    space.create("jobs", job(tag="v9"))
    until(lambda: space.get("jobs", "migrate").get("status", {}).get("ready"), "its pod runs")
    space.fleet.clear_faults(fault)
    ended(space, "Complete")


def test_a_suspended_job_waits_and_goes_on(space: Space) -> None:
    space.create("jobs", job(suspend=True))
    until(lambda: condition_of(space.get("jobs", "migrate"), "Suspended")["status"] == "True", "suspended")
    assert space.list("pods") == []
    space.patch("jobs", "migrate", {"spec": {"suspend": False}})
    ended(space, "Complete")


def test_a_finished_job_goes_after_its_time(space: Space) -> None:
    space.create("jobs", job(ttlSecondsAfterFinished=0))
    until(lambda: space.ask("GET", "jobs", "migrate")[0] == 404, "gone")
    until(lambda: not space.list("pods"), "its pods too")


def test_deleting_a_job_takes_its_running_pods_along(space: Space) -> None:
    space.create("jobs", job(tag="v1-neverready", parallelism=2, completions=2))
    until(lambda: len(space.list("pods")) == 2, "running")
    space.ask("DELETE", "jobs", "migrate", query="propagationPolicy=Background")
    until(lambda: not space.list("pods"), "pods are gone")


def test_what_a_job_runs_never_changes(space: Space) -> None:
    space.create("jobs", job(suspend=True))
    status, answer = space.patch("jobs", "migrate", {"spec": {"template": {"spec": {"containers": [
        {"name": "migrate", "image": "registry.example/shop/migrate:v2"}]}}}})  # fmt: skip
    assert status == 422
    assert answer["details"]["causes"][0]["field"] == "spec.template.spec"
    assert "field is immutable" in answer["message"]
    assert space.patch("jobs", "migrate", {"spec": {"parallelism": 2}})[0] == 200


def test_an_unchanged_apply_of_a_job_is_no_change(space: Space) -> None:
    body = job(suspend=True)
    assert space.apply("jobs", body)[0] == 201
    until(lambda: space.get("jobs", "migrate")["status"], "seen")
    version = space.get("jobs", "migrate")["metadata"]["resourceVersion"]
    status, answer = space.apply("jobs", body)
    assert (status, answer["metadata"]["resourceVersion"]) == (200, version)


def test_what_a_server_fills_in_is_filled_in(space: Space) -> None:
    found = space.create("jobs", job(suspend=True))
    spec = found["spec"]
    assert (spec["completions"], spec["parallelism"], spec["backoffLimit"]) == (1, 1, 6)
    assert spec["selector"] == {
        "matchLabels": {"batch.kubernetes.io/controller-uid": found["metadata"]["uid"]}
    }
    assert spec["template"]["metadata"]["labels"]["batch.kubernetes.io/job-name"] == "migrate"


def test_pods_of_a_job_must_be_able_to_end(space: Space) -> None:
    status, answer = space.ask("POST", "jobs", body=job(policy="Always"))
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "spec.template.spec.restartPolicy")


def test_a_cron_job_starts_jobs_and_keeps_the_last(space: Space) -> None:
    space.create("cronjobs", cron_job("@every 1s", successfulJobsHistoryLimit=1))
    until(
        lambda: condition_of((space.list("jobs") or [{}])[0], "Complete")["status"] == "True", "a Job has run"
    )
    found = space.get("cronjobs", "tidy")
    assert found["status"]["lastScheduleTime"]
    first = space.list("jobs")[0]
    assert first["metadata"]["ownerReferences"][0]["name"] == "tidy"
    until(lambda: space.ask("GET", "jobs", first["metadata"]["name"])[0] == 404, "the first makes room")
    space.patch("cronjobs", "tidy", {"spec": {"suspend": True}})
    space.ask("DELETE", "cronjobs", "tidy")
    until(lambda: not space.list("jobs"), "Jobs go with their CronJob")


def test_a_suspended_cron_job_starts_nothing(space: Space) -> None:
    assert (
        space.create("cronjobs", cron_job("* * * * *", suspend=True))["spec"]["concurrencyPolicy"] == "Allow"
    )
    assert space.list("jobs") == []


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("* * * * *", "2026-01-01 10:00", "2026-01-01 10:01"),
        ("*/15 * * * *", "2026-01-01 10:46", "2026-01-01 11:00"),
        ("30 4 1,15 * *", "2026-01-02 00:00", "2026-01-15 04:30"),
        ("0 9-17 * * mon-fri", "2026-01-02 17:00", "2026-01-05 09:00"),
        ("0 0 13 * fri", "2026-01-01 00:00", "2026-01-02 00:00"),
        ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("@daily", "2026-12-31 23:59", "2027-01-01 00:00"),
    ],
)
def test_when_a_schedule_is_due_next(schedule: str, after: str, due: str) -> None:
    found = next_after(parse_schedule(schedule), datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(due)


@pytest.mark.parametrize("schedule", ["", "* * * *", "60 * * * *", "*/0 * * * *", "x * * * *", "5-1 * * * *"])
def test_a_schedule_that_makes_no_sense_is_refused(schedule: str) -> None:
    with pytest.raises(BadSchedule):
        parse_schedule(schedule)


def test_a_day_that_never_comes_is_never_due() -> None:
    assert next_after(parse_schedule("0 0 30 2 *"), datetime.fromisoformat("2026-01-01 00:00")) is None
