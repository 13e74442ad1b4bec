"""Routers as pages and the API show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Count, F, Q
from django.utils.functional import Promise

from clusters.marks import Mark
from journal.core.reasons import Reason, because, reason_from_json
from traffic.marks import INSTANCE_MARKS, KIND_NAMES, OLD
from traffic.models import Hostname, Publication, Route, Router, RouterInstance, StateFile
from traffic.routers.gateway_objects import HOSTNAMES_MAX

from .facts import checks_health
from .publications import State, is_old

LISTED = 500
# It is written every minute.
STATE_FILE_OLD = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class InstanceLine:
    """One place where Routes are published. `behind`: Publications that are not as asked; `newer`: those of which it
    shows a newer epoch than is asked."""

    name: str
    failure_domain: str
    cluster: str
    mark: Mark
    reason: Reason | None
    since: datetime
    read_at: datetime | None
    routes: int
    behind: int
    newer: int
    checks_health: bool


@dataclass(frozen=True, slots=True)
class RouterLine:
    """A Router with its instances. `writes`: what a move of a Route costs at each of them; `newer`: Routes that one
    of them shows at a newer epoch than is asked."""

    name: str
    kind: str | Promise
    writes: Reason
    instances: tuple[InstanceLine, ...]
    alone: bool
    newer: int


@dataclass(frozen=True, slots=True)
class RoutersPage:
    """All Routers, how many Routes are published nowhere, and how break-glass is prepared."""

    routers: tuple[RouterLine, ...]
    unpublished: int
    state_file: "StateFileLine"


@dataclass(frozen=True, slots=True)
class StateFileLine:
    """The state file for break-glass: when it was last written (None: never), whether that is too long ago, and why
    the last try failed."""

    written_at: datetime | None
    is_old: bool
    reason: Reason | None


# What takes more than one write for a move of a Route with more hostnames, as `Traits.hostnames_per_write` has it.
HOSTNAMES_PER_WRITE = {Router.Kind.GATEWAY_API: HOSTNAMES_MAX}
# What a move of one Route costs at an instance of the kind.
WRITES = {
    Router.Kind.GATEWAY_API: because("writes-by-hostnames", hostnames=HOSTNAMES_MAX),
    Router.Kind.HAPROXY: because("writes-by-members"),
    Router.Kind.ROUTE53: because("writes-one-batch"),
    Router.Kind.EXTERNAL_DNS: because("writes-one-object"),
}


def writes_of(route: Route) -> tuple[int, int]:
    """How many router instances have to be written to when the weights of the Route change, and how often in all. Two
    queries."""
    kinds = list(route.publications.values_list("instance__router__kind", flat=True))
    hostnames = Hostname.objects.filter(tenant__route=route).count()
    return len(kinds), sum(
        max(1, ceil(hostnames / most)) if (most := HOSTNAMES_PER_WRITE.get(kind)) else 1 for kind in kinds
    )


def read_routers(now: datetime) -> RoutersPage:
    """Every Router, by name. Four queries."""
    behind = ~Q(publications__state=State.PUBLISHED) | ~Q(publications__epoch=F("publications__route__epoch"))
    rows = RouterInstance.objects.select_related("router", "cluster").defer("credentials", "cluster__nodes")
    counted = rows.annotate(
        routes=Count("publications"),
        behind=Count("publications", filter=Q(publications__isnull=False) & behind),
        newer=Count("publications", filter=Q(publications__epoch__gt=F("publications__route__epoch"))),
    )
    by_router: dict[int, list[InstanceLine]] = defaultdict(list)
    for row in counted.order_by("name"):
        by_router[row.router_id].append(_instance(row, now))
    return RoutersPage(
        routers=tuple(_router(row, tuple(by_router[row.pk])) for row in Router.objects.order_by("name")),
        unpublished=Route.objects.filter(publications__isnull=True).count(),
        state_file=read_state_file(now),
    )


def read_state_file(now: datetime) -> StateFileLine:
    """How the writing of the state file goes. One query."""
    row = StateFile.objects.filter(pk=1).first() or StateFile()
    old = row.written_at is not None and now - row.written_at > STATE_FILE_OLD
    return StateFileLine(row.written_at, old, reason_from_json(row.reason))


def publishable(router: str) -> list[str]:
    """Names of Routes that some instance of the Router does not publish yet, and that serve somebody."""
    instances = RouterInstance.objects.filter(router__name=router)
    full = instances.count()
    rows = Route.objects.filter(members__weight__gt=0).distinct()
    there = Publication.objects.filter(instance__in=instances).values("route").annotate(n=Count("pk"))
    done = there.filter(n=full).values("route")
    return list(rows.exclude(pk__in=done).order_by("name").values_list("name", flat=True)[:LISTED])


def published_on(router: str) -> list[str]:
    """Names of Routes that some instance of the Router publishes."""
    rows = Route.objects.filter(publications__instance__router__name=router).distinct()
    return list(rows.order_by("name").values_list("name", flat=True)[:LISTED])


def _router(row: Router, instances: tuple[InstanceLine, ...]) -> RouterLine:
    domains = {one.failure_domain for one in instances}
    return RouterLine(
        name=row.name,
        kind=KIND_NAMES[row.kind],
        writes=WRITES[Router.Kind(row.kind)],
        instances=instances,
        alone=len(domains) < 2,
        newer=max((one.newer for one in instances), default=0),
    )


def _instance(row: RouterInstance, now: datetime) -> InstanceLine:
    health = RouterInstance.Health(row.health)
    # An instance on which nothing is published is not read.
    stale = health == RouterInstance.Health.HEALTHY and row.routes > 0 and is_old(row.read_at, now)
    return InstanceLine(
        name=row.name,
        failure_domain=row.failure_domain,
        cluster=row.cluster.name if row.cluster else "",
        mark=OLD if stale else INSTANCE_MARKS[health],
        reason=reason_from_json(row.reason),
        since=row.since,
        read_at=row.read_at,
        routes=row.routes,
        behind=row.behind,
        newer=row.newer,
        checks_health=checks_health(row),
    )
