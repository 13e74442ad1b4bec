"""Stop-the-line: it holds back whoever changes what users get, here and above."""

from django.db import models
from django.db.models import Q

from access.models import Standing


class Freeze(Standing):
    """The fleet's "not now". At most one stands at a time: stop-the-line. The table has the name that it was made with."""

    class Meta:
        db_table = "releases_freeze"
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(lifted_at__isnull=True), name="freeze_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="freeze_has_reason"),
        ]

    def __str__(self) -> str:
        return self.reason
