"""Late creations: removed as soon as they are seen.

A write to an object that is there is fenced by its resourceVersion. A creation is not: a worker that was
suspended in the middle of one may make an object that its superseder, looking before, did not find.
The observer sees it as a workload that the Prod should not have.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.utils import timezone

from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Conflict, Kube, KubeError
from clusters.models import Observation, Prod
from journal.core.reasons import because
from journal.log import event, record
from releases.core.states import StepState
from releases.models import Step
from releases.steps.ours import MOST_TRIES
from releases.steps.set_version import EPOCH


def stray_workloads(prod_ids: Iterable[int]) -> list[tuple[int, str, str]]:
    """(Prod, kind, name) of workloads that were seen and that the Version asked for has not.

    None for a Prod on which a set_version is under way: that one looks for itself.
    """
    busy = Step.objects.filter(prod__in=prod_ids, kind="set_version", state=StepState.RUNNING)
    seen = Observation.objects.filter(prod__in=prod_ids).exclude(prod__in=busy.values("prod"))
    rows = seen.select_related("prod__version__revision").defer("prod__version__revision__manifests")
    return [
        (row.prod_id, workload.kind, workload.name)
        for row in rows
        for workload in row.seen().workloads
        if workload.name not in row.prod.version.revision.components
    ]


def remove_stray(prod_id: int, kind: str, name: str) -> bool:
    """Whether the object was removed: it is ours, and an attempt that has been superseded wrote it.

    Anything else is left for people to see. May be called again.
    """
    prod = Prod.objects.select_related("cluster").get(pk=prod_id)
    try:
        if not _remove(prod, kind, name):
            return False
    except KubeError:  # gone already, or else the next Observation of it asks again
        return False
    why = because("stray-removed", kind=kind, name=name)
    record([event(timezone.now(), "stray", prod=prod.name, cluster=prod.cluster.name, reason=why)])
    return True


def _remove(prod: Prod, kind: str, name: str) -> bool:
    """Whether it is now being deleted, just as it was looked at. Raises KubeError."""
    kube = connect_cluster(prod.cluster)
    for _ in range(MOST_TRIES - 1):
        with suppress(Conflict):
            return _remove_seen(kube, prod, kind, name)
    return _remove_seen(kube, prod, kind, name)


def _remove_seen(kube: Kube, prod: Prod, kind: str, name: str) -> bool:
    found = kube.get(kind, prod.namespace, name)["metadata"]
    if not _is_superseded(prod, found.get("annotations", {}).get(EPOCH, "")):
        return False
    version = found["resourceVersion"]
    kube.delete(kind, prod.namespace, name, uid=found["uid"], resource_version=version)
    return True


def _is_superseded(prod: Prod, epoch: str) -> bool:
    """Whether the mark `run.step.attempt` is of a step before the Prod's last set_version, and that one
    has succeeded with the Version that is asked for: what the Version has not is then gone, and what
    appears came late. While it has not, the objects of the Version before may be what serves."""
    begun = Step.objects.filter(prod=prod, kind="set_version", attempt__gt=0)
    newest = begun.order_by("-pk").first()
    if newest is None or newest.state != StepState.SUCCEEDED:
        return False
    parts = epoch.split(".")
    ours = len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < newest.pk
    return ours and newest.params["version_id"] == prod.version_id
