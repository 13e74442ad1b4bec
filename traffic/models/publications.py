"""Where Routes are published, and what was read back there."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clusters.models import Cluster
from clusters.models.names import DNS_LABEL

from .routes import Route


class Router(models.Model):
    """A way of steering traffic, with one or more instances that all publish the same Routes."""

    class Kind(models.TextChoices):
        GATEWAY_API = "gateway-api"
        HAPROXY = "haproxy"
        ROUTE53 = "route53"
        EXTERNAL_DNS = "external-dns"

    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])
    kind = models.CharField(max_length=20, choices=Kind)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["gateway-api", "haproxy", "route53", "external-dns"]),
                name="router_kind_known",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RouterInstance(models.Model):
    """One place where a Router's Routes are published: a gateway, a proxy, a zone.

    `lease_until`: a publisher is at work until then. It must not be trusted for correctness: what a late
    publisher writes is refused by the router or found when it is read back.
    """

    class Health(models.TextChoices):
        HEALTHY = "healthy"
        UNREACHABLE = "unreachable"
        UNKNOWN = "unknown"

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="instances")
    name = models.CharField(max_length=63, unique=True, validators=[DNS_LABEL])
    failure_domain = models.CharField(max_length=63)
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.PROTECT, related_name="routers")
    settings = models.JSONField(default=dict, help_text="its address and names, by kind; no secrets")
    credentials = models.BinaryField(default=b"", help_text="encrypted, see clusters/vault.py")
    health = models.CharField(max_length=12, choices=Health, default=Health.UNKNOWN)
    reason = models.JSONField(default=dict)
    since = models.DateTimeField(db_default=Now(), help_text="since when its health is this")
    read_at = models.DateTimeField(null=True, help_text="when all of it was last read back")
    lease_until = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Publication(models.Model):
    """A Route at a Router instance: what was read back there, and whether that is what is asked.

    What is asked stands in the Route and its members alone; `asked` is the Route's epoch when this was last
    made due, so that an answer about an older one does not end it. `due_at`: when to look or write again
    (null: it is as asked); `epoch` 0: nothing was read yet. `read_at` is when what is read back was last otherwise
    than before: that it is still so is as old as `read_at` of the instance, and `seen_at` says so.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        PUBLISHED = "published"
        UNREACHABLE = "unreachable"
        REFUSED = "refused"

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="publications")
    instance = models.ForeignKey(RouterInstance, on_delete=models.CASCADE, related_name="publications")
    made_at = models.DateTimeField(db_default=Now(), help_text="since when it is to be published there")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    reason = models.JSONField(default=dict)
    since = models.DateTimeField(db_default=Now())
    asked = models.BigIntegerField()
    epoch = models.BigIntegerField(default=0)
    weights = models.JSONField(default=dict, help_text="Prod name -> weight, as read back")
    read_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_default=Now(), db_index=True)

    class Meta:
        ordering = ["route", "instance"]
        constraints = [
            models.UniqueConstraint(fields=["route", "instance"], name="publication_once"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "published", "unreachable", "refused"]),
                name="publication_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route_id} at {self.instance_id}: {self.state}"

    @property
    def seen_at(self) -> datetime | None:
        """When it was last read back like this; None: never. Needs the instance."""
        if self.read_at is None or self.instance.read_at is None:
            return self.read_at
        return max(self.read_at, self.instance.read_at)

    @staticmethod
    def seen_since(moment: datetime) -> Q:
        """Those with `seen_at` at or after it."""
        return Q(read_at__isnull=False) & (Q(read_at__gte=moment) | Q(instance__read_at__gte=moment))
