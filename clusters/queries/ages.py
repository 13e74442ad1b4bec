"""How old what we know is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clusters.models import Cluster


@dataclass(frozen=True, slots=True)
class FactsAge:
    """When each watched Cluster last answered, by name; None: not seen in full since its watch began."""

    seen: tuple[tuple[str, datetime | None], ...]

    @property
    def oldest(self) -> datetime | None:
        """The oldest time, None if there is none or any is unknown."""
        times = [at for _, at in self.seen]
        return None if not times or None in times else min(at for at in times if at)

    @property
    def newest(self) -> datetime | None:
        """The newest time known."""
        return max((at for _, at in self.seen if at), default=None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Clusters of which nothing fresh is known."""
        return tuple(name for name, at in self.seen if at is None)


def facts_age(clusters: Iterable[Cluster]) -> FactsAge:
    """How old what we know of these Clusters is."""
    return FactsAge(
        tuple((cluster.name, cluster.seen_at if cluster.synced_at else None) for cluster in clusters)
    )


def read_facts_age() -> FactsAge:
    """How old what we know of each Cluster is. One query."""
    rows = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    return facts_age(rows.only("name", "seen_at", "synced_at").order_by("name"))
