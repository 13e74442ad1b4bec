"""Events of a cluster as rows: coalesced, written in batches, only the newest kept."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import nlargest

from django.db import DatabaseError, connection, transaction

from clusters.core.kube_events import SeenEvent, seen_event
from clusters.core.manifests import Manifest, mapping
from journal.hints import publish

from .rows import Lease, Watched
from .threads import Threads

COALESCE_S = 1.0
OF_PROD, OF_CLUSTER = 50, 200

log = logging.getLogger(__name__)

# Fenced like every write of an observer. What is not newer than the row changes nothing.
STORE = """
INSERT INTO clusters_kubeevent (cluster_id, prod_id, uid, about, type, reason, message, count, last_at)
SELECT cluster.id, prod.id, given.uid, given.about, given.type, given.reason, given.message,
       given.count, given.last_at
FROM unnest(%(prods)s::bigint[], %(uids)s::text[], %(abouts)s::text[], %(types)s::text[],
            %(reasons)s::text[], %(messages)s::text[], %(counts)s::int[], %(times)s::timestamptz[])
  AS given (prod_id, uid, about, type, reason, message, count, last_at)
JOIN clusters_cluster cluster ON cluster.id = %(cluster)s AND cluster.observer_epoch = %(epoch)s
LEFT JOIN clusters_prod prod ON prod.id = given.prod_id AND prod.cluster_id = cluster.id
WHERE given.prod_id IS NULL OR prod.id IS NOT NULL
ON CONFLICT (cluster_id, uid) DO UPDATE SET
  type = excluded.type, reason = excluded.reason, message = excluded.message,
  count = excluded.count, last_at = excluded.last_at
WHERE excluded.last_at >= clusters_kubeevent.last_at
  AND (excluded.message, excluded.count, excluded.last_at)
      IS DISTINCT FROM (clusters_kubeevent.message, clusters_kubeevent.count, clusters_kubeevent.last_at)
RETURNING prod_id
"""
PRUNE = """
DELETE FROM clusters_kubeevent USING (
  SELECT id, prod_id, row_number() OVER (PARTITION BY prod_id ORDER BY last_at DESC, id DESC) AS place
  FROM clusters_kubeevent WHERE cluster_id = %(cluster)s
) ranked
WHERE clusters_kubeevent.id = ranked.id
  AND ranked.place > CASE WHEN ranked.prod_id IS NULL THEN %(of_cluster)s ELSE %(of_prod)s END
"""


def store_events(
    cluster_id: int, epoch: int, rows: list[tuple[int | None, SeenEvent]], names: Mapping[int, str]
) -> int:
    """Write (Prod, Event) rows and forget the oldest beyond the limits; how many were new or changed.
    `names` are those of the Prods, for the hints to open pages."""
    columns = {
        "prods": [prod for prod, _ in rows],
        "uids": [seen.uid for _, seen in rows],
        "abouts": [seen.about for _, seen in rows],
        "types": [seen.type for _, seen in rows],
        "reasons": [seen.reason for _, seen in rows],
        "messages": [seen.message for _, seen in rows],
        "counts": [seen.count for _, seen in rows],
        "times": [seen.last_at for _, seen in rows],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, {**columns, "cluster": cluster_id, "epoch": epoch})
        written = [row[0] for row in cursor.fetchall()]
        if written:
            cursor.execute(PRUNE, {"cluster": cluster_id, "of_prod": OF_PROD, "of_cluster": OF_CLUSTER})
        for prod_id in sorted({prod for prod in written if prod in names}):
            publish("prod", prod=names[prod_id])
    return len(written)


class EventsWriter:
    """Takes Events as they come and writes those about Prods and nodes, at most once a second."""

    def __init__(self, lease: Lease, threads: Threads) -> None:
        self._lease, self._threads = lease, threads
        self._prods: dict[str, Watched] = {}
        self._waiting: dict[str, tuple[int | None, SeenEvent]] = {}
        self._some = asyncio.Event()

    def set_prods(self, prods: Iterable[Watched]) -> None:
        """The Prods whose namespaces count from now on."""
        self._prods = {prod.namespace: prod for prod in prods}

    def take(self, items: Iterable[Manifest]) -> None:
        """Events that were seen, new or again."""
        for item in items:
            about = mapping(item.get("involvedObject"))
            prod = self._prods.get(str(about.get("namespace") or ""))
            if prod is None and about.get("kind") != "Node":
                continue
            seen = seen_event(item)
            if seen is not None:
                self._waiting[seen.uid] = (prod.prod_id if prod else None, seen)
        if self._waiting:
            self._some.set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._some.wait()
            await self._write()
            await asyncio.sleep(COALESCE_S)

    async def _write(self) -> None:
        rows = newest(self._waiting.values())
        self._waiting = {seen.uid: (prod, seen) for prod, seen in rows}
        names = {prod.prod_id: prod.name for prod in self._prods.values()}
        self._some.clear()
        try:
            await self._threads.run(store_events, self._lease.cluster_id, self._lease.epoch, rows, names)
        except DatabaseError as error:
            log.warning("%s: events not written: %s", self._lease.cluster, error)
            self._some.set()
            return
        written = {seen.uid: seen for _, seen in rows}
        kept = {uid: row for uid, row in self._waiting.items() if row[1] != written.get(uid)}
        self._waiting = kept


def newest(rows: Iterable[tuple[int | None, SeenEvent]]) -> list[tuple[int | None, SeenEvent]]:
    """The newest of each Prod, and of those of no Prod, as many as are kept."""
    by_prod: dict[int | None, list[SeenEvent]] = defaultdict(list)
    for prod, seen in rows:
        by_prod[prod].append(seen)
    return [
        (prod, seen)
        for prod, found in by_prod.items()
        for seen in nlargest(OF_CLUSTER if prod is None else OF_PROD, found, key=lambda one: one.last_at)
    ]
