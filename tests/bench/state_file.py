"""How long the state file for break-glass takes to write and to read, and how large it is.

A PostgreSQL of its own, no clusters: rows are written by hand.
"""

import os
import tempfile
from pathlib import Path

from tests.bench import planning
from tests.bench.planning import told

PRODS, ROUTES, CLUSTERS = (int(os.environ.get(n, d)) for n, d in (("P", 1000), ("R", 5000), ("C", 50)))


def measure() -> None:
    """Fill the tables, then print one row per thing measured."""
    from django.core.management import call_command
    from django.utils import timezone

    from releases.engine.export import came_from
    from tests import build
    from traffic.core.failover import plan_failover
    from traffic.engine.state_file import load_state, write_state
    from traffic.queries.state import read_state

    call_command("migrate", verbosity=0)
    build.fleet()
    _fill()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{PRODS} Prods on {CLUSTERS} Clusters, {ROUTES} Routes, two router instances")
        print("| what | median ms | worst ms | median processor ms |")
        print("|---|---|---|---|")
        state = told("reading the rows", 5, lambda: read_state(came_from(), timezone.now()))
        size = told("writing and syncing the file", 5, lambda: write_state(folder, state))
        found = told("reading the file", 5, lambda: load_state(folder))
        told(
            "planning the loss of a Cluster from it", 5, lambda: plan_failover(found.facts, clusters=["k00"])
        )
        print(f"size: {size / 2**20:.1f} MB")


def _fill() -> None:
    """Prods and Routes like those of the example fleet."""
    from clusters.models import Cluster, Observation, Prod
    from tests.traffic.edge import Edge
    from traffic.models import Route, RouteMember, Tenant

    like = Prod.objects.select_related("observation", "cluster").get(name="a-1")
    fields = {"credentials": like.cluster.credentials, "health": "healthy", "provider": "x"}
    times = {"seen_at": like.cluster.seen_at, "synced_at": like.cluster.synced_at}
    clusters = Cluster.objects.bulk_create(
        Cluster(name=f"k{n:02}", failure_domain=f"dc-{n % 10}", **fields, **times) for n in range(CLUSTERS)
    )
    kept = ("blueprint_id", "role", "capacity", "lifecycle", "version_id", "settled_version_id")
    same = {name: getattr(like, name) for name in kept} | {"settled_overrides_revision": 1}
    prods = Prod.objects.bulk_create(
        Prod(name=f"p-{n:04}", namespace=f"p-{n:04}", cluster=clusters[n % CLUSTERS], **same)
        for n in range(PRODS)
    )
    seen = like.observation
    Observation.objects.bulk_create(
        Observation(prod=one, facts=seen.facts, observed_at=seen.observed_at) for one in prods
    )
    routes = Route.objects.bulk_create(
        Route(name=f"r-{n:05}", redundancy="two-domain" if n % 2 else "none") for n in range(ROUTES)
    )
    RouteMember.objects.bulk_create(
        RouteMember(route=route, prod=prods[(n + more) % PRODS], weight=50, target=50)
        for n, route in enumerate(routes)
        for more in range(1 + n % 2)
    )
    Tenant.objects.bulk_create(
        Tenant(
            name=f"t-{n:05}", hostnames=[f"t-{n}.example"], load=10, redundancy=route.redundancy, route=route
        )
        for n, route in enumerate(routes)
    )
    Edge()  # publishes all of it on two instances


if __name__ == "__main__":
    planning.on_rows(measure)
