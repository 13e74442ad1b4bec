"""Whether a workload rolled out: its counts, its generations and the digests of its pods must agree.

*After* is told by generations, never by clocks. Every single field of a rollout's status lies at some
moment: it may speak of the generation before ours, or call a rollout complete while an old pod still
serves (argo-cd#29410). So all of them must agree, and the pods' digests with them.
"""

from collections.abc import Iterable

from journal.core.reasons import because

from .observed import ObservedPod, ObservedProd, ObservedWorkload
from .verdicts import Applied, Failing, Ready, Verdict, Waiting

# Words of the kubelet after which waiting does not help, whatever the program inside does.
IMAGE_WAITS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
    }
)
# CrashLoopBackOff needs at least one crash.
FAILING_WAITS = IMAGE_WAITS | {"CrashLoopBackOff"}
CRASHES_MIN = 2
GONE_PHASES = frozenset({"Succeeded", "Failed"})


def judge_workload(applied: Applied, observed: ObservedProd) -> Verdict:
    """Whether the pods of a Deployment, StatefulSet or DaemonSet run what was applied, and no older ones."""
    for seen in observed.workloads:
        if (seen.kind, seen.name) == (applied.kind, applied.name):
            return _judge(applied, seen, observed.pods)
    return Waiting(because("workload-not-seen", kind=applied.kind, name=applied.name))


def _judge(applied: Applied, seen: ObservedWorkload, pods: tuple[ObservedPod, ...]) -> Verdict:
    if seen.uid != applied.uid:
        return Waiting(because("workload-replaced", kind=applied.kind, name=applied.name))
    if seen.generation < applied.generation:
        return Waiting(because("change-not-seen", workload=applied.name))
    if seen.digest != applied.digest or (applied.images and seen.images != applied.images):
        return Failing(because("workload-changed", kind=applied.kind, name=applied.name), changed=True)
    if seen.observed_generation < applied.generation:
        return Waiting(because("change-not-started", workload=applied.name))
    mine = [pod for pod in pods if pod.component == applied.name and counts(pod)]
    ours = [pod for pod in mine if pod.digest == applied.digest]
    failing = _failing(applied.name, seen, ours)
    return failing or _progress(seen, ours, older=len(mine) - len(ours))


def counts(pod: ObservedPod) -> bool:
    """Whether the pod is still one of its workload's."""
    return not pod.terminating and pod.phase not in GONE_PHASES


def _failing(name: str, seen: ObservedWorkload, ours: list[ObservedPod]) -> Failing | None:
    failing = first_failing(name, (pod for pod in ours if is_failing(pod)))
    if failing is None and seen.stalled:
        return Failing(because("rollout-stalled", workload=name, message=seen.stalled))
    return failing


def first_failing(name: str, pods: Iterable[ObservedPod]) -> Failing | None:
    """The verdict on the first of `pods`, in its own words; None if there is none."""
    for pod in pods:
        return Failing(
            because(
                "pod-failing",
                workload=name,
                pod=pod.name,
                waiting=pod.waiting or "restarts",
                message=pod.message,
                restarts=pod.restarts,
            )
        )
    return None


def is_failing(pod: ObservedPod) -> bool:
    """Whether the pod's own words say that waiting will not help."""
    if pod.ready:
        return False
    return pod.waiting in FAILING_WAITS or pod.restarts >= CRASHES_MIN


def _progress(seen: ObservedWorkload, ours: list[ObservedPod], older: int) -> Verdict:
    """Ready if every count agrees; else what is still missing, the nearest to the start first.

    A StatefulSet with a partition is asked to keep that many of its pods as they are.
    """
    wanted, ready, new = seen.wanted, sum(pod.ready for pod in ours), wanted_new(seen)
    if seen.updated < new or len(ours) < new:
        return _missing("pods-not-updated", seen, min(seen.updated, len(ours)), new)
    if ready < len(ours):
        return _missing("pods-not-ready", seen, ready, max(new, len(ours)))
    if seen.available < wanted:
        return _missing("pods-not-available", seen, seen.available, wanted)
    if older > wanted - new:
        return Waiting(because("older-pods-serve", workload=seen.name, older=older, wanted=new))
    most = max(seen.replicas, seen.updated, seen.available, len(ours) + older)
    if most > wanted or seen.replicas != wanted or len(ours) + older != wanted:
        return Waiting(because("pods-to-remove", workload=seen.name, pods=most, wanted=wanted))
    if not seen.settled and not seen.partition:
        return Waiting(because("revision-not-settled", workload=seen.name))
    return Ready(because("workload-ready", workload=seen.name, pods=wanted))


def wanted_new(seen: ObservedWorkload) -> int:
    """How many pods have to be of the newest template at least."""
    return max(0, seen.wanted - seen.partition)


def _missing(code: str, seen: ObservedWorkload, done: int, wanted: int) -> Waiting:
    return Waiting(because(code, workload=seen.name, done=done, wanted=wanted))
