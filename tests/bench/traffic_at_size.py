"""A rollback and a failover with 1,000 Prods and 100,000 Tenants: from the click to the last weight at the routers.

A PostgreSQL of its own and two routers in memory, which are written one after the other in this process. The hop of a
message to a worker, and the time that real routers take, come on top.
"""

import time
from collections.abc import Callable

from tests.bench.planning import PRODS, TENANTS, described, on_rows

CLUSTERS = 10  # Clusters, so that one has a hundred Prods


def main() -> None:
    on_rows(measure)


def measure() -> None:
    from django.core.management import call_command
    from django.db import connection

    import releases.tasks  # noqa: F401  (as web has)
    from orchestrator.ready import keep_what_is_loaded
    from tests import build
    from tests.traffic.edge import Edge

    call_command("migrate", verbosity=0)
    build.fleet(described(CLUSTERS))
    edge = Edge()
    edge.publish()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum has done long before anybody clicks
    keep_what_is_loaded()  # as web and workers do
    print(f"{PRODS} Prods on {CLUSTERS} Clusters, {TENANTS} Tenants")
    columns = (
        "what",
        "s until the click is answered",
        "s until the last weight",
        "s of processor: the click",
    )
    print("|", " | ".join((*columns, "of publishing", "Routes moved", "writes")), "|")
    print("|---|---|---|---|---|---|---|")
    failover(edge)
    rollback(edge)


def failover(edge: "Edge") -> None:  # noqa: F821
    """A Cluster with a tenth of all Prods does not answer."""
    from clusters.models import Cluster
    from releases import actions
    from releases.failover_preview import preview_leaving
    from tests import build

    build.fresh()
    Cluster.objects.filter(name="k01").update(health=Cluster.Health.UNREACHABLE)
    person, digest = build.person("on-call"), preview_leaving("k01").plan.digest
    clicked(
        edge,
        f"failover of a Cluster with {PRODS // CLUSTERS} Prods",
        lambda: actions.start_leaving(person, "k01", digest, "bench"),
    )


def rollback(edge: "Edge") -> None:  # noqa: F821
    """A release has changed half as many Prods as there are, all of which serve."""
    from clusters.models import Prod
    from releases import actions
    from releases.core.states import StepState
    from releases.models import Step
    from releases.preview import preview_release
    from tests import build

    build.fresh()
    manager = build.person("release-manager")
    digest = preview_release("shop", "v1.1.0", {}, []).plan.digest
    run = actions.start_release(manager, "shop", "v1.1.0", {}, [], digest)
    rows = Step.objects.filter(run=run, prod__isnull=False).exclude(prod__cluster__name="k01")
    done = list(dict.fromkeys(rows.order_by("pk").values_list("prod", flat=True)))[: PRODS // 2]
    rows.filter(prod__in=done).update(state=StepState.SUCCEEDED, attempt=1)
    Prod.objects.filter(pk__in=done).update(version=run.version)
    clicked(edge, f"rollback of {len(done)} Prods", lambda: actions.roll_back(manager, run.pk, "bench"))


def clicked(edge: "Edge", what: str, act: Callable[[], object]) -> None:  # noqa: F821
    """Print what an act and its publishing take."""
    from tests import build
    from traffic.engine.publishing import publish_instance
    from traffic.models import Publication, RouterInstance

    writes: list[tuple[float, str]] = []
    for router in edge.routers.values():
        router.before_write = lambda write: writes.extend((time.perf_counter(), one) for one in write.routes)
    build.fresh()
    began, worked = time.perf_counter(), time.process_time()
    act()
    answered, click = time.perf_counter(), time.process_time() - worked
    for instance in RouterInstance.objects.order_by("name"):
        publish_instance(instance.pk, lambda one: edge.routers[one.name])
    publishing = time.process_time() - worked - click
    behind = Publication.objects.exclude(state=Publication.State.PUBLISHED).count()
    if behind:
        raise SystemExit(f"{what}: {behind} Publications are not as asked")
    last = max(writes, default=(began, ""))[0]
    took = f"{answered - began:.2f} | {last - began:.2f}"
    print(
        f"| {what} | {took} | {click:.2f} | {publishing:.2f} | {len({route for _, route in writes})} | {len(writes)} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
