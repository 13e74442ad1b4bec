"""The evidence rule: whether what was applied is what runs, judged from an Observation alone.

*After* is told by generations, never by clocks. Every single field of a rollout's status lies at some
moment: it may speak of the generation before ours, or call a rollout complete while an old pod still
serves (argo-cd#29410). So all of them must agree, and the pods' digests with them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from journal.core.reasons import Reason, because

from .kinds import DIGEST_ANNOTATION
from .manifests import Manifest, kind_of, mapping, name_of, objects, pod_template
from .observed import ObservedPod, ObservedProd, ObservedWorkload

# Words of the kubelet after which waiting does not help. CrashLoopBackOff needs at least one crash.
FAILING_WAITS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CrashLoopBackOff",
    }
)
CRASHES_MIN = 2
GONE_PHASES = frozenset({"Succeeded", "Failed"})

# What proves an apply, by kind. `rollout`: the counts and pods of its Observation. `exists`: the answer
# to the apply itself, since these have no generation or no status to wait for.
EVIDENCE: dict[str, str] = {
    "Deployment": "rollout",
    "StatefulSet": "rollout",
    "DaemonSet": "rollout",
    "ServiceAccount": "exists",
    "ConfigMap": "exists",
    "Service": "exists",
    "PodDisruptionBudget": "exists",
    "Job": "exists",
    "CronJob": "exists",
    "HorizontalPodAutoscaler": "exists",
    "Ingress": "exists",
    "HTTPRoute": "exists",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """One object as the answer to its apply gave it. `generation` is 0 for kinds without one; `digest`
    is of its pod template ("": none); `images` as the cluster stored them."""

    kind: str
    name: str
    uid: str
    generation: int
    digest: str
    images: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """What was applied runs and nothing older serves."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet, or not yet known."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Failing:
    """Waiting longer will not help. `changed`: somebody wrote over what we applied, so that applying it
    again may help; otherwise it is what we applied that fails."""

    reason: Reason
    changed: bool = False


Verdict = Ready | Waiting | Failing


def applied_from_answer(answer: Manifest) -> Applied:
    """What a server-side apply answered, as evidence to wait for."""
    metadata = answer.get("metadata", {})
    template = pod_template(answer) or {}
    annotations = mapping(mapping(template.get("metadata")).get("annotations"))
    return Applied(
        kind=kind_of(answer),
        name=name_of(answer),
        uid=str(metadata.get("uid", "")),
        generation=int(metadata.get("generation", 0)),
        digest=str(annotations.get(DIGEST_ANNOTATION, "")),
        images=images_of(template),
    )


def images_of(template: Manifest) -> tuple[tuple[str, str], ...]:
    """(container, image) of a pod template, in its order."""
    containers = objects(mapping(template.get("spec")).get("containers"))
    return tuple((str(item.get("name", "")), str(item.get("image", ""))) for item in containers)


def applied_to_json(applied: tuple[Applied, ...]) -> list[dict[str, Any]]:
    """The stored form."""
    return [asdict(item) for item in applied]


def applied_from_json(data: list[dict[str, Any]]) -> tuple[Applied, ...]:
    """What `applied_to_json` stored."""
    return tuple(
        Applied(**{**item, "images": tuple((name, image) for name, image in item.get("images", ()))})
        for item in data
    )


