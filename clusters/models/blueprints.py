"""Blueprints with their revisions, and Versions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .names import DNS_LABEL


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
    kinds = models.JSONField(default=list, help_text="its kinds, as keys of `key_of`, sorted")
    secrets = models.JSONField(default=list, help_text="names of the Secrets that must be there, sorted")
    digest = models.CharField(max_length=64)
    note = models.CharField(
        max_length=200, blank=True, help_text="what this revision changes, in a person's words"
    )
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
    rollback_until = models.CharField(
        max_length=20, blank=True, help_text="for `until`: the last step kind from which one can go back"
    )
    shares_data_with = models.JSONField(
        default=list, help_text="names of the Versions whose data it can share; a single `*`: any"
    )
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
