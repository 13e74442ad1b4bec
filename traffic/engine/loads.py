"""Measuring what load each Tenant brings: one query of Prometheus, once a minute, kept until it is too old."""

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from journal.core.reasons import because, reason_to_json
from traffic.core.measured import EVERY_S, Key, loads_of, parse_loads
from traffic.models import Hostname, LoadReading, Tenant

from .source import NO_ANSWER, ask, pools

READ_S = 10.0

log = logging.getLogger(__name__)


def read_loads() -> bool:
    """Ask for the loads if that is due, and store them; whether they are new. Nobody answers: what is stored grows old,
    and then the numbers that people have given count. May be called at any time, by many."""
    if not (settings.PROMETHEUS_URL and settings.LOAD_QUERY) or not _is_my_turn(timezone.now()):
        return False
    try:
        with pools(READ_S) as through:
            answer = ask(through, f"{settings.PROMETHEUS_URL}/api/v1/query", query=settings.LOAD_QUERY)
        found = parse_loads(answer)
    except NO_ANSWER as error:
        log.warning("no loads: %s", error)
        code = "load-query-nonsense" if isinstance(error, ValueError) else "load-query-silent"
        LoadReading.objects.update(reason=reason_to_json(because(code)))
        return False
    store(found, timezone.now())
    return True


def store(found: Mapping[Key, float], at: datetime) -> None:
    """These loads, and no others, are those of `at`. Only what differs is written."""
    loads = loads_of(found, _owners(found), _tenants_on(found))
    names = list(loads)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traffic_tenant SET measured_load = found.load"
            " FROM unnest(%s::text[], %s::int[]) AS found (name, load)"
            " WHERE traffic_tenant.name = found.name AND measured_load IS DISTINCT FROM found.load",
            [names, list(loads.values())],
        )
        cursor.execute(
            "UPDATE traffic_tenant SET measured_load = NULL"
            " WHERE measured_load IS NOT NULL AND NOT (name = ANY(%s::text[]))",
            [names],
        )
        tenants = Tenant.objects.exclude(measured_load=None).count()
        LoadReading.objects.update_or_create(pk=1, defaults={"read_at": at, "tenants": tenants, "reason": {}})


def _is_my_turn(now: datetime) -> bool:
    LoadReading.objects.get_or_create(pk=1, defaults={"due_at": now})
    due = LoadReading.objects.filter(due_at__lte=now)
    return bool(due.update(due_at=now + timedelta(seconds=EVERY_S)))


def _named(found: Mapping[Key, float], label: str) -> list[str]:
    return [name for (mine, name) in found if mine == label]


def _owners(found: Mapping[Key, float]) -> dict[str, str]:
    names = _named(found, "hostname")
    return dict(Hostname.objects.filter(name__in=names).values_list("name", "tenant__name")) if names else {}


def _tenants_on(found: Mapping[Key, float]) -> dict[str, dict[str, int]]:
    on: dict[str, dict[str, int]] = defaultdict(dict)
    names = _named(found, "route")
    rows = Tenant.objects.filter(route__name__in=names).values_list("route__name", "name", "load")
    for route, tenant, load in rows if names else ():
        on[route][tenant] = load
    return on
