"""What proves each kind that is no plain rollout: one table per kind, each row a moment that was seen."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.core.evidence import EVIDENCE, WATCHED_FOR_PROOF, Applied, health, judge
from clusters.core.observed import Condition, ObservedObject, ObservedPod, ObservedProd, ObservedWorkload
from clusters.core.verdicts import Verdict

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
CACHE = "Cache.shop.example/v1"


def code(verdict: Verdict) -> str:
    return f"{type(verdict).__name__} {verdict.reason.code}"


def seen(*objects: ObservedObject, pods: tuple[ObservedPod, ...] = (), **more: Any) -> ObservedProd:
    return ObservedProd((), pods, NOW, objects, **more)


def of_kind(kind: str, generation: int = 2, **fields: Any) -> ObservedObject:
    return ObservedObject(kind, "it", "uid-1", generation, **fields)


def applied(kind: str, digest: str = "") -> Applied:
    return Applied(kind, "it", "uid-1", 2, digest)


def says(of_type: str, status: str, reason: str = "", generation: int = 0) -> Condition:
    return Condition(of_type, status, reason, "its words", generation)


def conditions(*given: Condition, **fields: Any) -> dict[str, Any]:
    return {"conditions": given, **fields}


FINISHED, BROKEN = says("Complete", "True"), says("Failed", "True")
ROWS: dict[str, tuple[str, dict[str, Any], str]] = {
    "job: it runs": ("Job", {"done": 0, "wanted": 1}, "Waiting job-runs"),
    "job: its condition says that it has finished": ("Job", conditions(FINISHED), "Ready"),
    "job: enough pods succeeded": ("Job", {"done": 2, "wanted": 2}, "Ready"),
    "job: without completions nothing but its condition counts": ("Job", {"done": 2}, "Waiting job-runs"),
    "job: it failed": ("Job", conditions(BROKEN, done=1, wanted=2), "Failing job-failed"),
    "job: somebody suspended it": (
        "Job",
        conditions(says("Suspended", "True"), wanted=1),
        "Waiting job-suspended",
    ),
    "job: it was resumed": ("Job", conditions(says("Suspended", "False"), wanted=1), "Waiting job-runs"),
    "route: no gateway has looked": ("HTTPRoute", {}, "Ready"),
    "route: accepted": ("HTTPRoute", conditions(says("Accepted", "True", generation=2)), "Ready"),
    "route: refused as it is now": (
        "HTTPRoute",
        conditions(says("ResolvedRefs", "False", generation=2)),
        "Failing route-refused",
    ),
    "route: refused as it was before": (
        "HTTPRoute",
        conditions(says("ResolvedRefs", "False", generation=1)),
        "Waiting change-not-started",
    ),
    "route: one gateway has looked, the other has not": (
        "HTTPRoute",
        conditions(says("Accepted", "True", generation=2), says("Accepted", "True", generation=1)),
        "Waiting change-not-started",
    ),
    "autoscaler: nobody has looked": ("HorizontalPodAutoscaler", {"wanted": 2}, "Ready"),
    "autoscaler: it scales": (
        "HorizontalPodAutoscaler",
        conditions(says("ScalingActive", "True"), done=3, wanted=2),
        "Ready",
    ),
    "autoscaler: no metrics": (
        "HorizontalPodAutoscaler",
        conditions(says("ScalingActive", "False", "FailedGetResourceMetric"), done=2, wanted=2),
        "Waiting autoscaler-stuck",
    ),
    "autoscaler: its target is not there": (
        "HorizontalPodAutoscaler",
        conditions(says("AbleToScale", "False", "FailedGetScale"), wanted=2),
        "Waiting autoscaler-stuck",
    ),
    "autoscaler: below its minimum": (
        "HorizontalPodAutoscaler",
        conditions(says("ScalingActive", "True"), done=1, wanted=2),
        "Waiting autoscaler-below",
    ),
    "autoscaler: its target is scaled to zero on purpose": (
        "HorizontalPodAutoscaler",
        conditions(says("ScalingActive", "False", "ScalingDisabled"), wanted=2),
        "Ready",
    ),
    "custom: it says nothing": (CACHE, {}, "Ready"),
    "custom: ready": (CACHE, conditions(says("Ready", "True", generation=2)), "Ready"),
    "custom: ready, and it names no generation": (CACHE, conditions(says("Ready", "True")), "Ready"),
    "custom: ready as it was before": (
        CACHE,
        conditions(says("Ready", "True", generation=1)),
        "Waiting change-not-started",
    ),
    "custom: ready, by the generation of the whole status as it was before": (
        CACHE,
        conditions(says("Ready", "True"), observed_generation=1),
        "Waiting change-not-started",
    ),
    "custom: not ready": (CACHE, conditions(says("Ready", "False")), "Waiting condition-not-true"),
    "custom: nobody knows": (CACHE, conditions(says("Ready", "Unknown")), "Waiting condition-not-true"),
    "custom: ready and not available": (
        CACHE,
        conditions(says("Available", "False"), says("Ready", "True")),
        "Waiting condition-not-true",
    ),
}


@pytest.mark.parametrize(("kind", "fields", "expected"), ROWS.values(), ids=ROWS.keys())
def test_what_is_seen_decides(kind: str, fields: dict[str, Any], expected: str) -> None:
    found = code(judge((applied(kind),), seen(of_kind(kind, **fields))))
    assert found == {"Ready": "Ready all-ready"}.get(expected, expected)


LOOKED_AT = sorted({*WATCHED_FOR_PROOF, CACHE})


@pytest.mark.parametrize("kind", LOOKED_AT)
def test_what_is_not_seen_is_waited_for(kind: str) -> None:
    good = of_kind(kind, conditions=(FINISHED,) if kind == "Job" else ())
    assert code(judge((applied(kind),), seen())) == "Waiting workload-not-seen"
    assert code(judge((applied(kind),), seen(replace(good, uid="uid-2")))) == "Waiting workload-replaced"
    assert code(judge((applied(kind),), seen(replace(good, generation=1)))) == "Waiting change-not-seen"
    assert code(judge((applied(kind),), seen(good))) == "Ready all-ready"


@pytest.mark.parametrize("kind", LOOKED_AT)
def test_a_kind_that_cannot_be_watched_is_named_and_its_old_facts_are_not_believed(kind: str) -> None:
    verdict = judge((applied(kind),), seen(of_kind(kind), unwatched=((kind, "it may not be listed."),)))
    assert code(verdict) == "Waiting kind-not-watched"
    assert dict(verdict.reason.params)["problem"] == "it may not be listed."


@pytest.mark.parametrize("kind", sorted(EVIDENCE.keys() - {"Deployment", "StatefulSet", "DaemonSet"}))
def test_other_kinds_alone_have_nothing_to_roll_out(kind: str) -> None:
    finished = of_kind(kind, conditions=(FINISHED,) if kind == "Job" else ())
    assert code(judge((applied(kind),), seen(finished))).startswith("Ready")


def pod(**fields: Any) -> ObservedPod:
    return replace(ObservedPod("it-x", "", "d", False, False, "Pending"), **fields)


PODS = {
    "its image is not there": (pod(waiting="ErrImagePull"), "Failing pod-failing"),
    "it crashes, which the job counts itself": (
        pod(waiting="CrashLoopBackOff", restarts=5),
        "Waiting job-runs",
    ),
    "a pod of another job": (pod(waiting="ErrImagePull", digest="other"), "Waiting job-runs"),
    "a pod that goes": (pod(waiting="ErrImagePull", terminating=True), "Waiting job-runs"),
}


@pytest.mark.parametrize(("its_pod", "expected"), PODS.values(), ids=PODS.keys())
def test_a_job_fails_by_its_pods_only_where_waiting_cannot_help(its_pod: ObservedPod, expected: str) -> None:
    job = of_kind("Job", wanted=1)
    assert code(judge((applied("Job", "d"),), seen(job, pods=(its_pod,)))) == expected


def stateful(**fields: Any) -> ObservedWorkload:
    done = ObservedWorkload("StatefulSet", "it", "uid-1", 2, 2, 3, 3, 3, 3, 3, "new")
    return replace(done, **fields)


def members(*digests: str) -> tuple[ObservedPod, ...]:
    return tuple(
        ObservedPod(f"it-{i}", "it", digest, True, False, "Running") for i, digest in enumerate(digests)
    )


STATEFUL = {
    "all new": (stateful(), members("new", "new", "new"), "Ready all-ready", "ready"),
    "all new, and the controller has not closed the rollout": (
        stateful(settled=False),
        members("new", "new", "new"),
        "Waiting revision-not-settled",
        "ready",
    ),
    "two stay by the partition": (
        stateful(partition=2, updated=1, settled=False),
        members("old", "old", "new"),
        "Ready all-ready",
        "ready",
    ),
    "one too many stays": (
        stateful(partition=1, updated=1, settled=False),
        members("old", "old", "new"),
        "Waiting pods-not-updated",
        "not-ready",
    ),
    "a partition over all: nothing is to be new": (
        stateful(partition=5, updated=0, settled=False),
        members("old", "old", "old"),
        "Ready all-ready",
        "ready",
    ),
    "made with a partition: all are new": (
        stateful(partition=2),
        members("new", "new", "new"),
        "Ready all-ready",
        "ready",
    ),
    "the new one is not ready": (
        stateful(partition=2, updated=1, available=2),
        (*members("old", "old"), replace(members("new")[0], name="it-2", ready=False)),
        "Waiting pods-not-ready",
        "not-ready",
    ),
}


@pytest.mark.parametrize(("workload", "pods", "expected", "well"), STATEFUL.values(), ids=STATEFUL.keys())
def test_a_stateful_set_is_done_where_its_partition_and_its_revision_say_so(
    workload: ObservedWorkload, pods: tuple[ObservedPod, ...], expected: str, well: str
) -> None:
    observed = ObservedProd((workload,), pods, NOW)
    assert code(judge((Applied("StatefulSet", "it", "uid-1", 2, "new"),), observed)) == expected
    assert health(observed) == well
