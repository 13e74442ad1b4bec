"""The observer's writes. Each is fenced: it changes nothing once another observer has the Cluster."""

import json
from datetime import datetime

from django.db import connection, transaction

from clusters.core.observed import ObservedProd, observed_to_json
from clusters.models import Cluster, Observation
from journal.core.reasons import Reason, reason_from_json, reason_to_json
from journal.log import event, record

# A row is written if the Cluster is still of this epoch, and never over a newer one. Prods that were
# deleted meanwhile fall out by the join.
STORE = """
INSERT INTO clusters_observation (prod_id, facts, observed_at, epoch, sequence)
SELECT prod.id, given.facts::jsonb, %(at)s, cluster.observer_epoch, %(sequence)s
FROM unnest(%(prods)s::bigint[], %(facts)s::text[]) AS given (prod_id, facts)
JOIN clusters_prod prod ON prod.id = given.prod_id
JOIN clusters_cluster cluster ON cluster.id = prod.cluster_id
WHERE cluster.id = %(cluster)s AND cluster.observer_epoch = %(epoch)s
ON CONFLICT (prod_id) DO UPDATE SET
  facts = excluded.facts, observed_at = excluded.observed_at,
  epoch = excluded.epoch, sequence = excluded.sequence
WHERE (clusters_observation.epoch, clusters_observation.sequence) < (excluded.epoch, excluded.sequence)
RETURNING prod_id
"""


def store_observations(
    cluster_id: int, epoch: int, sequence: int, seen: dict[int, ObservedProd], at: datetime
) -> set[int]:
    """Write what was seen, by Prod id; the ids that were written. None of them: the lease is lost."""
    facts = [json.dumps(observed_to_json(observed)) for observed in seen.values()]
    values = {
        "cluster": cluster_id,
        "epoch": epoch,
        "sequence": sequence,
        "at": at,
        "prods": list(seen),
        "facts": facts,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, values)
        return {row[0] for row in cursor.fetchall()}


def mark_synced(cluster_id: int, epoch: int, at: datetime | None) -> bool:
    """Say that the facts of a Cluster are complete since `at`, or (None) that they are not to be trusted.
    False: the lease is lost."""
    mine = Cluster.objects.filter(pk=cluster_id, observer_epoch=epoch)
    return bool(mine.update(synced_at=at))


def confirm_seen(cluster_id: int, epoch: int, at: datetime) -> None:
    """Note that the Cluster answered at `at`."""
    Cluster.objects.filter(pk=cluster_id, observer_epoch=epoch).update(seen_at=at)


def confirm_observations(cluster_id: int, epoch: int, at: datetime) -> None:
    """Note that what was seen of all Prods of a Cluster was still so at `at`."""
    mine = Observation.objects.filter(
        prod__cluster=cluster_id, prod__cluster__observer_epoch=epoch, epoch=epoch
    )
    mine.filter(observed_at__lt=at).update(observed_at=at)


def set_health(
    cluster_id: int, epoch: int, health: str, reason: Reason | None, version: str, at: datetime
) -> bool:
    """Store a Cluster's health, with an Event if it changed. False: nothing changed, or the lease is lost."""
    with transaction.atomic():
        rows = Cluster.objects.select_for_update().filter(pk=cluster_id, observer_epoch=epoch)
        row = rows.only("name", "health", "health_reason", "server_version").first()
        if row is None:
            return False
        if version and version != row.server_version:
            rows.update(server_version=version)
        same_reason = reason_from_json(row.health_reason) == reason
        if row.health == health and same_reason:
            return False
        since = {} if row.health == health else {"health_since": at}
        rows.update(health=health, health_reason=reason_to_json(reason) if reason else {}, **since)
        if since:
            moved = (row.health, health)
            record([event(at, "cluster-health", cluster=row.name, moved=moved, reason=reason)])
        return bool(since)
