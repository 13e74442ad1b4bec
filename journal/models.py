"""The Event log: one append-only row per state change."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """Who did what, from what to what, and why. Never changed, never deleted.

    `cluster`, `prod` and `run_id` are names and numbers rather than foreign keys, so that an Event
    outlives what it tells of.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    run_id = models.BigIntegerField(null=True, db_index=True)
    step_id = models.BigIntegerField(null=True)
    prod = models.CharField(max_length=63, blank=True)
    cluster = models.CharField(max_length=63, blank=True)
    from_state = models.CharField(max_length=40, blank=True)
    to_state = models.CharField(max_length=40, blank=True)
    reason = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        # The Timeline of one Prod or Cluster, the newest first; the states of a Run among all that its steps have done.
        indexes = [
            models.Index(fields=["run_id"], condition=models.Q(kind="run"), name="event_states_of_run"),
            models.Index(fields=["prod", "-id"], condition=~models.Q(prod=""), name="event_prod"),
            models.Index(fields=["cluster", "-id"], condition=~models.Q(cluster=""), name="event_cluster"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.kind} {self.prod or self.cluster}"
