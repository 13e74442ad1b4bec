"""People and API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .roles import Role

ROLE_CHOICES = [(role.value, role.value) for role in Role]


class Person(AbstractUser):
    """Someone who logs in; the role says what they may do."""

    role = models.CharField(max_length=20, choices=ROLE_CHOICES, default=Role.VIEWER)
    token_role: str | None = None  # set when the person speaks through an API token

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
