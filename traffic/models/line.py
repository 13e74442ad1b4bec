"""Stop-the-line: it holds back whoever changes what users get, here and above."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Freeze(models.Model):
    """The fleet's "not now". At most one stands at a time: stop-the-line. The table has the name that it was made with."""

    reason = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "releases_freeze"
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(lifted_at__isnull=True), name="freeze_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="freeze_has_reason"),
        ]

    def __str__(self) -> str:
        return self.reason
