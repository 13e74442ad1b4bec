"""Prods, and what each has of its own."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .blueprints import Blueprint, Version
from .clusters import Cluster
from .names import DNS_LABEL


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
    self_heal = models.BooleanField(default=False, help_text="drift is healed without a person")
    raised_by = models.BigIntegerField(
        null=True,
        help_text="number of the live Run that lets its autoscalers keep more pods than the Blueprint",
    )
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
