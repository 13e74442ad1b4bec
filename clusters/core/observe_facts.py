"""From raw Kubernetes objects to what Drover keeps of them."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from .kinds import COMPONENT_KINDS, COMPONENT_LABEL, DIGEST_ANNOTATION, PROD_LABEL
from .manifests import Manifest, kind_of, mapping, name_of, pod_template
from .observe_objects import observed_object, trimmed_object
from .observed import ObservedPod, ObservedProd, ObservedWorkload
from .verdicts import images_of

MESSAGE_MAX = 300
# `ReplicaSet "api-7d9f" has timed out progressing.`: the Deployment controller's words.
_STALLED_SET = re.compile(r'ReplicaSet "([^"]+)"')


def observed_prod(
    workloads: Iterable[Manifest],
    pods: Iterable[Manifest],
    observed_at: datetime,
    others: Iterable[tuple[str, Manifest]] = (),
) -> ObservedProd:
    """The facts of one Prod out of its raw workloads and pods, and (kind, object) of `others`, sorted by
    kind and name."""
    raw_pods = list(pods)
    seen = [_workload(item, raw_pods) for item in workloads]
    return ObservedProd(
        workloads=tuple(sorted(seen, key=lambda item: (item.kind, item.name))),
        pods=tuple(sorted(map(observed_pod, raw_pods), key=lambda pod: pod.name)),
        observed_at=observed_at,
        objects=tuple(
            sorted(
                (observed_object(kind, item) for kind, item in others),
                key=lambda item: (item.kind, item.name, item.uid),
            )
        ),
    )


# kind -> (wanted, replicas, updated, ready, available): where the counts stand. A count that is zero is
# left out of the status; spec.replicas of a new object is defaulted to 1 by the API server.
Counts = tuple[int, int, int, int, int]


def _replica_counts(spec: Manifest, status: Manifest) -> Counts:
    fields = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    replicas, updated, ready, available = (int(status.get(field) or 0) for field in fields)
    return int(spec.get("replicas", 1)), replicas, updated, ready, available


def _node_counts(_spec: Manifest, status: Manifest) -> Counts:
    """A DaemonSet wants one pod for each node that its controller counted."""
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberReady",
        "numberAvailable",
    )
    wanted, replicas, updated, ready, available = (int(status.get(field) or 0) for field in fields)
    return wanted, replicas, updated, ready, available


COUNTS: dict[str, Callable[[Manifest, Manifest], Counts]] = {
    "Deployment": _replica_counts,
    "StatefulSet": _replica_counts,
    "DaemonSet": _node_counts,
}


def _workload(manifest: Manifest, pods: list[Manifest]) -> ObservedWorkload:
    metadata, status = manifest.get("metadata", {}), manifest.get("status") or {}
    wanted, replicas, updated, ready, available = COUNTS[kind_of(manifest)](manifest["spec"], status)
    template = pod_template(manifest) or {}
    digest = digest_annotation(template)
    revisions = {status.get("currentRevision", ""), status.get("updateRevision", "")}
    return ObservedWorkload(
        kind=kind_of(manifest),
        name=name_of(manifest),
        uid=str(metadata.get("uid", "")),
        generation=int(metadata.get("generation", 0)),
        observed_generation=int(status.get("observedGeneration") or 0),
        wanted=wanted,
        replicas=replicas,
        updated=updated,
        ready=ready,
        available=available,
        digest=digest,
        images=images_of(template),
        stalled=_stalled(status, name_of(manifest), digest, pods),
        partition=_partition(manifest["spec"]),
        settled=len(revisions) == 1,
    )


def _partition(spec: Manifest) -> int:
    """How many of the first pods of a StatefulSet keep what they have."""
    update = mapping(mapping(spec.get("updateStrategy")).get("rollingUpdate"))
    partition = update.get("partition")
    return partition if isinstance(partition, int) else 0


def digest_annotation(manifest: Manifest) -> str:
    """The digest annotation of a pod or pod template, "" without one."""
    annotations = manifest.get("metadata", {}).get("annotations") or {}
    return str(annotations.get(DIGEST_ANNOTATION, ""))


def _stalled(status: Manifest, name: str, digest: str, pods: list[Manifest]) -> str:
    """The message of ProgressDeadlineExceeded, and why pods could not be made; "" if there is none or it speaks of an
    older ReplicaSet.

    When a Deployment goes back to a ReplicaSet that it had, the controller raises observedGeneration at
    once but leaves the condition of the failed rollout until it makes progress again.
    """
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            message = str(condition.get("message") or "ProgressDeadlineExceeded")
            return (
                ""
                if _of_older_set(message, name, digest, pods)
                else (message + _lacking(status))[:MESSAGE_MAX]
            )
    return ""


def _lacking(status: Manifest) -> str:
    """Why there are too few pods, by the ReplicaFailure condition: a quota, or a ServiceAccount that is missing."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return f" ({condition.get('message') or condition.get('reason')})"
    return ""


