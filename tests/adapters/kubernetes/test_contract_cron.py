"""What comes of CronJobs, on a simulated cluster and on a real one."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.test_contract_workloads import MANY_S, ONCE
from tests.adapters.kubernetes.watched import eventually

LONG_AGO = "2020-01-01T00:00:00Z"


def where(space: str, name: str = "") -> str:
    return f"/apis/batch/v1/namespaces/{space}/cronjobs/{name}".rstrip("/")


def cron_job(schedule: str, name: str = "tidy", **spec: Any) -> Manifest:
    template = {"spec": {"template": {"spec": ONCE}}}
    return {"metadata": {"name": name}, "spec": {"schedule": schedule, "jobTemplate": template, **spec}}


@pytest.fixture(autouse=True)
def no_more_jobs(api: Api, space: str) -> Iterator[None]:
    """A CronJob that nobody stops fills the nodes of those who come later."""
    yield
    for one in api.get(where(space))["items"]:
        api.merge(where(space, one["metadata"]["name"]), {"spec": {"suspend": True}})


def events_of(api: Api, space: str, name: str = "tidy") -> dict[str, tuple[str, str]]:
    """Type and words by reason, the name of a Job without its number."""
    found = api.get(f"/api/v1/namespaces/{space}/events")["items"]
    mine = [one for one in found if one["involvedObject"]["name"] == name]
    return {one["reason"]: (one["type"], unnumbered(one["message"])) for one in mine}


def unnumbered(words: str) -> str:
    return " ".join(
        "tidy-N" + "," * word.endswith(",") if word.startswith("tidy-") else word for word in words.split()
    )


def test_a_cron_job_tells_of_the_ends_of_its_jobs(api: Api, space: str) -> None:
    api.post(where(space), cron_job("@every 2s"))
    wanted = {
        "SuccessfulCreate": ("Normal", "Created job tidy-N"),
        "SawCompletedJob": ("Normal", "Saw completed job: tidy-N, condition: Complete"),
    }
    eventually(lambda: wanted.items() <= events_of(api, space).items(), MANY_S)
    eventually(lambda: "lastSuccessfulTime" in api.get(where(space, "tidy"))["status"])
    assert "lastScheduleTime" in api.get(where(space, "tidy"))["status"]


def test_a_cron_job_deletes_what_its_history_has_no_room_for(api: Api, space: str) -> None:
    api.post(where(space), cron_job("@every 2s", successfulJobsHistoryLimit=0))
    told = ("Normal", "Deleted job tidy-N")
    eventually(lambda: events_of(api, space).get("SuccessfulDelete") == told, MANY_S)
    eventually(lambda: "lastSuccessfulTime" in api.get(where(space, "tidy"))["status"])
    assert "SawCompletedJob" not in events_of(api, space)


def test_a_day_that_never_comes_is_an_invalid_schedule(api: Api, space: str) -> None:
    api.post(where(space), cron_job("0 0 30 2 *"))
    words = "invalid schedule: 0 0 30 2 * : time difference between two schedules is less than 1 second"
    eventually(lambda: events_of(api, space).get("InvalidSchedule") == ("Warning", words))


def late(api: Api, space: str, name: str, **spec: Any) -> None:
    """A CronJob whose last start was on New Year's Day long ago, and that may start now."""
    api.post(where(space), cron_job("0 0 1 1 *", name, suspend=True, **spec))
    api.merge(where(space, name) + "/status", {"status": {"lastScheduleTime": LONG_AGO}})
    api.merge(where(space, name), {"spec": {"suspend": False}})


@pytest.mark.parametrize(("deadline_s", "starts"), [(10, False), (10**8, True)], ids=["over", "far away"])
def test_what_was_missed_is_started_within_the_deadline(
    deadline_s: int, starts: bool, api: Api, space: str
) -> None:
    late(api, space, "tidy", startingDeadlineSeconds=deadline_s)
    late(api, space, "always")  # asked for later: once it has started, so would the other
    eventually(lambda: "SuccessfulCreate" in events_of(api, space, "always"))
    if starts:
        eventually(lambda: "SuccessfulCreate" in events_of(api, space))
    assert ("SuccessfulCreate" in events_of(api, space)) is starts
