"""Guessing passwords from one address, over many names. Each name by itself is guarded by axes.

Counted in PostgreSQL, where axes keeps its failures: a cache could be flushed.
"""

from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum

MOST_FAILURES = 30


def is_shut(address: str, now: datetime) -> bool:
    """Whether so many logins from `address` have failed just now that none is looked at any more."""
    recent = AccessAttempt.objects.filter(
        ip_address=address, attempt_time__gt=now - settings.AXES_COOLOFF_TIME
    )
    return (recent.aggregate(all=Sum("failures_since_start"))["all"] or 0) >= MOST_FAILURES
