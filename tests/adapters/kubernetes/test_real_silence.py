"""A real API server that is stopped for 40 s in the middle of a release."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.actions import create_version
from clusters.facts import FRESH_FOR, prod_health
from clusters.models import Cluster, Drift, Prod
from clusters.queries import read_facts_age
from releases.marks import CLUSTER_MARKS, NO_FACTS
from releases.models import Run, Step
from releases.queries.fleet import read_fleet
from tests import build
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.story import (
    built,
    carry_out,
    images,
    one_round,
    one_tick,
    registered,
    released,
    watched,
)
from tests.adapters.kubernetes.watched import eventually

pytestmark = pytest.mark.django_db(transaction=True)

# Pods of this Version take longer to start than the pause takes to begin.
SLOW = {name: f"registry.example/shop/{name}:v1.3.0-slow" for name in ("api", "frontend")}
SILENT_FOR = timedelta(seconds=40)
STALE_AFTER = FRESH_FOR + timedelta(seconds=2)
ON_ITS_WAY = timedelta(seconds=3)  # what was sent before the pause, or asked just then


@pytest.fixture
def cluster(control_plane: ControlPlane, transactional_db: None) -> Iterator[Cluster]:
    cluster = registered("real", control_plane.credentials)
    build.shop(build.person("admin"))
    create_version(build.person("admin"), "shop", "v1.3.0-slow", SLOW)
    with watched(cluster):
        yield cluster


def waiting_for_pods(run: Run) -> list[str]:
    """The Prods of which the pods are waited for now."""
    steps = Step.objects.filter(run=run, kind="wait_ready", state="running")
    return list(steps.values_list("prod__name", flat=True))


def health() -> set[str]:
    rows = Prod.objects.select_related("cluster", "observation", "version__revision")
    return {prod_health(prod, timezone.now()) for prod in rows}


def test_what_is_silent_goes_stale_and_the_work_goes_on_afterwards(
    control_plane: ControlPlane, cluster: Cluster
) -> None:
    first, second = built("silent-1", cluster.name), built("silent-2", cluster.name)
    eventually(lambda: health() == {"ready"})
    run = released("shop", "v1.3.0-slow")
    carry_out(run, until=lambda: waiting_for_pods(run))
    assert waiting_for_pods(run) == [first.name]
    control_plane.pause()
    try:
        stays_silent(run)
    finally:
        control_plane.resume()
    assert carry_out(run).state == "succeeded", run.reason
    eventually(lambda: health() == {"ready"})
    assert [images(prod)["api"] for prod in (first, second)] == [{"v1.3.0-slow"}] * 2
    assert read_fleet("viewer", timezone.now()).columns[0].mark == CLUSTER_MARKS[Cluster.Health.HEALTHY]


def stays_silent(run: Run) -> None:
    """Goes on as ever for 40 s; in all of them nothing may pass for new."""
    since = timezone.now()

    def over() -> bool:
        one_round(run)
        one_tick()
        now = timezone.now()
        assert (run.state, waiting_for_pods(run)) == ("running", ["silent-1"])
        oldest = read_facts_age().oldest
        assert oldest is None or oldest < since + ON_ITS_WAY
        if now > since + STALE_AFTER:
            assert_stale(run)
        return now > since + SILENT_FOR

    eventually(over, 2 * SILENT_FOR.total_seconds())


def assert_stale(run: Run) -> None:
    assert health() == {"unknown"}
    assert set(Drift.objects.values_list("state", flat=True)) == {"unknown"}
    step = Step.objects.get(run=run, kind="wait_ready", prod__name="silent-1")
    assert step.reason["code"] == "cluster-unreachable"
    (column,) = read_fleet("viewer", timezone.now()).columns
    assert column.mark == CLUSTER_MARKS[Cluster.Health.UNREACHABLE]
    assert {tile.mark for tile in column.prods if tile.name == "silent-2"} == {NO_FACTS}
