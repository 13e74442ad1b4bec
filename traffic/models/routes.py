"""Tenants, Routes with their members and epochs, and which Routes have a member out of service."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clusters.models import Prod


class Redundancy(models.TextChoices):
    NONE = "none"
    TWO_DOMAIN = "two-domain"
    TEST = "test"


class DataClass(models.TextChoices):
    STATELESS = "stateless"
    REPLICATED = "replicated"
    SINGLE_WRITER = "single-writer"


class Route(models.Model):
    """The unit of traffic: Tenants alike in Prods, redundancy and class. `pins`: names of the only Prods that may ever
    serve it (none: any); they are its own for good."""

    name = models.CharField(max_length=63, unique=True)
    redundancy = models.CharField(max_length=12, choices=Redundancy)
    data_class = models.CharField(max_length=14, choices=DataClass, default=DataClass.STATELESS)
    pins = ArrayField(models.CharField(max_length=63), default=list)
    epoch = models.BigIntegerField(default=1)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RouteMember(models.Model):
    """A Prod of a Route. `weight` (0-100) is asked for now, `target` in normal times: a member that is drained
    has weight 0 and keeps its target, one that stands in for others has target 0."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="members")
    prod = models.ForeignKey(Prod, on_delete=models.PROTECT, related_name="memberships")
    weight = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    target = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])

    class Meta:
        ordering = ["route", "prod"]
        constraints = [
            models.UniqueConstraint(fields=["route", "prod"], name="route_member_once"),
            models.CheckConstraint(condition=Q(weight__lte=100), name="route_member_weight_percent"),
            models.CheckConstraint(condition=Q(target__lte=100), name="route_member_target_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.route.name} {self.prod.name} {self.weight}"


class RouteEpoch(models.Model):
    """What a Route's weights were from one epoch on, and why: its history, and the way back by one click."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="epochs")
    epoch = models.BigIntegerField()
    weights = models.JSONField(help_text="Prod name -> weight")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    run_id = models.BigIntegerField(null=True, db_index=True)
    reason = models.JSONField(default=dict)

    class Meta:
        ordering = ["route", "-epoch"]
        constraints = [models.UniqueConstraint(fields=["route", "epoch"], name="route_epoch_once")]

    def __str__(self) -> str:
        return f"{self.route_id} epoch {self.epoch}"


class Tenant(models.Model):
    """Who is served: load in load units, hostnames, and the Route that serves it. `measured_load` counts instead of
    `load` for as long as the LoadReading is fresh (`traffic.queries.loads`). `pins` are those of its Route."""

    name = models.CharField(max_length=63, unique=True)
    hostnames = ArrayField(models.CharField(max_length=253), default=list)
    load = models.PositiveIntegerField(default=1)
    measured_load = models.PositiveIntegerField(null=True)
    redundancy = models.CharField(max_length=12, choices=Redundancy)
    data_class = models.CharField(max_length=14, choices=DataClass, default=DataClass.STATELESS)
    pins = ArrayField(models.CharField(max_length=63), default=list)
    route = models.ForeignKey(Route, null=True, on_delete=models.PROTECT, related_name="tenants")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Hostname(models.Model):
    """A hostname, which one Tenant has. Written by a trigger on Tenant alone (migration 0007): whoever stores a Tenant
    whose hostname another has is refused by the database."""

    name = models.CharField(max_length=253, primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+")

    def __str__(self) -> str:
        return self.name


class RouteOut(models.Model):
    """Route `route` has its member `prod` out of service for Run `run_id`: at most one, over all Runs.

    Inserted in the transaction that starts the first step that can disturb users; gone after the Prod's
    last step, or, once the Run has ended, when the Prod is seen healthy.
    """

    route = models.OneToOneField(Route, on_delete=models.CASCADE, related_name="out")
    prod = models.ForeignKey(Prod, on_delete=models.PROTECT, related_name="+")
    run_id = models.BigIntegerField(db_index=True)
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.route.name} without {self.prod.name}"


class Reservation(models.Model):
    """Run `run_id` counts on `load` units of room on `prod` for users that it has not sent there yet: the most that it
    puts there at a time. Gone with the end of the Run."""

    prod = models.ForeignKey(Prod, on_delete=models.CASCADE, related_name="+")
    run_id = models.BigIntegerField(db_index=True)
    load = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "prod"], name="reservation_once_per_prod_and_run")
        ]

    def __str__(self) -> str:
        return f"{self.load} on {self.prod_id} for run {self.run_id}"
