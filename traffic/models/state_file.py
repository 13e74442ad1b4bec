"""How the writing of the state file goes."""

from django.db import models
from django.db.models.functions import Now


class StateFile(models.Model):
    """One row. `due_at`: when to write next; `written_at`: when it was last written whole (null: never);
    `reason`: why the last try failed ({}: it did not), `since` when it has been so."""

    due_at = models.DateTimeField(db_default=Now())
    written_at = models.DateTimeField(null=True)
    size = models.PositiveIntegerField(default=0, help_text="bytes")
    reason = models.JSONField(default=dict)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="state_file_once")]

    def __str__(self) -> str:
        return f"written at {self.written_at}"