def judge(
    applied: tuple[Applied, ...], observed: ObservedProd | None, since: datetime | None = None
) -> Verdict:
    """Whether `applied` runs: the worst verdict over its objects, the first by order among equals.

    `observed` is None when nothing is known (no Observation, or its Cluster has not been listed since
    its observer took over). Facts older than `since` say nothing; that they are younger proves nothing.
    """
    if observed is None:
        return Waiting(because("facts-unknown"))
    if since is not None and observed.observed_at < since:
        return Waiting(because("facts-too-old"))
    verdicts = [_judge_object(item, observed) for item in applied]
    if any(EVIDENCE.get(item.kind) == "rollout" for item in applied):
        return worst(verdicts)
    return worst([*verdicts, Ready(because("nothing-to-roll-out"))])


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first Failing, else the first Waiting, else Ready with the count of all ready pods."""
    ranked = sorted(verdicts, key=lambda verdict: _SEVERITY[type(verdict)])
    if not ranked or not isinstance(ranked[0], Ready):
        return ranked[0] if ranked else Waiting(because("facts-unknown"))
    counts = [dict(verdict.reason.params) for verdict in ranked]
    pods = sum(int(params.get("pods", 0)) for params in counts)
    return Ready(because("all-ready", pods=pods))


_SEVERITY: dict[type[Verdict], int] = {Failing: 0, Waiting: 1, Ready: 2}


def _judge_object(applied: Applied, observed: ObservedProd) -> Verdict:
    rule = EVIDENCE.get(applied.kind)
    if rule is None:
        return Failing(because("no-evidence-rule", kind=applied.kind, name=applied.name))
    if rule == "exists":
        return Ready(because("exists", kind=applied.kind, name=applied.name))
    for workload in observed.workloads:
        if (workload.kind, workload.name) == (applied.kind, applied.name):
            return _judge_workload(applied, workload, observed.pods)
    return Waiting(because("workload-not-seen", kind=applied.kind, name=applied.name))


def _judge_workload(applied: Applied, seen: ObservedWorkload, pods: tuple[ObservedPod, ...]) -> Verdict:
    if seen.uid != applied.uid:
        return Waiting(because("workload-replaced", kind=applied.kind, name=applied.name))
    if seen.generation < applied.generation:
        return Waiting(because("change-not-seen", workload=applied.name))
    if seen.digest != applied.digest or (applied.images and seen.images != applied.images):
        return Failing(because("workload-changed", kind=applied.kind, name=applied.name), changed=True)
    if seen.observed_generation < applied.generation:
        return Waiting(because("change-not-started", workload=applied.name))
    mine = [pod for pod in pods if pod.component == applied.name and _counts(pod)]
    ours = [pod for pod in mine if pod.digest == applied.digest]
    failing = _failing(applied.name, seen, ours)
    return failing or _progress(seen, ours, older=len(mine) - len(ours))


def _counts(pod: ObservedPod) -> bool:
    return not pod.terminating and pod.phase not in GONE_PHASES


def _failing(name: str, seen: ObservedWorkload, ours: list[ObservedPod]) -> Failing | None:
    for pod in ours:
        if is_failing(pod):
            words = pod.waiting or "restarts"
            return Failing(
                because(
                    "pod-failing",
                    workload=name,
                    pod=pod.name,
                    waiting=words,
                    message=pod.message,
                    restarts=pod.restarts,
                )
            )
    if seen.stalled:
        return Failing(because("rollout-stalled", workload=name, message=seen.stalled))
    return None


def is_failing(pod: ObservedPod) -> bool:
    """Whether the pod's own words say that waiting will not help."""
    if pod.ready:
        return False
    return pod.waiting in FAILING_WAITS or pod.restarts >= CRASHES_MIN


def _progress(seen: ObservedWorkload, ours: list[ObservedPod], older: int) -> Verdict:
    """Ready if every count agrees; else what is still missing, the nearest to the start first."""
    wanted, ready = seen.wanted, sum(pod.ready for pod in ours)
    if seen.updated < wanted or len(ours) < wanted:
        return _missing("pods-not-updated", seen, min(seen.updated, len(ours)))
    if ready < wanted:
        return _missing("pods-not-ready", seen, ready)
    if seen.available < wanted:
        return _missing("pods-not-available", seen, seen.available)
    if older:
        return Waiting(because("older-pods-serve", workload=seen.name, older=older, wanted=wanted))
    counts = (seen.replicas, seen.updated, seen.available, len(ours), ready)
    if any(count != wanted for count in counts):
        return Waiting(because("pods-to-remove", workload=seen.name, pods=max(counts), wanted=wanted))
    return Ready(because("workload-ready", workload=seen.name, pods=wanted))


def _missing(code: str, seen: ObservedWorkload, done: int) -> Waiting:
    return Waiting(because(code, workload=seen.name, done=done, wanted=seen.wanted))


def health(observed: ObservedProd | None, components: Iterable[str] = ()) -> str:
    """How a Prod is to which nothing is being done, if its facts are fresh: `ready`, `not-ready` (not
    all of it, or not all of it new), `down` (a component serves nothing, or is not there) or `unknown`.
    """
    if observed is None:
        return "unknown"
    missing = set(components) - {workload.name for workload in observed.workloads}
    if missing or not observed.workloads or any(not one.available for one in observed.workloads):
        return "down"
    return "ready" if all(_settled(workload) for workload in observed.workloads) else "not-ready"


def _settled(seen: ObservedWorkload) -> bool:
    counts = {seen.replicas, seen.updated, seen.available}
    return seen.observed_generation == seen.generation and counts == {seen.wanted}


def ready_percent(observed: ObservedProd | None) -> int:
    """The share of ready replicas of the workload that has the fewest, 0-100; 0 when nothing is known."""
    shares = [
        min(100, 100 * workload.available // workload.wanted)
        for workload in (observed.workloads if observed else ())
        if workload.wanted
    ]
    return min(shares, default=0)
