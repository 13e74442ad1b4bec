"""Trying a Cluster's credentials: does it answer, how fast, and what may we do there?"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.core.rights import Right, excess, missing, needed, rights_to_json
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube, KubeError
from clusters.models import Cluster
from journal.core.reasons import Refused, because
from journal.log import event, record

AT_ONCE = 6  # a client has eight connections, and others use it as well
ASKED_IN = "default"  # every cluster has this namespace; rights on the whole cluster show in any


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of the connection found. `latency_ms`: of one answer about its version."""

    version: str
    latency_ms: int
    missing: tuple[Right, ...]
    excess: tuple[Right, ...]


def try_connection(person: Person, name: str) -> Tested:
    """What the Cluster answers; also stored. Refused, with the reason, if it does not answer. Holds no
    transaction while it asks."""
    require(person, "cluster.test")
    cluster = Cluster.objects.filter(name=name).first()
    if cluster is None:
        raise Refused(because("cluster-not-registered", cluster=name))
    if cluster.intent == Cluster.Intent.RETIRED:
        raise Refused(because("cluster-retired", cluster=name))
    try:
        tested = ask(connect_cluster(cluster))
    except KubeError as error:
        raise Refused(error.reason) from error
    _store(person, cluster, tested)
    return tested


def ask(kube: Kube) -> Tested:
    """What the cluster behind `kube` answers. Raises KubeError."""
    began_s = time.monotonic()
    version = kube.version()
    latency_ms = round(1000 * (time.monotonic() - began_s))
    kube.ready()
    rights = needed()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rights") as threads:
        answers = list(threads.map(kube.allowed, rights))
    allowed = {right for right, yes in zip(rights, answers, strict=True) if yes}
    return Tested(version, latency_ms, missing(rights, allowed), excess(kube.granted(ASKED_IN)))


def _store(person: Person, cluster: Cluster, tested: Tested) -> None:
    """Keep what was found, unless the credentials have been replaced meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        asked = Cluster.objects.filter(pk=cluster.pk, credentials=bytes(cluster.credentials))
        stored = asked.update(
            rights_at=now,
            missing_rights=rights_to_json(tested.missing),
            excess_rights=rights_to_json(tested.excess),
            server_version=tested.version[:40],
        )
        if not stored:
            raise Refused(because("cluster-changed", cluster=cluster.name))
        why = because(
            "connection-tested",
            version=tested.version,
            latency_ms=tested.latency_ms,
            missing=len(tested.missing),
            excess=len(tested.excess),
        )
        record([event(now, "cluster-test", actor=person, cluster=cluster.name, reason=why)])
