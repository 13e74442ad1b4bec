"""What the signals of Clusters said, as rows."""

from datetime import timedelta

from django.utils import timezone

from clusters.models import Cluster
from journal.core.reasons import because, reason_to_json
from traffic.models import Liveness

WHY = {
    "up": None,
    "suspect": because("one-signal-misses", signal="api"),
    "down": because("both-signals-miss", seconds=9),
    "unknown": because("probes-silent", signals="direct"),
}


def says(cluster: str, state: str, *, read_ago_s: float = 0, since_ago_s: float = 9) -> None:
    """The observer says this of the Cluster."""
    now, why = timezone.now(), WHY[state]
    Liveness.objects.update_or_create(
        cluster=Cluster.objects.get(name=cluster),
        defaults={
            "state": state,
            "reason": reason_to_json(why) if why else {},
            "since": now - timedelta(seconds=since_ago_s),
            "read_at": now - timedelta(seconds=read_ago_s),
        },
    )


def all_up(*but: str) -> None:
    """Every Cluster of the example fleet is up, `but` these are down."""
    for name in ("a", "b", "c"):
        says(name, "down" if name in but else "up")
