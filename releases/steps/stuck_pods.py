"""Pods that cannot start and stand in the way of what was applied: deleted, so that new ones start."""

from collections.abc import Iterable

from clusters.core.evidence import Applied, is_failing
from clusters.core.observe_facts import observed_pod
from clusters.core.observed import ObservedPod
from clusters.kube.protocol import Conflict

from .context import StepContext
from .ours import PROD_LABEL

# A list may take longer than the other calls.
LIST_S = 40


def replace_stuck_pods(context: StepContext, applied: Iterable[Applied]) -> list[str]:
    """The UIDs of the pods that were deleted. May be called again: new pods have other UIDs."""
    items = tuple(item for item in applied if item.digest)
    if not context.again and not any(item.kind == "StatefulSet" for item in items):
        return []
    context.renew(LIST_S)
    found = context.kube.list("Pod", context.namespace, f"{PROD_LABEL}={context.prod}")
    stuck = stuck_pods((observed_pod(pod) for pod in found), items, again=context.again)
    for pod in stuck:
        context.renew()
        try:
            context.kube.delete("Pod", context.namespace, pod.name, uid=pod.uid)
        except Conflict:  # another pod has its name by now
            continue
    return [pod.uid for pod in stuck]


def stuck_pods(
    pods: Iterable[ObservedPod], applied: Iterable[Applied], *, again: bool
) -> tuple[ObservedPod, ...]:
    """Pods that have to go.

    Those that fail of what was applied, where this is tried `again`: the words of the old failure would fail
    it before anything was tried anew. And those of another template of a StatefulSet that are not ready,
    whatever they say: its controller replaces none before all are ready, which a broken one never gets, not
    even by going back (kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback), and
    between two crashes it looks like one that is about to start.
    """
    items = tuple(applied)
    digests = {item.digest for item in items}
    sets = {item.name: item.digest for item in items if item.kind == "StatefulSet"}

    def stands_in_the_way(pod: ObservedPod) -> bool:
        if sets.get(pod.component, pod.digest) != pod.digest:
            return not pod.ready
        return again and pod.digest in digests and is_failing(pod)

    return tuple(pod for pod in pods if not pod.terminating and stands_in_the_way(pod))
