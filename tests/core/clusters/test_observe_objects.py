"""Raw objects other than workloads become facts; what is trimmed away was not needed; old rows are read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.core.observe_facts import observed_prod, trimmed
from clusters.core.observe_objects import observed_object
from clusters.core.observed import (
    Condition,
    ObservedObject,
    ObservedProd,
    observed_from_json,
    observed_to_json,
)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
METADATA = {"name": "it", "uid": "u", "generation": 3, "managedFields": [{"manager": "x"}]}


def condition(of_type: str, status: str = "True", **more: Any) -> dict[str, Any]:
    return {"type": of_type, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z", **more}


def made(kind: str, **fields: Any) -> ObservedObject:
    return ObservedObject(kind, "it", "u", 3, **fields)


ROWS: dict[str, tuple[str, dict[str, Any], ObservedObject]] = {
    "job": (
        "Job",
        {
            "spec": {
                "completions": 2,
                "template": {
                    "metadata": {"annotations": {"drover.dev/digest": "d"}},
                    "spec": {"containers": []},
                },
            },
            "status": {
                "succeeded": 1,
                "conditions": [condition("Failed", reason="Backoff"), condition("Other")],
            },
        },
        made("Job", done=1, wanted=2, digest="d", conditions=(Condition("Failed", "True", "Backoff"),)),
    ),
    "route with two gateways": (
        "HTTPRoute",
        {
            "status": {
                "parents": [
                    {"conditions": [condition("Accepted", observedGeneration=3)]},
                    {"conditions": [condition("Accepted", "False", message="no", observedGeneration=2)]},
                ]
            }
        },
        made(
            "HTTPRoute",
            conditions=(
                Condition("Accepted", "False", "", "no", 2),
                Condition("Accepted", "True", generation=3),
            ),
        ),
    ),
    "autoscaler": (
        "HorizontalPodAutoscaler",
        {
            "spec": {"minReplicas": 2},
            "status": {
                "desiredReplicas": 4,
                "observedGeneration": 1,
                "conditions": [condition("ScalingActive"), condition("ScalingLimited")],
            },
        },
        made(
            "HorizontalPodAutoscaler",
            done=4,
            wanted=2,
            observed_generation=1,
            conditions=(Condition("ScalingActive", "True"),),
        ),
    ),
    "custom resource": (
        "Cache.shop.example/v1",
        {
            "spec": {"size": 3},
            "status": {
                "observedGeneration": 3,
                "conditions": [condition("Ready", "False"), condition("Mood")],
            },
        },
        made("Cache.shop.example/v1", observed_generation=3, conditions=(Condition("Ready", "False"),)),
    ),
    "nothing in it": ("Cache.shop.example/v1", {}, made("Cache.shop.example/v1")),
    "nonsense in it": (
        "Job",
        {"spec": "x", "status": {"conditions": "x", "succeeded": "two"}},
        made("Job"),
    ),
}


@pytest.mark.parametrize(("kind", "item", "expected"), ROWS.values(), ids=ROWS.keys())
def test_an_object_is_read_the_same_whole_and_trimmed(
    kind: str, item: dict[str, Any], expected: ObservedObject
) -> None:
    whole = {"metadata": METADATA, **item}
    assert observed_object(kind, whole) == expected
    kept = trimmed(kind, whole)
    assert observed_object(kind, kept) == expected
    assert "managedFields" not in kept["metadata"]


def test_facts_of_objects_survive_their_stored_form() -> None:
    others = [(kind, {"metadata": METADATA, **item}) for kind, item, _ in ROWS.values()]
    observed = observed_prod([], [], NOW, others)
    stored = json.loads(json.dumps(observed_to_json(observed)))
    assert observed_from_json(stored, NOW) == observed


def test_what_is_not_known_of_kinds_and_secrets_survives_too() -> None:
    observed = ObservedProd((), (), NOW, (), (("HTTPRoute", "not there"),), (("tls", "missing"),))
    assert observed_from_json(json.loads(json.dumps(observed_to_json(observed))), NOW) == observed


def test_a_row_that_an_older_program_wrote_can_be_read() -> None:
    counts = dict.fromkeys(("wanted", "replicas", "updated", "ready", "available"), 1)
    workload = {
        "kind": "Deployment",
        "name": "api",
        "uid": "u",
        "generation": 1,
        "observed_generation": 1,
        "digest": "d",
        "images": [["api", "x"]],
        "stalled": "",
        **counts,
    }
    observed = observed_from_json({"workloads": [workload], "pods": []}, NOW)
    assert (observed.workloads[0].partition, observed.workloads[0].settled) == (0, True)
    assert (observed.objects, observed.unwatched, observed.secrets) == ((), (), ())


STATEFUL = {
    "metadata": {"name": "db", "uid": "u", "generation": 2},
    "spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}, "template": {}},
    "status": {"replicas": 3, "updatedReplicas": 1, "currentRevision": "db-1", "updateRevision": "db-2"},
}


def test_the_partition_and_the_revisions_of_a_stateful_set_are_kept() -> None:
    (workload,) = observed_prod([trimmed("StatefulSet", STATEFUL)], [], NOW).workloads
    assert (workload.partition, workload.settled, workload.updated) == (2, False, 1)
