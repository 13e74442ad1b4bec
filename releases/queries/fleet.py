"""The fleet wall: what runs where, what is going on, and what needs a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from clusters.facts import cluster_reason
from clusters.models import Cluster, Prod, Version
from journal.core.reasons import Reason, reason_from_json
from releases.core.states import RUN_LIVE
from releases.engine.routes import read_kept_out
from releases.marks import CLUSTER_MARKS, NO_FACTS, Mark
from releases.models import Hold, Run
from traffic.core.demand import DemandChart
from traffic.queries.demand import Demand, read_demand

from .needs import Need, read_needs
from .progress import RunLine, StepRow, read_steps, run_line, with_progress
from .shares import NOBODY, Served, Share, percent_words, percents, read_served
from .tiles import ProdTile, prod_tile, serving, with_tile


@dataclass(frozen=True, slots=True)
class VersionShare:
    """A Version in service: class of its colour, name, how many Prods run it, share of users in words."""

    kind: str
    name: str
    prods: int
    share: str
    demand: DemandChart | None


@dataclass(frozen=True, slots=True)
class ClusterColumn:
    """A Cluster with its Prods. `reason` is why it is not simply healthy."""

    name: str
    mark: Mark
    reason: Reason | None
    since: datetime
    provider: str
    domain: str
    server_version: str
    seen_at: datetime | None
    intent: str
    runs_routers: bool
    prods: tuple[ProdTile, ...]


@dataclass(frozen=True, slots=True)
class FleetPage:
    """All of the fleet wall. `users` are load units."""

    prods: int
    users: int
    versions: tuple[VersionShare, ...]
    bar: tuple[Share, ...]
    columns: tuple[ClusterColumn, ...]
    running: tuple[RunLine, ...]
    needs: tuple[Need, ...]


def read_fleet(role: str, now: datetime) -> FleetPage:
    """The wall as `role` may see it. Nine queries, however large the fleet is; a
    few more while a Route is out."""
    clusters = list(Cluster.objects.exclude(intent=Cluster.Intent.RETIRED))
    prods, versions = _prods()
    served = read_served()
    live = [state.value for state in RUN_LIVE]
    runs = list(with_progress(Run.objects.filter(state__in=live)))
    steps = read_steps(runs, all_of_them=False)
    holds = {hold.prod_id: hold for hold in Hold.objects.filter(lifted_at=None).select_related("author")}
    demand = read_demand({prod.name: (prod.blueprint.name, serving(prod).name) for prod in prods}, now)
    kept_out = read_kept_out(now) if any(prod.is_out for prod in prods) else {}
    tiles = _tiles(prods, clusters, served, steps, holds, demand, kept_out, now)
    shares, bar = _versions(prods, served, demand)
    return FleetPage(
        prods=len(prods),
        users=round(sum(one.users for one in served.values())),
        versions=shares,
        bar=bar,
        columns=tuple(_column(cluster, tiles[cluster.pk], now) for cluster in clusters),
        running=tuple(run_line(run, role) for run in runs),
        needs=read_needs(runs, clusters, prods, kept_out, holds, versions, now),
    )


def _prods() -> tuple[list[Prod], tuple[Version, ...]]:
    """All Prods that are not retired, as tiles want them, and the Versions that they have or came from, or that are
    vetoed. Two queries: a thousand Prods share a few Versions."""
    rows = Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)
    prods = list(with_tile(rows))
    used = {pk for prod in prods for pk in (prod.version_id, prod.settled_version_id)}
    found = Version.objects.filter(Q(pk__in=used) | Q(vetoed_at__isnull=False))
    versions = {version.pk: version for version in found.select_related("blueprint", "vetoed_by")}
    for prod in prods:
        prod.version = versions[prod.version_id]
        prod.settled_version = versions.get(prod.settled_version_id)
        prod.blueprint = prod.version.blueprint
    return prods, tuple(versions.values())


def _tiles(
    prods: Sequence[Any],
    clusters: Iterable[Cluster],
    served: dict[str, Served],
    steps: dict[int, list[StepRow]],
    holds: dict[int, Hold],
    demand: Demand,
    kept_out: Mapping[int, Reason],
    now: datetime,
) -> dict[int, list[ProdTile]]:
    blind = {cluster.pk: cluster_reason(cluster, now) for cluster in clusters}
    mine: dict[int, list[StepRow]] = defaultdict(list)
    for rows in steps.values():
        for row in rows:
            if row.prod_id:
                mine[row.prod_id].append(row)
    tiles: dict[int, list[ProdTile]] = defaultdict(list)
    for prod in prods:
        tile = prod_tile(
            prod,
            served.get(prod.name, NOBODY),
            mine[prod.pk],
            holds.get(prod.pk),
            blind[prod.cluster_id],
            kept_out.get(prod.pk),
        )
        tiles[prod.cluster_id].append(replace(tile, demand=demand.prods.get(prod.name)))
    return tiles


def _column(cluster: Cluster, tiles: list[ProdTile], now: datetime) -> ClusterColumn:
    blind = cluster_reason(cluster, now)
    trusted = blind is None or cluster.health == Cluster.Health.UNREACHABLE
    return ClusterColumn(
        name=cluster.name,
        mark=CLUSTER_MARKS[Cluster.Health(cluster.health)] if trusted else NO_FACTS,
        reason=reason_from_json(cluster.health_reason) or blind,
        since=cluster.health_since,
        provider=cluster.provider,
        domain=cluster.failure_domain,
        server_version=cluster.server_version,
        seen_at=cluster.seen_at,
        intent=cluster.intent,
        runs_routers=cluster.purpose == Cluster.Purpose.EDGE,
        prods=tuple(tiles),
    )


def _versions(
    prods: Iterable[Prod], served: dict[str, Served], demand: Demand
) -> tuple[tuple[VersionShare, ...], tuple[Share, ...]]:
    """Versions in service by share of users, the newest first, and the bar of them."""
    names: dict[int, str] = {}
    counts: dict[int, int] = defaultdict(int)
    users: dict[str, float] = defaultdict(float)
    for prod in prods:
        version = serving(prod)
        names[version.pk] = f"{prod.blueprint.name} {version.name}"
        counts[version.pk] += 1
        users[str(version.pk)] += served.get(prod.name, NOBODY).users
    newest = sorted(names, reverse=True)
    listed, bar = [], []
    for place, (key, percent) in enumerate(percents(users, map(str, newest))):
        kind, name = f"version-{min(place, 4)}", names[int(key)]
        listed.append(
            VersionShare(kind, name, counts[int(key)], percent_words(percent), demand.versions.get(name))
        )
        bar.append(Share(kind, f"{name} · {percent_words(percent)}", percent, users[key]))
    return tuple(listed), tuple(bar)
