"""How long a click on failover waits at most for the start of a release, with 1,000 Prods and 100,000 Tenants: from the lock that
it wants to the commit that gives it back. Likewise for passes of the release, which hold its row.

A PostgreSQL of its own. Processor time of this process says most: the database's own work comes on top, in what is waited.
"""

import time
from collections.abc import Callable
from typing import Any

from tests.bench.planning import PRODS, TENANTS, described, on_rows

TIMES = 3


def main() -> None:
    on_rows(measure)


def measure() -> None:
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from orchestrator.ready import keep_what_is_loaded
    from releases import actions
    from releases.engine import passes
    from releases.preview import preview_release
    from tests import build

    call_command("migrate", verbosity=0)
    build.fleet(described(10))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum has done long before anybody clicks
    keep_what_is_loaded()  # as web and workers do
    print(f"{PRODS} Prods on 10 Clusters, {TENANTS} Tenants")
    print("| what | s in all | s of processor | s under the lock | s of processor under it |")
    print("|---|---|---|---|---|")
    manager = build.person("release-manager")

    def start() -> Any:
        return actions.start_release(manager, "shop", "v1.1.0", {}, [], digest)

    for _ in range(TIMES):
        build.fresh()
        digest = preview_release("shop", "v1.1.0", {}, []).plan.digest
        with transaction.atomic():
            held("start of a release", "pg_advisory_xact_lock", start)
            transaction.set_rollback(True)
    run = start()
    for _ in range(TIMES):
        build.fresh()
        held("a pass", '"releases_run"', lambda: passes.one_pass(run.pk, timezone.now()))


def held(what: str, lock: str, act: Callable[[], Any]) -> None:
    """Print what `act` takes in all, and from its first statement that takes `lock` on."""
    from django.db import connection

    taken: list[tuple[float, float]] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not taken and lock in sql and ("lock" in lock or "FOR UPDATE" in sql):
            taken.append(now())
        return found

    began = now()
    with connection.execute_wrapper(watch):
        act()
    ended = now()
    figures = [*apart(began, ended), *apart(taken[0], ended)]
    print("|", " | ".join([what, *(f"{figure:.2f}" for figure in figures)]), "|", flush=True)


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def apart(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return other[0] - one[0], other[1] - one[1]


if __name__ == "__main__":
    main()
