"""What users asked for lately."""

from django.db import models


class DemandSample(models.Model):
    """Requests and errors per second of every Prod at one moment. Only the last minutes are kept.

    `rates` is [[Prod, Version, requests, errors], …]: one row for all Prods, since they are read together.
    """

    at = models.DateTimeField(unique=True)
    rates = models.JSONField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"demand at {self.at}"
