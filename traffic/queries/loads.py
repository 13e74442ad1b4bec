"""What load a Tenant brings: measured lately, or else the number that a person has given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, Exists, F, IntegerField, Q, When
from django.db.models.functions import Now

from journal.core.reasons import Reason, because, reason_from_json
from traffic.core.measured import OLD_S
from traffic.models import LoadReading, Tenant

OLD = timedelta(seconds=OLD_S)


def load_now(prefix: str = "") -> Case:
    """The load units that count now, as an expression over Tenants, or over what leads to them by `prefix`."""
    fresh = Exists(LoadReading.objects.filter(read_at__gt=Now() - OLD))
    measured = Q(**{f"{prefix}measured_load__isnull": False})
    return Case(
        When(fresh & measured, then=F(f"{prefix}measured_load")),
        default=F(f"{prefix}load"),
        output_field=IntegerField(),
    )


@dataclass(frozen=True, slots=True)
class LoadSource:
    """Where the loads come from. `fresh`: those measured at `read_at` count, for `measured` of `tenants`; else `why`
    not, and the numbers given count for all."""

    fresh: bool
    read_at: datetime | None
    measured: int
    tenants: int
    why: Reason | None


def read_load_source(now: datetime) -> LoadSource | None:
    """None where nothing is to be measured. Two queries at most."""
    if not (settings.PROMETHEUS_URL and settings.LOAD_QUERY):
        return None
    row = LoadReading.objects.first()
    read_at = row.read_at if row else None
    fresh = read_at is not None and read_at > now - OLD
    why = None if fresh else reason_from_json(row.reason if row else {}) or because("load-query-silent")
    return LoadSource(fresh, read_at, row.tenants if row and fresh else 0, Tenant.objects.count(), why)
