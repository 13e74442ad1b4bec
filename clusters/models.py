"""Clusters, Blueprints, Versions, Prods and what was last seen of them."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .core.observed import ObservedProd, observed_from_json

DNS_LABEL = RegexValidator(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "lower-case letters, digits and dashes")


class Cluster(models.Model):
    """A Kubernetes cluster. What is wanted of it (intent) and how it is (health) are two facts."""

    class Purpose(models.TextChoices):
        WORKLOAD = "workload"
        EDGE = "edge"
        CONTROL_PLANE = "control-plane"

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

    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])
    provider = models.CharField(max_length=40)
    region = models.CharField(max_length=63, blank=True)
    failure_domain = models.CharField(max_length=63)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.WORKLOAD)
    intent = models.CharField(max_length=20, choices=Intent, default=Intent.ACTIVE)
    credentials = models.BinaryField(help_text="encrypted, see clusters/vault.py")
    server_version = models.CharField(max_length=40, blank=True)

    # Health, written by the observer that holds the lease.
    health = models.CharField(max_length=20, choices=Health, default=Health.UNKNOWN)
    health_reason = models.JSONField(default=dict)
    health_since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, help_text="last time the cluster answered")

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


class Blueprint(models.Model):
    """The definition that Prods are built from; its content is in its revisions."""

    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])

    def __str__(self) -> str:
        return self.name


class BlueprintRevision(models.Model):
    """Kubernetes manifests as one immutable revision (a database trigger refuses any update)."""

    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    manifests = models.JSONField()
    components = models.JSONField(help_text="names of the components, sorted")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["blueprint", "number"]
        constraints = [
            models.UniqueConstraint(fields=["blueprint", "number"], name="blueprint_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.blueprint.name} r{self.number}"


class Version(models.Model):
    """What is released: one image per component and a Blueprint revision. Immutable but for the veto."""

    class Rollback(models.TextChoices):
        SAFE = "safe"
        UNTIL = "until"
        NEVER = "never"

    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="versions")
    revision = models.ForeignKey(BlueprintRevision, on_delete=models.PROTECT, related_name="versions")
    name = models.CharField(max_length=100)
    images = models.JSONField(help_text="image reference by component")
    rollback = models.CharField(max_length=10, choices=Rollback, default=Rollback.SAFE)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    vetoed_at = models.DateTimeField(null=True)
    vetoed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    veto_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["blueprint", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["blueprint", "name"], name="version_name_once"),
            models.CheckConstraint(
                condition=Q(vetoed_at__isnull=True, veto_reason="")
                | (Q(vetoed_at__isnull=False) & ~Q(veto_reason="")),
                name="version_veto_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blueprint.name} {self.name}"


class Prod(models.Model):
    """One full production environment: a namespace on a Cluster.

    `version` is what Drover last asked for. `settled_*` is what the last completed Run left: it is where a
    rollback goes back to, never what is asked or observed.
    """

    class Role(models.TextChoices):
        LIVE = "live"
        TEST = "test"
        STANDBY = "standby"

    class Lifecycle(models.TextChoices):
        BUILDING = "building"
        WARMING = "warming"
        IN_SERVICE = "in-service"
        DRAINING = "draining"
        OUT_OF_SERVICE = "out-of-service"
        RETIRED = "retired"

    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="prods")
    namespace = models.CharField(max_length=63, validators=[DNS_LABEL])
    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="prods")
    role = models.CharField(max_length=10, choices=Role, default=Role.LIVE)
    capacity = models.PositiveIntegerField()
    endpoint = models.URLField(blank=True)
    lifecycle = models.CharField(max_length=20, choices=Lifecycle, default=Lifecycle.BUILDING)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    overrides_revision = models.PositiveIntegerField(default=1)
    settled_version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")
    settled_overrides_revision = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "namespace"], name="prod_namespace_once"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="prod_capacity_positive"),
            models.CheckConstraint(condition=Q(role__in=["live", "test", "standby"]), name="prod_role_known"),
            models.CheckConstraint(
                condition=Q(
                    lifecycle__in=[
                        "building",
                        "warming",
                        "in-service",
                        "draining",
                        "out-of-service",
                        "retired",
                    ]
                ),
                name="prod_lifecycle_known",
            ),
            models.CheckConstraint(
                condition=Q(settled_version__isnull=True, settled_overrides_revision__isnull=True)
                | Q(settled_version__isnull=False, settled_overrides_revision__isnull=False),
                name="prod_settled_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Overrides(models.Model):
    """What one Prod has of its own, as immutable revisions: replicas, labels, patches."""

    prod = models.ForeignKey(Prod, on_delete=models.CASCADE, related_name="overrides")
    number = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["prod", "number"]
        constraints = [models.UniqueConstraint(fields=["prod", "number"], name="overrides_once")]

    def __str__(self) -> str:
        return f"{self.prod.name} overrides r{self.number}"


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
        """The facts as a value."""
        return observed_from_json(self.facts, self.observed_at)
