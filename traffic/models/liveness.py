"""Whether a Cluster lives, by what its probes said."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clusters.models import Cluster


class Liveness(models.Model):
    """What `traffic.core.detect` made of a Cluster's signals. One row per Cluster with Prods in service, written by
    the observer that holds its lease (`epoch`) about every two seconds; older than that, it says nothing.

    `probes` are those of the last minute as [milliseconds since 1970, signal, 1 or 0]; `ways` what each address
    said last as [signal, name, good, words, [host, port, hostname, TLS]], and `absent` the Reasons why a signal cannot be had.
    """

    class State(models.TextChoices):
        UP = "up"
        SUSPECT = "suspect"
        DOWN = "down"
        UNKNOWN = "unknown"

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="liveness")
    state = models.CharField(max_length=8, choices=State, default=State.UNKNOWN)
    reason = models.JSONField(default=dict)
    since = models.DateTimeField(db_default=Now())
    probes = models.JSONField(default=list)
    ways = models.JSONField(default=list)
    absent = models.JSONField(default=list)
    read_at = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["up", "suspect", "down", "unknown"]), name="liveness_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.state}"
