"""The observer's writes of probes and nodes, fenced by the epoch as all of its writes are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from clusters.models import Cluster, ProbeMinute

KEPT = timedelta(hours=24)

STORE = """
INSERT INTO clusters_probeminute AS kept (cluster_id, minute, probes, failed, latency_sum_ms, latency_max_ms)
SELECT cluster.id, given.minute, given.probes, given.failed, given.sum_ms, given.max_ms
FROM unnest(%(minute)s::timestamptz[], %(probes)s::int[], %(failed)s::int[], %(sum_ms)s::int[], %(max_ms)s::int[])
  AS given (minute, probes, failed, sum_ms, max_ms)
JOIN clusters_cluster cluster ON cluster.id = %(cluster)s AND cluster.observer_epoch = %(epoch)s
ON CONFLICT (cluster_id, minute) DO UPDATE SET
  probes = kept.probes + excluded.probes,
  failed = kept.failed + excluded.failed,
  latency_sum_ms = kept.latency_sum_ms + excluded.latency_sum_ms,
  latency_max_ms = greatest(kept.latency_max_ms, excluded.latency_max_ms)
"""


@dataclass(frozen=True, slots=True)
class Minute:
    """The probes of one minute, or of a part of it."""

    minute: datetime
    probes: int = 0
    failed: int = 0
    sum_ms: int = 0
    max_ms: int = 0

    def plus(self, latency_ms: int | None) -> "Minute":
        """With one more probe; None: it failed."""
        if latency_ms is None:
            return replace(self, probes=self.probes + 1, failed=self.failed + 1)
        most = max(self.max_ms, latency_ms)
        return replace(self, probes=self.probes + 1, sum_ms=self.sum_ms + latency_ms, max_ms=most)


def store_probes(cluster_id: int, epoch: int, minutes: Sequence[Minute]) -> None:
    """Add these to what is kept of the Cluster, and drop what is older than a day."""
    values = {
        "cluster": cluster_id,
        "epoch": epoch,
        **{
            field: [getattr(one, field) for one in minutes]
            for field in ("minute", "probes", "failed", "sum_ms", "max_ms")
        },
    }
    oldest = max(one.minute for one in minutes) - KEPT
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, values)
        ProbeMinute.objects.filter(
            cluster=cluster_id, cluster__observer_epoch=epoch, minute__lt=oldest
        ).delete()


def store_nodes(cluster_id: int, epoch: int, nodes: list[dict[str, Any]], at: datetime) -> None:
    """Keep what is shown of the nodes."""
    Cluster.objects.filter(pk=cluster_id, observer_epoch=epoch).update(nodes=nodes, nodes_at=at)
