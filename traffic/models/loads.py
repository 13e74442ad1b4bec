"""How the measuring of loads goes."""

from django.db import models
from django.db.models.functions import Now


class LoadReading(models.Model):
    """One row. `due_at`: when to ask next; `read_at`: when the loads in `Tenant.measured_load` were true (null: never);
    `tenants`: how many had one; `reason`: why the last try failed ({}: it did not)."""

    due_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    tenants = models.PositiveIntegerField(default=0)
    reason = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="load_reading_once")]

    def __str__(self) -> str:
        return f"loads of {self.read_at}"
