"""How long the survival report, a failover plan, a rollback plan and the placement of Tenants take.

Pure: no database, no clusters. Facts are built before the clock starts. The second number is processor time, which
a busy machine does not change.
"""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from releases.core.outlook import AfterWave, Coming, Undoing, foresee
from traffic.core.facts import ClusterNow, Place, RouteNow, RouterNow, Seat, TrafficFacts
from traffic.core.failover import plan_failover, plan_rollback_traffic
from traffic.core.ground import Ground
from traffic.core.sharding import Placing, TenantNow, place_tenants
from traffic.core.survival import survival

CLUSTERS, PRODS, TENANTS, PER_ROUTE, FULL = (
    int(os.environ.get(n, d))
    for n, d in (("C", 50), ("P", 500), ("T", 10_000), ("PER_ROUTE", 5), ("FULL", 50))
)
MANY_PRODS, MANY_TENANTS = (int(os.environ.get(n, d)) for n, d in (("MP", 1000), ("MT", 1_000_000)))


def main() -> None:
    fleet = described()
    print(
        f"{CLUSTERS} clusters, {PRODS} Prods, {TENANTS} tenants on {len(fleet.routes)} Routes, {FULL} % full"
    )
    print("| what | median ms | worst ms | median processor ms |")
    print("|---|---|---|---|")
    report = told("survival report", 9, lambda: survival(fleet))
    told("failover plan of one cluster", 9, lambda: plan_failover(fleet, clusters=["k00"]))
    back = {f"p-{n:04}": "v0" for n in range(PRODS // 2)}
    told("traffic of a rollback of half of the Prods", 9, lambda: plan_rollback_traffic(fleet, "v2", back))
    waves = foreseen(fleet)
    print(
        f"moved over all rows: {sum(row.moved for row in report)}, lost: {sum(r.lost_tenants for r in report)}\n"
        f"at once after each wave: {', '.join(f'{one.at_once} of {one.tenants}' for one in waves)}\n"
    )
    placement()


def foreseen(fleet: TrafficFacts) -> tuple[AfterWave, ...]:
    """What a rollback after each of four waves would send away at once: a tenth, a third, half and all of the Prods."""
    old = replace(fleet, places=tuple(replace(place, version="v1") for place in fleet.places))
    names = tuple(place.name for place in old.places)
    ends = [len(names) * percent // 100 for percent in (0, 10, 30, 50, 100)]
    parts = [names[begin:end] for begin, end in pairwise(ends)]
    waves = tuple(Coming(number, part, (), part) for number, part in enumerate(parts, start=1))
    undoing = Undoing("v2", targets=tuple((name, "v1") for name in names))

    def act() -> tuple[AfterWave, ...]:
        foresee.cache_clear()
        return foresee(undoing, old, waves)

    found: tuple[AfterWave, ...] = told("whom a rollback after each of four waves sends away", 9, act)
    told("the same, facts unchanged", 9, lambda: foresee(undoing, old, waves))
    return found


def placement() -> None:
    print(f"{MANY_TENANTS} tenants on {MANY_PRODS} Prods")
    print("| what | median ms | worst ms | median processor ms |")
    print("|---|---|---|---|")
    capacity = max(1, 3 * MANY_TENANTS // MANY_PRODS)
    facts = TrafficFacts(tuple(_place(n, capacity) for n in range(MANY_PRODS)), ())
    kinds = ("none", "two-domain", "none")
    tenants = [
        TenantNow(f"t-{n:07}", 1 + n % 2, kinds[n % 3], "stateless", "shop") for n in range(MANY_TENANTS)
    ]
    placed = told("placing all", 1, lambda: place_tenants(tenants, facts))
    then = TrafficFacts(facts.places, _routes_of(placed))
    ground = told("reading the room of the fleet", 9, lambda: Ground(then))
    for redundancy in ("none", "two-domain"):
        one = [TenantNow("one-more", 1, redundancy, "stateless", "shop")]
        told(f"placing one more, {redundancy}", 9, lambda one=one: place_tenants(one, ground))
    print(f"Routes: {len(placed.shards)}, tenants without a place: {len(placed.unplaced)}")


def _routes_of(placing: Placing) -> tuple[RouteNow, ...]:
    return tuple(
        RouteNow(s.route, s.load, len(s.tenants), s.kind.redundancy, "stateless", "shop", s.members)
        for s in placing.shards
    )


def described() -> TrafficFacts:
    """A fleet of the size that is asked for, half of the Routes redundant, Prods FULL percent full."""
    clusters = [ClusterNow(f"k{n:02}", f"dc-{n % 10}") for n in range(CLUSTERS)]
    routers = (RouterNow("edge-1", "dc-1"), RouterNow("edge-2", "dc-2"))
    count = TENANTS // PER_ROUTE
    # A redundant Route counts on two Prods.
    load = max(1, PRODS * 10 * FULL * 2 // (count * 3))
    routes = [_route(n, load) for n in range(count)]
    return TrafficFacts(tuple(_place(n, 1000) for n in range(PRODS)), tuple(routes), tuple(clusters), routers)


def _place(n: int, capacity: int) -> Place:
    cluster, version = n % CLUSTERS, "v2" if n < PRODS // 2 else "v1"
    return Place(
        f"p-{n:04}",
        f"k{cluster:02}",
        f"dc-{cluster % 10}",
        "live",
        capacity,
        version,
        "shop",
        warm=n % 3 == 0,
    )


def _route(n: int, load: int) -> RouteNow:
    first, second = f"p-{n % PRODS:04}", f"p-{(n + 1) % PRODS:04}"
    redundant = (n // PRODS) % 2 == 0
    seats = (Seat(first, 50, 50), Seat(second, 50, 50)) if redundant else (Seat(first, 100, 100),)
    kind = "two-domain" if redundant else "none"
    return RouteNow(f"r-{n:05}", load, PER_ROUTE, kind, "stateless", "shop", seats, ("edge-1", "edge-2"))


def told(what: str, times: int, act: Callable[[], Any]) -> Any:
    """What `act` gave the last time; prints how long it took."""
    took, used, result = [], [], None
    for _ in range(times):
        began, ticks = time.perf_counter(), time.process_time()
        result = act()
        took.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - ticks))
    median, processor = statistics.median(took), statistics.median(used)
    print(f"| {what} | {median:.1f} | {max(took):.1f} | {processor:.1f} |", flush=True)
    return result


if __name__ == "__main__":
    main()
