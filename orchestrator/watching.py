"""What follows from what observers see: Runs look again, Routes come back, strays go, pages are told."""

from django.db import transaction
from django.utils import timezone

from clusters.models import Prod
from clusters.observe.beside import ApiProbes
from clusters.observe.rows import Lease
from clusters.observe.threads import Threads
from clusters.reconcile import look_soon
from journal.hints import publish
from releases import tasks
from releases.engine import auto_failover, passes, recovery, strays, wake
from traffic.engine.signals import Signals


def facts_changed(prod_ids: list[int]) -> None:
    """Facts of these Prods have changed and are committed. May be called again."""
    with transaction.atomic():
        wake.wake_for_prods(prod_ids)
        look_soon(prod_ids, timezone.now())
        for prod, cluster in Prod.objects.filter(pk__in=prod_ids).values_list("name", "cluster__name"):
            publish("prod", prod=prod, cluster=cluster)
        for stray in strays.stray_workloads(prod_ids):
            wake.send(tasks.remove_stray, stray, "")
    passes.release_idle_routes()


def ticked() -> None:
    """Once a second: whoever is due is woken, also when beat is silent."""
    wake.tick()


async def watch_signals(lease: Lease, api: ApiProbes, threads: Threads) -> None:
    """Beside each watched Cluster: whether it lives."""
    await Signals(lease, api, threads, signals_moved).run()


def signals_moved(_cluster: str) -> None:
    """The state of a Cluster has changed: what may be done without a person is done at once."""
    auto_failover.fail_over_dead()
    recovery.cancel_unmade()
