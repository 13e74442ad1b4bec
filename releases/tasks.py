"""Celery tasks: ids in, one call. A lost, doubled or late message does no harm."""

from collections.abc import Callable, Iterable

from celery import shared_task

from traffic.engine.demand import take_sample
from traffic.engine.instances import connect_instance
from traffic.engine.loads import read_loads
from traffic.engine.publishing import publish_instance

from .engine import acts, auto_failover, export, passes, recovery, self_heal, strays, wake
from .switches import read_stop


@shared_task
def advance(run_id: int) -> None:
    passes.advance(run_id)


@shared_task
def act(step_id: int, attempt: int) -> None:
    acts.perform(step_id, attempt)


@shared_task
def publish(instance_id: int) -> None:
    wake.wake_for_prods(publish_instance(instance_id, connect_instance, mends=not read_stop()))


@shared_task
def remove_stray(prod_id: int, kind: str, name: str) -> None:
    strays.remove_stray(prod_id, kind, name)


@shared_task
def sample_demand() -> None:
    each((take_sample, read_loads))


# What is looked at every second, the most urgent first.
DUE = (
    wake.tick,
    passes.release_idle_routes,
    auto_failover.fail_over_dead,
    recovery.cancel_unmade,
    self_heal.heal_due,
    export.export_due,
)


def each(parts: Iterable[Callable[[], object]]) -> None:
    """Call all of them. What breaks in one keeps no other from being done; raises an ExceptionGroup at the end."""
    broke: list[Exception] = []
    for part in parts:
        try:
            part()
        except Exception as error:  # noqa: BLE001  (raised below)
            broke.append(error)
    if broke:
        raise ExceptionGroup("not all was done", broke)


@shared_task
def tick() -> None:
    each(DUE)
