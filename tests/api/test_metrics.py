"""/metrics: what Prometheus reads, in a constant number of queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from access.tokens import create_token
from clusters.models import Cluster, Drift, ProbeMinute, Prod
from releases.actions import start_release
from releases.models import Run, Step, Wake
from releases.preview import preview_release
from tests import build
from traffic.models import StateFile

pytestmark = pytest.mark.django_db


def scrape(role: str = "viewer") -> HttpResponse:
    token = create_token(build.person(role), "prometheus", role)
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """(name, labels) -> value, as Prometheus' own parser reads them."""
    text = scrape().content.decode()
    families = text_string_to_metric_families(text)
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


@pytest.fixture
def run() -> Run:
    build.fleet()
    plan = preview_release("shop", "v1.1.0", {}, []).plan
    return start_release(build.person("release-manager"), "shop", "v1.1.0", {}, [], plan.digest)


def test_without_a_token_there_are_no_metrics() -> None:
    assert Client().get("/metrics").status_code == 401
    assert scrape().headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_runs_are_counted_and_those_that_are_not_there_are_zero(run: Run) -> None:
    found = samples()
    assert found["drover_runs", (("kind", "release"), ("state", "running"))] == 1
    assert found["drover_runs", (("kind", "rollback"), ("state", "failed"))] == 0


def test_step_durations_are_a_histogram_by_kind_and_outcome(run: Run) -> None:
    now = timezone.now()
    steps = list(Step.objects.filter(run=run, kind="set_version")[:3])
    for step, seconds in zip(steps, (0.5, 4, 40), strict=True):
        Step.objects.filter(pk=step.pk).update(
            state="succeeded", started_at=now - timedelta(seconds=seconds), finished_at=now
        )
    found = samples()
    labels = (("kind", "set_version"), ("outcome", "succeeded"))
    bucket = {
        le: found["drover_step_duration_seconds_bucket", tuple(sorted((*labels, ("le", le))))]
        for le in ("1.0", "5.0", "30.0", "60.0", "+Inf")
    }
    assert bucket == {"1.0": 1, "5.0": 2, "30.0": 2, "60.0": 3, "+Inf": 3}
    assert found["drover_step_duration_seconds_sum", labels] == pytest.approx(44.5)
    assert found["drover_step_duration_seconds_count", labels] == 3


def test_the_lag_is_that_of_the_run_that_waits_longest(run: Run) -> None:
    Wake.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    assert samples()["drover_wake_lag_seconds", ()] == pytest.approx(90, abs=5)
    Wake.objects.update(due_at=timezone.now() + timedelta(seconds=90))
    assert samples()["drover_wake_lag_seconds", ()] == 0


def test_a_retired_cluster_is_not_unseen(run: Run) -> None:
    Cluster.objects.filter(name="a").update(seen_at=timezone.now(), intent=Cluster.Intent.RETIRED)
    told = {labels for name, labels in samples() if name == "drover_observer_lag_seconds"}
    assert (("cluster", "a"),) not in told


def test_clusters_tell_their_age_health_and_probes(run: Run) -> None:
    now = timezone.now()
    Cluster.objects.filter(name="a").update(seen_at=now - timedelta(seconds=30), health="unreachable")
    row = Cluster.objects.get(name="b")
    ProbeMinute.objects.create(
        cluster=row, minute=now, probes=10, failed=2, latency_sum_ms=400, latency_max_ms=120
    )
    found = samples()
    assert found["drover_observer_lag_seconds", (("cluster", "a"),)] == pytest.approx(30, abs=5)
    assert found["drover_cluster_health", (("cluster", "a"), ("health", "unreachable"))] == 1
    assert found["drover_probe_latency_mean_seconds", (("cluster", "b"),)] == pytest.approx(0.05)
    assert found["drover_probe_latency_max_seconds", (("cluster", "b"),)] == pytest.approx(0.12)
    assert found["drover_probe_failed_ratio", (("cluster", "b"),)] == pytest.approx(0.2)


def test_drift_is_counted(run: Run) -> None:
    Drift.objects.update_or_create(prod=Prod.objects.get(name="a-1"), defaults={"state": "drifted"})
    assert samples()["drover_drift", (("state", "drifted"),)] == 1


def test_a_broker_that_is_away_is_told_and_breaks_nothing(run: Run) -> None:
    found = samples()
    assert found["drover_broker_up", ()] == 0
    assert not any(name == "drover_queue_messages" for name, _ in found)


def test_more_rows_cost_no_more_queries(run: Run) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            scrape()
        return len(asked)

    scrape()
    few = queries()
    for number in range(5):
        row: Any = build.cluster(f"more-{number}")
        ProbeMinute.objects.create(cluster=row, minute=timezone.now(), probes=1, latency_sum_ms=1)
    assert queries() == few


def test_the_state_file_has_an_age_once_it_was_written() -> None:
    found = samples()
    assert not any(name == "drover_state_file_age_seconds" for name, _ in found)
    StateFile.objects.create(pk=1, written_at=timezone.now() - timedelta(seconds=40), reason={"code": "x"})
    found = samples()
    assert found["drover_state_file_age_seconds", ()] == pytest.approx(40, abs=5)
    assert found["drover_state_file_failing", ()] == 1
