"""Storing what the signals of a Cluster say, fenced by the epoch of the observer's lease."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from clusters.models import Cluster
from clusters.observe.rows import Lease
from clusters.observe.users import Reply
from journal.core.reasons import Reason, because, reason_to_json
from journal.log import event, record
from traffic.core.detect import UNKNOWN, UP, Probe, Verdict
from traffic.models import Liveness
from traffic.queries.probing import Way, door_json

KIND = "cluster-signals"


@dataclass(frozen=True, slots=True)
class Told:
    """What one round found at `at`."""

    verdict: Verdict
    probes: tuple[Probe, ...]
    answers: tuple[tuple[Way, Reply], ...]
    absent: tuple[Reason, ...]
    at: datetime


def last_state(cluster_id: int) -> str:
    """What was decided last, by whichever observer."""
    return Liveness.objects.filter(cluster=cluster_id).values_list("state", flat=True).first() or UNKNOWN


def store_signals(lease: Lease, told: Told) -> bool | None:
    """Whether the Cluster's state changed, which leaves an Event. None: the lease is lost, nothing was written."""
    with transaction.atomic():
        if not Cluster.objects.filter(pk=lease.cluster_id, observer_epoch=lease.epoch).exists():
            return None
        Liveness.objects.get_or_create(cluster_id=lease.cluster_id)
        row = Liveness.objects.select_for_update().get(cluster=lease.cluster_id)
        if row.epoch > lease.epoch:
            return None
        moved = row.state != told.verdict.state
        since = {"since": told.at} if moved else {}
        Liveness.objects.filter(pk=row.pk).update(**_columns(lease, told), **since)
        if moved:
            states = (row.state, told.verdict.state)
            why = told.verdict.why or (because("signals-answer") if told.verdict.state == UP else None)
            record([event(told.at, KIND, cluster=lease.cluster, moved=states, reason=why)])
        return moved


def _columns(lease: Lease, told: Told) -> dict[str, Any]:
    why = told.verdict.why
    return {
        "state": told.verdict.state,
        "reason": reason_to_json(why) if why else {},
        "probes": [[round(one.at.timestamp() * 1000), one.signal, int(one.good)] for one in told.probes],
        "ways": [
            [way.signal, way.name, reply.good, reply.said, door_json(way.door)] for way, reply in told.answers
        ],
        "absent": [reason_to_json(one) for one in told.absent],
        "read_at": told.at,
        "epoch": lease.epoch,
    }
