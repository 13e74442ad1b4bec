"""How long a preview, a pass and the home page take with 1,000 Prods and 100,000 Tenants.

A PostgreSQL of its own, no clusters: Observations are written by hand.
"""

import os
import secrets
import statistics
import time
from collections.abc import Callable
from typing import Any

PRODS, TENANTS, CLUSTERS = (int(os.environ.get(n, d)) for n, d in (("P", 1000), ("T", 100_000), ("C", 50)))


def main() -> None:
    on_rows(measure)


def on_rows(measure: Callable[[], None]) -> None:
    """Run `measure` with Drover's settings and an empty PostgreSQL of its own."""
    from cryptography.fernet import Fernet

    from tests.database import SessionDatabase, wait_for

    database = SessionDatabase()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="orchestrator.settings",
        DROVER_SECRET_KEY=secrets.token_urlsafe(64),
        DROVER_CREDENTIAL_KEYS=Fernet.generate_key().decode(),
        DROVER_DATABASE_POOL="0",
        DROVER_DEMO="on",
        DROVER_REDIS_URL="redis://127.0.0.1:1/0",
        DROVER_DATABASE_URL=database.url,
        DROVER_ALLOWED_HOSTS="testserver",
    )
    try:
        wait_for(database.url)
        import django

        django.setup()
        measure()
    finally:
        database.stop()


def measure() -> None:
    """Fill the tables, then print one row per thing measured."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from orchestrator.ready import keep_what_is_loaded
    from releases import actions
    from releases.engine import passes
    from releases.preview import preview_release
    from tests import build

    call_command("migrate", verbosity=0)
    build.fleet(described())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum has done long before anybody looks
    keep_what_is_loaded()  # as web and workers do
    print(f"{PRODS} Prods, {TENANTS} Tenants, {CLUSTERS} Clusters")
    print("| what | median ms | worst ms | median processor ms |")
    print("|---|---|---|---|")
    preview = told("plan preview", 5, lambda: preview_release("shop", "v1.1.0", {}, []))
    manager = build.person("release-manager")
    run = told(
        "start of a release",
        1,
        lambda: actions.start_release(manager, "shop", "v1.1.0", {}, [], preview.plan.digest),
    )
    told("first call of advance", 1, lambda: passes.advance(run.pk))
    told("one pass that finds nothing to do", 5, lambda: passes.advance(run.pk))
    page = Client()
    page.force_login(manager)
    told("home page", 5, lambda: page.get("/"))
    told("run page", 5, lambda: page.get(f"/runs/{run.pk}/"))


def described(count: int = CLUSTERS) -> dict[str, Any]:
    """A fleet of the size that is asked for, on `count` Clusters; half of the Routes are redundant."""
    clusters = [{"name": f"k{i:02}", "failure_domain": f"dc-{i % 10}"} for i in range(count)]
    prods = [
        {"name": f"p-{i:04}", "cluster": f"k{i % count:02}", "role": "test" if i % 100 == 0 else "live"}
        for i in range(PRODS)
    ]
    tenants = []
    for i in range(PRODS):
        redundant = i % 2 == 0 and i % 100 != 0
        tenants.append(
            {
                "group": f"r-{i:04}",
                "count": TENANTS // PRODS,
                "load": 1,
                "redundancy": "two-domain" if redundant else "none",
                "prods": [f"p-{i:04}", f"p-{(i + 1) % PRODS:04}"] if redundant else [f"p-{i:04}"],
            }
        )
    return {"clusters": clusters, "prods": prods, "tenants": tenants}


def told(what: str, times: int, act: Callable[[], Any]) -> Any:
    """What `act` gave the last time; prints how long it took, and what of that was this process at work."""
    from tests import build

    took, used, result = [], [], None
    for _ in range(times):
        build.fresh()
        began, ticks = time.perf_counter(), time.process_time()
        result = act()
        took.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - ticks))
    median, processor = statistics.median(took), statistics.median(used)
    print(f"| {what} | {median:.0f} | {max(took):.0f} | {processor:.0f} |", flush=True)
    return result


if __name__ == "__main__":
    main()
