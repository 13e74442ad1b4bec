"""Wakes: counted in rows, so that none is lost; a message only makes them quick.

A message that cannot be sent is no error: the tick finds the row.
"""

import time

import structlog
from celery import Task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from clusters.reconcile import take_due
from clusters.tasks import reconcile
from releases.core.states import RUN_LIVE, URGENT, RunKind
from releases.models import Claim, Run, Wake
from traffic.engine.publishing import instances_due

log = structlog.get_logger(__name__)
# A message that nobody took in this time is void: the tick sends another as long as one is needed.
EXPIRES_S = {
    "releases.tasks.advance": 10,
    "releases.tasks.act": 30,
    "releases.tasks.remove_stray": 30,
    "releases.tasks.publish": 10,
    "clusters.tasks.reconcile": 30,
}
REST_S = 1.0  # after a failure nothing is sent for so long: many messages, one time-out
LIVE = [state.value for state in RUN_LIVE]


def queue_of(run_kind: str) -> str:
    """The queue that serves Runs of this kind: rollbacks never wait behind releases."""
    return "emergency" if run_kind in URGENT else "default"


def send(task: Task, args: tuple[int | str, ...], run_kind: str) -> None:
    """Send the message once the transaction is committed. May be lost: rows are the truth."""
    transaction.on_commit(lambda: _send_now(task, args, run_kind))


class _Rest:
    until = 0.0  # monotonic seconds; shared by the threads of a process, a race costs one time-out


def _send_now(task: Task, args: tuple[int | str, ...], run_kind: str) -> None:
    if time.monotonic() < _Rest.until:
        return
    try:
        task.apply_async(args, queue=queue_of(run_kind), expires=EXPIRES_S[task.name])
    except OperationalError as error:
        _Rest.until = time.monotonic() + REST_S
        log.warning("message-not-sent", task=task.name, args=args, error=str(error))


def wake(run_ids: list[int]) -> None:
    """Count a wake for each live Run and ask for a pass. Repeating it costs one more look."""
    from releases.tasks import advance

    live = Run.objects.filter(pk__in=run_ids, state__in=LIVE).order_by("pk").values_list("pk", "kind")
    for run_id, kind in live:
        Wake.objects.filter(run_id=run_id).update(wanted=F("wanted") + 1, due_at=timezone.now())
        send(advance, (run_id,), kind)


def wake_for_prods(prod_ids: list[int]) -> None:
    """Wake the live Runs that wait for one of these Prods: by claim, or as a partner on a Route."""
    claimed = Claim.objects.filter(
        Q(prod__in=prod_ids) | Q(prod__memberships__route__members__prod__in=prod_ids)
    )
    wake(list(claimed.order_by("run").values_list("run_id", flat=True).distinct()))


def tick() -> int:
    """Ask for a pass over every Run that is due, and for a look at every Prod that is. Returns how many
    Runs. May run in many places at once."""
    from releases.tasks import advance, publish

    now = timezone.now()
    due = Wake.objects.filter(Q(wanted__gt=F("seen")) | Q(due_at__lte=now), run__state__in=LIVE)
    rows = list(due.values_list("run_id", "run__kind"))
    for run_id, kind in rows:
        send(advance, (run_id,), kind)
    for instance in instances_due(now):
        send(publish, (instance,), RunKind.ROLLBACK)
    for prod_id in take_due(now):
        send(reconcile, (prod_id,), "")
    return len(rows)
