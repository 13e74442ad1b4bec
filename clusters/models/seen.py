"""What was last seen of a Prod: its objects, its drift, the Events about it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from clusters.core.observed import ObservedProd, observed_from_json

from .clusters import Cluster
from .prods import Prod


class Observation(models.Model):
    """What was last seen of a Prod (`clusters.core.observed`), and when. One row per Prod.

    Only the observer that holds the Cluster's lease writes it: (epoch, sequence) never goes back.
    """

    prod = models.OneToOneField(Prod, on_delete=models.CASCADE, related_name="observation")
    facts = models.JSONField(default=dict)
    observed_at = models.DateTimeField()
    epoch = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.prod.name} at {self.observed_at:%H:%M:%S}"

    def seen(self) -> ObservedProd:
        """The facts as a value, as they were when this was first asked."""
        return self._seen

    @cached_property
    def _seen(self) -> ObservedProd:
        return observed_from_json(self.facts, self.observed_at)


class Drift(models.Model):
    """How what a Prod's Cluster holds differs from what was applied (`clusters.core.drift`). One row per Prod.

    `state` is `unknown` with a reason while the Cluster cannot be compared. `due_at`: the next look.
    """

    class State(models.TextChoices):
        UNKNOWN = "unknown"
        IN_SYNC = "in-sync"
        DRIFTED = "drifted"

    prod = models.OneToOneField(Prod, on_delete=models.CASCADE, related_name="drift")
    state = models.CharField(max_length=10, choices=State, default=State.UNKNOWN)
    reason = models.JSONField(default=dict)
    differences = models.JSONField(default=list)
    since = models.DateTimeField(db_default=Now(), help_text="since when it is in this state")
    checked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["unknown", "in-sync", "drifted"]), name="drift_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prod_id} {self.state}"


class KubeEvent(models.Model):
    """An Event object of a Cluster about something of a Prod, as last seen. Only the newest are kept."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="kube_events")
    prod = models.ForeignKey(Prod, null=True, on_delete=models.CASCADE, related_name="kube_events")
    uid = models.CharField(max_length=63)
    about = models.CharField(max_length=330, help_text="kind and name, such as `Pod api-7d9f`")
    type = models.CharField(max_length=20)
    reason = models.CharField(max_length=128)
    message = models.TextField()
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["cluster", "uid"], name="kube_event_once")]
        indexes = [models.Index(fields=["prod", "-last_at"])]

    def __str__(self) -> str:
        return f"{self.about}: {self.reason}"
