"""People and API tokens."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .roles import Role

ROLE_CHOICES = [(role.value, role.value) for role in Role]


class Person(AbstractUser):
    """Someone who logs in; the role says what they may do."""

    role = models.CharField(max_length=20, choices=ROLE_CHOICES, default=Role.VIEWER)
    # Set when the person speaks through an API token.
    token_role: str | None = None
    through: "ApiToken | None" = None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="person_role_known"
            )
        ]

    @property
    def acting_role(self) -> str:
        """The role that counts now: the token's where one is used, else the person's."""
        return self.token_role or self.role


class ApiToken(models.Model):
    """A token for the API. Only its SHA-256 is stored; it may never more than its person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, blank=True, help_text="its first characters, to tell it by")
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="the token that made it: never more, never longer than that one",
    )
    made_by = models.ForeignKey(
        Person,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="who has seen its text: it ends with their account too",
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="token_role_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def ancestry(self) -> "Iterator[ApiToken]":
        """The token, the one that made it, and so on."""
        token: ApiToken | None = self
        while token:
            yield token
            token = token.parent


class IdempotencyKey(models.Model):
    """That a POST with this key was made, and what it was answered. No status: it is still under way."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"


class Standing(models.Model):
    """What a person has said, and why, and what stands until somebody lifts it."""

    reason = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True
