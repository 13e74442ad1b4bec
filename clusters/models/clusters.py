"""Clusters, and how they answered."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .names import DNS_LABEL


class Cluster(models.Model):
    """A Kubernetes cluster. What is wanted of it (intent) and how it is (health) are two facts."""

    class Purpose(models.TextChoices):
        WORKLOAD = "workload"
        EDGE = "edge"
        CONTROL_PLANE = "control-plane"
        REHEARSAL = "rehearsal"

    class Intent(models.TextChoices):
        ACTIVE = "active"
        CORDONED = "cordoned"
        DRAINING = "draining"
        UPGRADING = "upgrading"
        RETIRED = "retired"

    class Health(models.TextChoices):
        HEALTHY = "healthy"
        DEGRADED = "degraded"
        UNREACHABLE = "unreachable"
        UNKNOWN = "unknown"

    class Access(models.TextChoices):
        KUBECONFIG = "kubeconfig"
        TOKEN = "token"  # noqa: S105
        CERTIFICATE = "certificate"
        IN_CLUSTER = "in-cluster"
        EKS = "eks"

    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])
    provider = models.CharField(max_length=40)
    region = models.CharField(max_length=63, blank=True)
    failure_domain = models.CharField(max_length=63)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.WORKLOAD)
    intent = models.CharField(max_length=20, choices=Intent, default=Intent.ACTIVE)
    access = models.CharField(max_length=20, choices=Access, default=Access.TOKEN)
    server = models.CharField(max_length=300, blank=True, help_text="the API server's address, as shown")
    credentials = models.BinaryField(help_text="encrypted, see clusters/vault.py")
    created_at = models.DateTimeField(db_default=Now())
    server_version = models.CharField(max_length=40, blank=True)

    # What the last test of the connection found (`clusters.core.rights`), and when.
    rights_at = models.DateTimeField(null=True)
    missing_rights = models.JSONField(default=list)
    excess_rights = models.JSONField(default=list)

    # Health, written by the observer that holds the lease.
    health = models.CharField(max_length=20, choices=Health, default=Health.UNKNOWN)
    health_reason = models.JSONField(default=dict)
    health_since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, help_text="last time the cluster answered")
    nodes = models.JSONField(default=list, help_text="what is shown of each node, by name")
    nodes_at = models.DateTimeField(null=True)

    # The lease: one observer watches a Cluster; a write of an older epoch is refused.
    observer = models.CharField(max_length=80, blank=True)
    observer_epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(db_default=Now())
    synced_at = models.DateTimeField(null=True, help_text="when this epoch had its full list; null: unknown")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(health__in=["healthy", "degraded", "unreachable", "unknown"]),
                name="cluster_health_known",
            ),
            models.CheckConstraint(
                condition=Q(intent__in=["active", "cordoned", "draining", "upgrading", "retired"]),
                name="cluster_intent_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProbeMinute(models.Model):
    """The probes of one Cluster within one minute: how many, how many failed, how long the others took."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="probes")
    minute = models.DateTimeField()
    probes = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    latency_sum_ms = models.PositiveIntegerField(default=0)
    latency_max_ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["cluster", "minute"]
        constraints = [models.UniqueConstraint(fields=["cluster", "minute"], name="probe_minute_once")]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.minute:%H:%M} {self.failed}/{self.probes} failed"
