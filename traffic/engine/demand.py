"""Asking how many requests Prods get, and how many fail: a source outside of Drover, a few numbers, kept for minutes."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from journal.hints import publish as hint
from traffic.core.demand import EVERY_S, KEPT_S, Key, Rate, parse_counters, parse_vectors
from traffic.models import DemandSample

from .source import NO_ANSWER, ask, pools

log = logging.getLogger(__name__)


def take_sample() -> bool:
    """Store what the source says now; whether there is a new sample. Nobody answers: there is none, and the charts
    grow old. May be called at any time, by many."""
    now = timezone.now()
    if not is_on() or DemandSample.objects.filter(at__gt=now - timedelta(seconds=EVERY_S - 1)).exists():
        return False
    try:
        rates = _ask()
    except NO_ANSWER as error:
        log.warning("no sample of what users ask for: %s", error)
        return False
    store(rates, now)
    return True


def is_on() -> bool:
    """Whether there is a source."""
    return bool(settings.USERS_URL or settings.PROMETHEUS_URL)


def store(rates: dict[Key, Rate], at: datetime) -> None:
    """One more sample; those that are too old go."""
    listed = [[*key, round(rate.requests, 2), round(rate.errors, 2)] for key, rate in rates.items()]
    DemandSample.objects.bulk_create([DemandSample(at=at, rates=listed)], ignore_conflicts=True)
    DemandSample.objects.filter(at__lt=at - timedelta(seconds=KEPT_S)).delete()
    hint("demand", demand="fleet")


def _ask() -> dict[Key, Rate]:
    """What the source says. Raises one of NO_ANSWER."""
    with pools() as through:
        if settings.USERS_URL:
            return parse_counters(
                ask(through, f"{settings.USERS_URL}/counters", by="prod,version", seconds=EVERY_S)
            )
        queries = (settings.REQUESTS_QUERY, settings.ERRORS_QUERY)
        requests, errors = (
            ask(through, f"{settings.PROMETHEUS_URL}/api/v1/query", query=query) for query in queries
        )
        return parse_vectors(requests, errors)