def _of_older_set(message: str, name: str, digest: str, pods: list[Manifest]) -> bool:
    found = _STALLED_SET.search(message)
    if found is None:
        return False
    mine = [pod for pod in pods if component_of(pod) == name]
    current = {_owner(pod) for pod in mine if digest_annotation(pod) == digest}
    older = {_owner(pod) for pod in mine if digest_annotation(pod) != digest}
    return found[1] not in current and (bool(current) or found[1] in older)


def _owner(pod: Manifest) -> str:
    owners = pod.get("metadata", {}).get("ownerReferences") or ()
    return next((str(owner.get("name")) for owner in owners if owner.get("controller")), "")


def component_of(pod: Manifest) -> str:
    labels = pod.get("metadata", {}).get("labels") or {}
    return str(labels.get(COMPONENT_LABEL, ""))


def observed_pod(pod: Manifest) -> ObservedPod:
    """The facts of one pod. `waiting` is of the first container in trouble, init containers first."""
    metadata, status = pod.get("metadata", {}), pod.get("status") or {}
    statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    waiting, message = _trouble(status, statuses)
    component = component_of(pod)
    return ObservedPod(
        name=name_of(pod),
        component=component,
        digest=digest_annotation(pod),
        ready=_is_ready(status),
        terminating="deletionTimestamp" in metadata,
        phase=str(status.get("phase", "")),
        waiting=waiting,
        message=message[:MESSAGE_MAX],
        restarts=max((int(item.get("restartCount") or 0) for item in statuses), default=0),
        image=dict(images_of(pod)).get(component, ""),
        uid=str(metadata.get("uid", "")),
    )


def _is_ready(status: Manifest) -> bool:
    conditions = status.get("conditions") or ()
    return any(item.get("type") == "Ready" and item.get("status") == "True" for item in conditions)


# Waits that every pod goes through; they say nothing.
_USUAL_WAITS = frozenset({"", "ContainerCreating", "PodInitializing"})


def _trouble(status: Manifest, statuses: list[Manifest]) -> tuple[str, str]:
    """(reason, message) in the kubelet's or the scheduler's words, empty if nothing is wrong."""
    for item in statuses:
        waiting = (item.get("state") or {}).get("waiting") or {}
        if waiting.get("reason", "") not in _USUAL_WAITS:
            return str(waiting["reason"]), _words(waiting, item)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or "Unschedulable"), str(condition.get("message") or "")
    return "", ""


def _words(waiting: Manifest, container: Manifest) -> str:
    """The message of a wait; after a crash, how the container ended says more than the back-off does."""
    ended = (container.get("lastState") or {}).get("terminated") or {}
    if waiting["reason"] != "CrashLoopBackOff" or not ended:
        return str(waiting.get("message") or "")
    last = str(ended.get("message") or ended.get("reason") or "").strip()
    return f"exit code {ended.get('exitCode')}: {last}"


_KEPT_METADATA = ("name", "namespace", "uid", "generation", "deletionTimestamp", "ownerReferences")
_KEPT_LABELS = (PROD_LABEL, COMPONENT_LABEL)
_KEPT_STATUS = (
    *("phase", "conditions", "initContainerStatuses", "containerStatuses", "observedGeneration"),
    *("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"),
    *("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled"),
    *("numberReady", "numberAvailable", "currentRevision", "updateRevision"),
)


def trimmed(kind: str, item: Manifest) -> Manifest:
    """The part of an object that `observed_prod` reads, so that a fleet fits into memory."""
    if kind not in COMPONENT_KINDS | {"Pod"}:
        return {"kind": kind, "metadata": _metadata(item), **trimmed_object(item)}
    spec, status = item.get("spec") or {}, item.get("status") or {}
    kept: Manifest = {
        "kind": kind,
        "metadata": _metadata(item),
        "status": {field: status[field] for field in _KEPT_STATUS if field in status},
    }
    if kind == "Pod":
        kept["spec"] = _pod_spec(spec)
        return kept
    template = spec.get("template") or {}
    kept["spec"] = {
        "template": {"metadata": _metadata(template), "spec": _pod_spec(template.get("spec") or {})}
    }
    kept["spec"] |= {field: spec[field] for field in ("replicas", "updateStrategy") if field in spec}
    return kept


def _metadata(item: Manifest) -> Manifest:
    metadata = item.get("metadata") or {}
    labels, digest = metadata.get("labels") or {}, digest_annotation(item)
    kept = {field: metadata[field] for field in _KEPT_METADATA if field in metadata}
    kept["labels"] = {label: labels[label] for label in _KEPT_LABELS if label in labels}
    return kept | ({"annotations": {DIGEST_ANNOTATION: digest}} if digest else {})


def _pod_spec(spec: Manifest) -> Manifest:
    containers = spec.get("containers") or ()
    return {"containers": [{"name": one.get("name"), "image": one.get("image")} for one in containers]}
