"""StatefulSets move one pod at a time, in order."""

from typing import Any

import pytest

from tests.simulator.space import Space, image_of, until, workload


def stateful_set(replicas: int = 3, tag: str = "v1.0.0", **spec: Any) -> dict[str, Any]:
    return workload("StatefulSet", "db", tag, replicas=replicas, serviceName="db", **spec)


def image(tag: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [
        {"name": "db", "image": f"registry.example/shop/db:{tag}"}]}}}}  # fmt: skip


def done(space: Space) -> bool:
    found = space.get("statefulsets", "db")
    status, wanted = found["status"], found["spec"]["replicas"]
    numbers = {
        status.get(key, 0) for key in ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
    }
    return status.get("observedGeneration") == found["metadata"]["generation"] and numbers == {wanted}


def events(space: Space, word: str) -> list[str]:
    """The pods in the order in which they were created, became ready, … ."""
    entries = space.fleet.audit()
    return [
        e["pod"]
        for e in entries
        if e["type"] == "pod" and e["namespace"] == space.name and e["event"] == word
    ]


def test_pods_come_one_after_the_other_and_go_in_the_opposite_order(space: Space) -> None:
    space.create("statefulsets", stateful_set())
    until(lambda: done(space), "three pods")
    kinds = [(e["event"], e["pod"]) for e in space.fleet.audit()
             if e["type"] == "pod" and e["namespace"] == space.name]  # fmt: skip
    assert kinds == [(word, f"db-{n}") for n in range(3) for word in ("created", "ready")]
    space.patch("statefulsets", "db", {"spec": {"replicas": 1}})
    until(lambda: done(space), "one pod")
    assert events(space, "deleted") == ["db-2", "db-1"]


def test_a_parallel_set_does_not_wait_for_its_pods(space: Space) -> None:
    space.create("statefulsets", stateful_set(tag="v1-neverready", podManagementPolicy="Parallel"))
    until(lambda: len(space.list("pods")) == 3, "three pods at once")


def test_an_ordered_set_waits_for_a_pod_that_never_gets_ready(space: Space) -> None:
    space.create("statefulsets", stateful_set(tag="v1-neverready"))
    until(
        lambda: space.list("pods")[0]["status"]["phase"] == "Running" if space.list("pods") else False,
        "running",
    )
    assert [pod["metadata"]["name"] for pod in space.list("pods")] == ["db-0"]
    assert space.get("statefulsets", "db")["status"]["availableReplicas"] == 0


def test_an_update_goes_from_the_last_pod_to_the_first_and_ends_with_one_revision(space: Space) -> None:
    first = space.create("statefulsets", stateful_set())
    until(lambda: done(space), "created")
    before = space.get("statefulsets", "db")["status"]
    assert before["currentRevision"] == before["updateRevision"]
    assert space.patch("statefulsets", "db", image("v2"))[1]["metadata"]["generation"] == 2
    until(lambda: done(space), "updated")
    after = space.get("statefulsets", "db")["status"]
    assert events(space, "deleted") == ["db-2", "db-1", "db-0"]
    assert after["currentRevision"] == after["updateRevision"] != before["updateRevision"]
    assert (after["currentReplicas"], after["updatedReplicas"]) == (3, 3)
    assert {image_of(pod)[-3:] for pod in space.list("pods")} == {":v2"}
    assert first["status"] == {"replicas": 0, "availableReplicas": 0}


def test_a_partition_keeps_the_first_pods_on_the_old_revision(space: Space) -> None:
    partition = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    space.create("statefulsets", stateful_set(updateStrategy=partition))
    until(lambda: done(space), "created")
    space.patch("statefulsets", "db", image("v2"))
    until(lambda: space.get("statefulsets", "db")["status"].get("updatedReplicas") == 1, "one pod updated")
    until(lambda: space.get("statefulsets", "db")["status"].get("readyReplicas") == 3, "ready again")
    assert [image_of(pod).rpartition(":")[2] for pod in space.list("pods")] == ["v1.0.0", "v1.0.0", "v2"]
    status = space.get("statefulsets", "db")["status"]
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)
    assert status["currentRevision"] != status["updateRevision"]
    before = space.get("pods", "db-0")["metadata"]["uid"]
    space.ask("DELETE", "pods", "db-0")

    def anew() -> bool:
        status, pod = space.ask("GET", "pods", "db-0")
        return status == 200 and pod["metadata"]["uid"] != before

    until(anew, "another one of its name")
    until(lambda: space.get("statefulsets", "db")["status"].get("readyReplicas") == 3, "back")
    assert image_of(space.get("pods", "db-0")).endswith(":v1.0.0")


def test_on_delete_updates_only_pods_that_are_deleted(space: Space) -> None:
    space.create("statefulsets", stateful_set(replicas=2, updateStrategy={"type": "OnDelete"}))
    until(lambda: done(space), "created")
    space.patch("statefulsets", "db", image("v2"))
    until(lambda: space.get("statefulsets", "db")["status"]["observedGeneration"] == 2, "seen")
    assert "updatedReplicas" not in space.get("statefulsets", "db")["status"]
    space.ask("DELETE", "pods", "db-1")
    until(lambda: space.get("statefulsets", "db")["status"].get("updatedReplicas") == 1, "one updated")
    assert image_of(space.get("pods", "db-0")).endswith(":v1.0.0")


def test_claims_are_made_and_outlive_their_pods(space: Space) -> None:
    claim = {"metadata": {"name": "data"},
             "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}}  # fmt: skip
    space.create("statefulsets", stateful_set(replicas=1, volumeClaimTemplates=[claim]))
    until(lambda: done(space), "created")
    assert space.get("pods", "db-0")["spec"]["volumes"][0]["persistentVolumeClaim"] == {
        "claimName": "data-db-0"
    }
    found = space.get("persistentvolumeclaims", "data-db-0")
    assert (found["status"]["phase"], found["spec"]["resources"]["requests"]["storage"]) == ("Bound", "1Gi")
    space.patch("statefulsets", "db", {"spec": {"replicas": 0}})
    until(lambda: not space.list("pods"), "no pod")
    assert space.ask("GET", "persistentvolumeclaims", "data-db-0")[0] == 200


def test_what_a_server_fills_in_is_filled_in(space: Space) -> None:
    spec = space.create("statefulsets", stateful_set(replicas=0))["spec"]
    assert spec["podManagementPolicy"] == "OrderedReady"
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert spec["revisionHistoryLimit"] == 10
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 30


@pytest.mark.parametrize("change", [{"serviceName": "other"}, {"podManagementPolicy": "Parallel"}])
def test_most_of_the_spec_never_changes(space: Space, change: dict[str, Any]) -> None:
    space.create("statefulsets", stateful_set(replicas=0))
    status, answer = space.patch("statefulsets", "db", {"spec": change})
    assert status == 422
    assert "updates to statefulset spec for fields other than" in answer["message"]


def test_old_revisions_are_forgotten_beyond_the_limit(space: Space) -> None:
    space.create("statefulsets", stateful_set(replicas=0, revisionHistoryLimit=1))
    until(lambda: done(space), "seen")
    for number in range(2, 6):
        space.patch("statefulsets", "db", image(f"v{number}"))
        until(lambda: done(space), "seen")
    until(lambda: len(space.list("controllerrevisions")) <= 3, "forgotten")
    numbers = sorted(entry["revision"] for entry in space.list("controllerrevisions"))
    assert numbers[-1] == 5
