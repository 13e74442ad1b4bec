"""From raw Kubernetes JSON to facts, and only the part that is kept of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.core.observe_facts import observed_pod, observed_prod, trimmed
from clusters.core.observed import ObservedWorkload

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def workload(kind: str = "Deployment", status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"annotations": {"drover.dev/digest": "new", "other": "x"}, "labels": {"app": "api"}},
        "spec": {"containers": [{"name": "api", "image": "shop/api:v2", "env": []}]},
    }
    metadata = {"name": "api", "namespace": "p", "uid": "u", "generation": 2, "managedFields": [{}]}
    return {
        "kind": kind,
        "metadata": metadata,
        "spec": {"template": template, **spec},
        "status": status or {},
    }


def pod(digest: str = "new", owner: str = "api-1", **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{owner}-x",
            "uid": f"uid-{owner}-{digest}",
            "labels": {"drover.dev/component": "api", "drover.dev/prod": "a-1", "app": "api"},
            "annotations": {"drover.dev/digest": digest},
            "ownerReferences": [{"kind": "ReplicaSet", "name": owner, "controller": True}],
        },
        "spec": {"containers": [{"name": "api", "image": "shop/api:v2"}], "nodeName": "n"},
        "status": {"phase": "Running", **status},
    }


def facts(item: dict[str, Any], *pods: dict[str, Any]) -> ObservedWorkload:
    kept = [trimmed("Pod", one) for one in pods]
    return observed_prod([trimmed(item["kind"], item)], kept, NOW).workloads[0]


COUNTS = {
    "observedGeneration": 2,
    "replicas": 4,
    "updatedReplicas": 3,
    "readyReplicas": 4,
    "availableReplicas": 4,
}


def test_a_deployment() -> None:
    seen = facts(workload(status=COUNTS, replicas=3))
    assert seen == ObservedWorkload(
        "Deployment", "api", "u", 2, 2, 3, 4, 3, 4, 4, "new", (("api", "shop/api:v2"),)
    )


def test_what_a_status_leaves_out_is_zero() -> None:
    seen = facts(workload(replicas=3))
    assert (seen.observed_generation, seen.replicas, seen.available) == (0, 0, 0)


def test_zero_replicas_are_wanted_only_when_asked_for() -> None:
    assert facts(workload(replicas=0)).wanted == 0
    assert facts(workload()).wanted == 1


def test_a_daemon_set_wants_a_pod_per_node() -> None:
    status = {
        "desiredNumberScheduled": 5,
        "currentNumberScheduled": 4,
        "updatedNumberScheduled": 3,
        "numberReady": 2,
        "numberAvailable": 1,
    }
    seen = facts(workload("DaemonSet", status))
    assert (seen.wanted, seen.replicas, seen.updated, seen.ready, seen.available) == (5, 4, 3, 2, 1)


def stalled(message: str) -> dict[str, Any]:
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": message,
    }
    return workload(status={**COUNTS, "conditions": [condition]}, replicas=3)


OURS = 'ReplicaSet "api-2" has timed out progressing.'
BEFORE = 'ReplicaSet "api-1" has timed out progressing.'


@pytest.mark.parametrize(
    ("message", "pods", "expected"),
    [
        (OURS, [pod("new", "api-2"), pod("old", "api-1")], OURS),
        (BEFORE, [pod("new", "api-2"), pod("old", "api-1")], ""),
        (BEFORE, [pod("old", "api-1")], ""),
        (BEFORE, [pod("new", "api-2")], ""),
        (OURS, [pod("old", "api-1")], OURS),
        (OURS, [], OURS),
        ("other words", [pod("new", "api-2")], "other words"),
        ("", [], "ProgressDeadlineExceeded"),
    ],
    ids=[
        "ours",
        "before",
        "before, none of ours yet",
        "before, gone",
        "ours, none yet",
        "no pods",
        "words",
        "none",
    ],
)
def test_a_deadline_counts_only_for_the_rollout_it_speaks_of(
    message: str, pods: list[dict[str, Any]], expected: str
) -> None:
    assert facts(stalled(message), *pods).stalled == expected


@pytest.mark.parametrize(("status", "expected"), [("True", f"{OURS} (no ServiceAccount)"), ("False", OURS)])
def test_a_deadline_that_passed_tells_why_pods_could_not_be_made(status: str, expected: str) -> None:
    manifest = stalled(OURS)
    failure = {
        "type": "ReplicaFailure",
        "status": status,
        "reason": "FailedCreate",
        "message": "no ServiceAccount",
    }
    manifest["status"]["conditions"].append(failure)
    assert facts(manifest).stalled == expected


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}, "restartCount": 3, **more}


def ended(code: int, reason: str) -> dict[str, Any]:
    return {"lastState": {"terminated": {"exitCode": code, "reason": reason}}}


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, ("", "", 0)),
        ({"containerStatuses": [waiting("ContainerCreating")]}, ("", "", 3)),
        ({"containerStatuses": [waiting("PodInitializing")]}, ("", "", 3)),
        ({"containerStatuses": [waiting("ErrImagePull", "not found")]}, ("ErrImagePull", "not found", 3)),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", "back-off", **ended(1, "Error"))]},
            ("CrashLoopBackOff", "exit code 1: Error", 3),
        ),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", "back-off")]},
            ("CrashLoopBackOff", "back-off", 3),
        ),
        (
            {
                "initContainerStatuses": [waiting("ErrImagePull")],
                "containerStatuses": [waiting("PodInitializing")],
            },
            ("ErrImagePull", "", 3),
        ),
        ({"conditions": [UNSCHEDULABLE]}, ("Unschedulable", "no room", 0)),
    ],
)
def test_the_words_of_a_pod(status: dict[str, Any], expected: tuple[str, str, int]) -> None:
    seen = observed_pod(trimmed("Pod", pod(**status)))
    assert (seen.waiting, seen.message, seen.restarts) == expected


def test_a_pod() -> None:
    raw = pod(conditions=[{"type": "Ready", "status": "True"}])
    raw["metadata"]["deletionTimestamp"] = "2026-11-20T00:00:00Z"
    seen = observed_pod(trimmed("Pod", raw))
    assert (seen.ready, seen.terminating, seen.component, seen.digest) == (True, True, "api", "new")
    assert (seen.phase, seen.image) == ("Running", "shop/api:v2")


def test_only_what_is_read_is_kept() -> None:
    kept = trimmed("Deployment", workload(status=COUNTS, replicas=3))
    assert "managedFields" not in kept["metadata"]
    assert kept["spec"]["template"]["spec"] == {"containers": [{"name": "api", "image": "shop/api:v2"}]}
    assert kept["spec"]["template"]["metadata"]["annotations"] == {"drover.dev/digest": "new"}
    assert trimmed("Deployment", kept) == kept
