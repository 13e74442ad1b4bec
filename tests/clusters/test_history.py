"""Probes and nodes over time: gathered by minute, added up, kept for a day, and fenced."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from clusters.core.nodes import Node, node_of, nodes_from_json, nodes_to_json
from clusters.models import Cluster, ProbeMinute
from clusters.observe.history import ProbeHistory, keep_history
from clusters.observe.history_writes import Minute, store_nodes, store_probes
from clusters.observe.probe import Answer
from clusters.observe.rows import Lease
from clusters.observe.threads import Threads
from clusters.observe.tuning import Tuning
from clusters.queries.charts import HIGH, latency_chart
from journal.core.reasons import because
from tests import build
from tests.adapters.kubernetes.watched import eventually

NOW = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
BAD = Answer(answered=True, trouble=because("cluster-not-well", status=500, message=""), latency_ms=900)


@pytest.fixture
def a(db: None) -> Cluster:
    row = build.cluster("a")
    Cluster.objects.update(observer_epoch=3)
    return row


def stored() -> list[tuple[int, int, int, int]]:
    return list(ProbeMinute.objects.values_list("probes", "failed", "latency_sum_ms", "latency_max_ms"))


def test_probes_are_counted_by_minute() -> None:
    history = ProbeHistory()
    for latency_ms in (5, 9):
        history.add(Answer(answered=True, latency_ms=latency_ms), NOW)
    history.add(BAD, NOW)
    history.add(Answer(answered=False, trouble=BAD.trouble), NOW + timedelta(minutes=1))
    assert history.take() == (
        Minute(MINUTE, 3, 1, 14, 9),
        Minute(MINUTE + timedelta(minutes=1), 1, 1, 0, 0),
    )
    assert history.take() == ()


def test_what_comes_in_parts_is_added_up(a: Cluster) -> None:
    store_probes(a.pk, 3, [Minute(MINUTE, 10, 1, 90, 12)])
    store_probes(a.pk, 3, [Minute(MINUTE, 5, 0, 50, 30), Minute(MINUTE + timedelta(minutes=1), 1, 0, 7, 7)])
    assert stored() == [(15, 1, 140, 30), (1, 0, 7, 7)]


def test_a_day_is_kept(a: Cluster) -> None:
    other = build.cluster("b")
    old = MINUTE - timedelta(hours=24, minutes=1)
    for row in (a, other):
        ProbeMinute.objects.create(cluster=row, minute=old, probes=1)
        ProbeMinute.objects.create(cluster=row, minute=MINUTE - timedelta(hours=24), probes=2)
    store_probes(a.pk, 3, [Minute(MINUTE, 3, 0, 3, 1)])
    assert list(ProbeMinute.objects.filter(cluster=a).values_list("probes", flat=True)) == [2, 3]
    assert ProbeMinute.objects.filter(cluster=other).count() == 2


def test_an_observer_that_lost_the_cluster_writes_nothing(a: Cluster) -> None:
    ProbeMinute.objects.create(cluster=a, minute=MINUTE - timedelta(days=3), probes=1)
    store_probes(a.pk, 2, [Minute(MINUTE, 1, 0, 1, 1)])
    store_nodes(a.pk, 2, [{"name": "n"}], NOW)
    assert stored() == [(1, 0, 0, 0)]
    assert Cluster.objects.get().nodes_at is None


@pytest.mark.django_db(transaction=True)
def test_many_probes_are_few_writes() -> None:
    row = build.cluster("a")
    history = ProbeHistory()
    for _ in range(500):
        history.add(Answer(answered=True, latency_ms=4), NOW)
    lease = Lease(row.pk, "a", row.observer_epoch, "healthy", b"")

    async def briefly() -> None:
        threads = Threads(2)
        task = asyncio.create_task(keep_history(history, lease, threads, Tuning(history_s=0.01)))
        await threads.run(eventually, ProbeMinute.objects.exists)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        threads.close()

    asyncio.run(briefly())
    assert stored() == [(500, 0, 2000, 4)]


NODE = {
    "metadata": {"name": "n-1", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"unschedulable": True},
    "status": {
        "capacity": {"cpu": "3500m", "memory": "16Gi"},
        "nodeInfo": {"kubeletVersion": "v1.36.2"},
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "DiskPressure", "status": "True"},
            {"type": "PIDPressure", "status": "Unknown"},
        ],
    },
}


def test_a_node_is_what_its_object_says() -> None:
    seen = Node("n-1", True, False, "v1.36.2", 3500, 16384, ("DiskPressure",), "2026-01-01T00:00:00Z")
    assert node_of(NODE) == seen
    assert nodes_from_json(nodes_to_json([NODE])) == (seen,)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"metadata": 7},
        {"status": []},
        {"spec": "x"},
        {"status": {"capacity": {"cpu": "fast"}, "conditions": 7}},
    ],
    ids=str,
)
def test_an_odd_node_is_not_called_ready(odd: dict[str, object]) -> None:
    assert not node_of(odd).ready


def test_nodes_are_sorted_bounded_and_only_objects() -> None:
    many = [{"metadata": {"name": f"n{number:04}"}} for number in range(700, 0, -1)]
    nodes = nodes_to_json([*many, "x", None])
    assert (len(nodes), nodes[0]["name"]) == (500, "n0001")


def test_nodes_are_kept_with_their_age(a: Cluster) -> None:
    store_nodes(a.pk, 3, nodes_to_json([NODE]), NOW)
    row = Cluster.objects.get()
    assert (row.nodes[0]["name"], row.nodes_at) == ("n-1", NOW)


def minute(before: int, probes: int, failed: int, sum_ms: int, max_ms: int) -> ProbeMinute:
    return ProbeMinute(
        minute=MINUTE - timedelta(minutes=before), probes=probes, failed=failed,
        latency_sum_ms=sum_ms, latency_max_ms=max_ms,
    )  # fmt: skip


def test_the_chart_has_a_bar_for_each_minute_of_an_hour() -> None:
    chart = latency_chart([minute(59, 30, 0, 300, 20), minute(60, 1, 0, 1, 1), minute(0, 30, 30, 0, 0)], NOW)
    first, last = chart.bars
    assert (first.x, first.height, first.peak_height, first.failed) == (0, HIGH // 2, HIGH, False)
    assert (last.x, last.failed) == (chart.width - 8, True)
    assert (chart.probes, chart.failed) == (61, 30)


def test_a_chart_of_nothing_says_nothing() -> None:
    chart = latency_chart([], NOW)
    assert (chart.bars, chart.mean_ms, chart.probes) == ((), None, 0)
