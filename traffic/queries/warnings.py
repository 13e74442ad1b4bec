"""What to think about before a Route gets other weights."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, because
from traffic.core.ground import Ground
from traffic.core.moving import split_refusal
from traffic.core.writers import new_writer, split_writers
from traffic.models import Redundancy, Route, RouteMember, RouteOut

from .facts import is_serving, read_facts

Weights = Mapping[str, int]


def read_warnings(
    route: Route, rows: Mapping[str, RouteMember], will: Weights, committed: Mapping[int, int], now: datetime
) -> tuple[Reason, ...]:
    """Why the weights `will` cannot be, or should not. `rows`: its members, and unsaved ones of those that join;
    `committed`: Prod id -> load units that it has promised then. A constant number of queries."""
    was = {name: row.weight for name, row in rows.items()}
    joining = [name for name, row in rows.items() if row.pk is None]
    more = [row for name, row in rows.items() if row.pk and will[name] > was[name]]
    found = [
        *_writers(route, was, will),
        *_may_not_join(route, joining, will, now),
        *_crowded(more, committed),
        *_warnings(route, rows, was, will, now),
    ]
    return tuple(dict.fromkeys(found))


def _writers(route: Route, was: Weights, will: Weights) -> list[Reason]:
    split = split_writers(route.name, route.data_class, will)
    if split is not None:
        return [split]
    new = new_writer(route.data_class, was, will)
    return [because("writer-would-move", prod=new)] if new else []


def _crowded(rows: Iterable[RouteMember], committed: Mapping[int, int]) -> list[Reason]:
    """Why members that would get more users should not: they are being emptied, their Cluster is closed, or they carry
    enough."""
    found = []
    for prod in (row.prod for row in rows):
        if prod.cluster.intent != Cluster.Intent.ACTIVE:
            found.append(because("would-serve-from-closed", prod=prod.name, cluster=prod.cluster.name))
        if prod.lifecycle == Prod.Lifecycle.DRAINING:
            found.append(because("would-serve-from-emptied", prod=prod.name))
        load = committed.get(prod.pk, 0)
        if load > prod.capacity:
            found.append(
                because("would-carry-too-much", prod=prod.name, committed=load, capacity=prod.capacity)
            )
    return found


def _warnings(
    route: Route,
    rows: Mapping[str, RouteMember],
    was: Weights,
    will: Weights,
    now: datetime,
) -> list[Reason]:
    found: list[Reason] = []
    for name, row in rows.items():
        if will[name] > was[name] and not is_serving(row.prod, now):
            found.append(because("would-serve-from-ill", prod=name))
    domains = {
        rows[name].prod.cluster.failure_domain for name, weight in will.items() if weight and name in rows
    }
    if route.redundancy == Redundancy.TWO_DOMAIN and len(domains) == 1:
        found.append(because("would-be-in-one-domain", domain=min(domains)))
    out = RouteOut.objects.filter(route=route).select_related("prod").first()
    if out and will.get(out.prod.name, 0) > was.get(out.prod.name, 0):
        found.append(because("member-is-out", route=route.name, prod=out.prod.name, run=out.run_id))
    if not route.publications.exists():
        found.append(because("route-nowhere-published"))
    return found


def _may_not_join(route: Route, joining: Collection[str], will: Weights, now: datetime) -> list[Reason]:
    if not joining:
        return []
    ground = Ground(read_facts(now))
    mine = next(one for one in ground.routes if one.name == route.name)
    found = (split_refusal(ground, mine, prod, will) for prod in sorted(joining))
    return [why for why in found if why is not None]
