"""The observer's reads and leases. Synchronous; every function is one short transaction."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from clusters.models import Cluster, Prod


@dataclass(frozen=True, slots=True)
class Lease:
    """A Cluster that this observer holds. `credentials` as stored, encrypted."""

    cluster_id: int
    cluster: str
    epoch: int
    health: str
    credentials: bytes


@dataclass(frozen=True, slots=True)
class Watched:
    """A Prod on a watched Cluster."""

    prod_id: int
    name: str
    namespace: str


def claim_clusters(observer: str, lease_s: float, limit: int) -> dict[int, int]:
    """Up to `limit` Clusters that nobody watches and that are now ours: their new epochs by id.

    What was seen of them is unknown from here on, until this epoch has had its full list.
    """
    free = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED).filter(lease_until__lt=Now())
    with transaction.atomic():
        rows = free.select_for_update(skip_locked=True).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:limit])
        claimed = Cluster.objects.filter(pk__in=ids)
        claimed.update(
            observer=observer,
            observer_epoch=F("observer_epoch") + 1,
            lease_until=Now() + timedelta(seconds=lease_s),
            synced_at=None,
        )
        return dict(claimed.values_list("pk", "observer_epoch"))


def renew_leases(observer: str, epochs: dict[int, int], lease_s: float) -> dict[int, Lease]:
    """The leases, out of `epochs` by Cluster, that are still ours, renewed.

    A Cluster that was retired meanwhile, or that another observer took, is not among them.
    """
    mine = Cluster.objects.filter(observer=observer, pk__in=epochs).exclude(intent=Cluster.Intent.RETIRED)
    mine.update(lease_until=Now() + timedelta(seconds=lease_s))
    fields = ("pk", "name", "observer_epoch", "health", "credentials")
    rows = [
        Lease(pk, name, epoch, health, bytes(stored))
        for pk, name, epoch, health, stored in mine.values_list(*fields)
    ]
    return {row.cluster_id: row for row in rows if row.epoch == epochs[row.cluster_id]}


def release_leases(observer: str, epochs: dict[int, int]) -> None:
    """Let go of Clusters, so that another observer need not wait for the end of the lease."""
    for cluster_id, epoch in epochs.items():
        mine = Cluster.objects.filter(pk=cluster_id, observer=observer, observer_epoch=epoch)
        mine.update(lease_until=Now() - timedelta(seconds=1), observer="", synced_at=None)


def read_prods(cluster_ids: list[int]) -> dict[int, tuple[Watched, ...]]:
    """The Prods of each Cluster, those that are retired left out."""
    rows = Prod.objects.filter(cluster__in=cluster_ids).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    found: dict[int, list[Watched]] = {cluster_id: [] for cluster_id in cluster_ids}
    for cluster_id, *prod in rows.values_list("cluster_id", "pk", "name", "namespace"):
        found[cluster_id].append(Watched(*prod))
    return {cluster_id: tuple(prods) for cluster_id, prods in found.items()}
