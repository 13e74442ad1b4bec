"""The evidence rule: whether what was applied is what runs, judged from an Observation alone.

One table says what proves each kind. A rollout is told by `rollout`, anything else by `proofs`.
"""

from collections.abc import Iterable
from datetime import datetime

from journal.core.reasons import because

from .kinds import is_custom
from .observed import ObservedProd, ObservedWorkload
from .proofs import Rule, judge_autoscaler, judge_custom, judge_existing, judge_job, judge_route
from .rollout import FAILING_WAITS, is_failing, judge_workload, wanted_new
from .verdicts import (
    Applied,
    Failing,
    Ready,
    Verdict,
    Waiting,
    applied_from_answer,
    applied_from_json,
    applied_to_json,
    images_of,
)

__all__ = [
    "EVIDENCE",
    "FAILING_WAITS",
    "WATCHED_FOR_PROOF",
    "Applied",
    "Failing",
    "Ready",
    "Verdict",
    "Waiting",
    "applied_from_answer",
    "applied_from_json",
    "applied_to_json",
    "health",
    "images_of",
    "is_failing",
    "judge",
    "ready_percent",
    "worst",
]

# What proves an apply, by kind. Where it is enough that an object exists, the answer to the apply itself
# has proven it: such kinds have no generation or no status to wait for. Every custom resource goes by
# `judge_custom`.
EVIDENCE: dict[str, Rule] = {
    "Deployment": judge_workload,
    "StatefulSet": judge_workload,
    "DaemonSet": judge_workload,
    "Job": judge_job,
    "HTTPRoute": judge_route,
    "HorizontalPodAutoscaler": judge_autoscaler,
    "ServiceAccount": judge_existing,
    "ConfigMap": judge_existing,
    "Service": judge_existing,
    "PodDisruptionBudget": judge_existing,
    "CronJob": judge_existing,
    "Ingress": judge_existing,
}
# Kinds that are watched only where a Blueprint has them, since their state proves something.
WATCHED_FOR_PROOF = frozenset(
    kind for kind, rule in EVIDENCE.items() if rule in (judge_job, judge_route, judge_autoscaler)
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
    if any(EVIDENCE.get(item.kind) is judge_workload for item in applied):
        return worst(verdicts)
    return worst([*verdicts, Ready(because("nothing-to-roll-out"))])


def _judge_object(applied: Applied, observed: ObservedProd) -> Verdict:
    rule = judge_custom if is_custom(applied.kind) else EVIDENCE.get(applied.kind)
    if rule is None:
        return Failing(because("no-evidence-rule", kind=applied.kind, name=applied.name))
    return rule(applied, observed)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first Failing, else the first Waiting, else Ready with the count of all ready pods."""
    ranked = sorted(verdicts, key=lambda verdict: _SEVERITY[type(verdict)])
    if not ranked or not isinstance(ranked[0], Ready):
        return ranked[0] if ranked else Waiting(because("facts-unknown"))
    counts = [dict(verdict.reason.params) for verdict in ranked]
    pods = sum(int(params.get("pods", 0)) for params in counts)
    return Ready(because("all-ready", pods=pods))


_SEVERITY: dict[type[Verdict], int] = {Failing: 0, Waiting: 1, Ready: 2}


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
    whole = {seen.replicas, seen.available} == {seen.wanted} and seen.updated <= seen.wanted
    return seen.observed_generation == seen.generation and whole and seen.updated >= wanted_new(seen)


def ready_percent(observed: ObservedProd | None, components: Iterable[str] = ()) -> int:
    """The share of ready replicas of the workload that has the fewest, 0-100; 0 when nothing is known, or a component
    serves nothing or is not there."""
    if observed is None or health(observed, components) == "down":
        return 0
    shares = [min(100, 100 * one.available // one.wanted) for one in observed.workloads if one.wanted]
    return min(shares, default=0)
