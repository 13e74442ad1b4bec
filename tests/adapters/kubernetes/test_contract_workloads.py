"""What controllers make of workloads, on a simulated cluster and on a real one whose kubelets are played."""

from collections.abc import Callable
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import STRATEGIC, path, service, workload
from tests.adapters.kubernetes.test_contract_lifecycle import is_settled, running
from tests.adapters.kubernetes.test_contract_reads import TABLE
from tests.adapters.kubernetes.watched import eventually

MANY_S = 40.0
NOTE = "deployment.kubernetes.io/"
AVAILABLE = ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
UNAVAILABLE = ("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")  # fmt: skip
PROBE: Manifest = {"tcpSocket": {"port": 8080}}
ONCE: Manifest = {"restartPolicy": "Never", "containers": [{"name": "api", "image": "shop/api:v1"}]}


def set_image(api: Api, where: str, image: str, **more: Any) -> None:
    spec = {"template": {"spec": {"containers": [{"name": "api", "image": image, **more}]}}}
    api.ask("PATCH", where, {"spec": spec}, STRATEGIC)


def settle(api: Api, where: str) -> Manifest:
    eventually(lambda: is_settled(api.get(where)), MANY_S)
    return api.get(where)


def told(deployment: Manifest) -> set[tuple[str, ...]]:
    """Its conditions; the name of a ReplicaSet in a message becomes RS."""
    found = deployment["status"].get("conditions", ())
    return {(one["type"], one["status"], one["reason"], unnamed(one["message"])) for one in found}


def unnamed(message: str) -> str:
    before, quote, rest = message.partition('"')
    return f"{before}RS{rest.partition(quote)[2]}" if quote else message


def sets(api: Api, space: str) -> dict[str, Manifest]:
    """The ReplicaSets by the tag of their image."""
    found = api.get(path(space, "replicasets"))["items"]
    return {
        item["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: item for item in found
    }


def notes(api: Api, space: str) -> dict[str, dict[str, str]]:
    found = {tag: item["metadata"]["annotations"] for tag, item in sets(api, space).items()}
    return {
        tag: {key.removeprefix(NOTE): value for key, value in all_.items()} for tag, all_ in found.items()
    }


def test_a_rollout_leaves_revisions(api: Api, space: str) -> None:
    where = running(api, space, replicas=3)
    for image in ("shop/api:v2", "shop/api:v1"):
        set_image(api, where, image)
        settle(api, where)
    found = settle(api, where)
    assert found["metadata"]["annotations"] == {f"{NOTE}revision": "3"}
    assert told(found) == {
        AVAILABLE,
        ("Progressing", "True", "NewReplicaSetAvailable", "ReplicaSet RS has successfully progressed."),
    }
    sized = {"desired-replicas": "3", "max-replicas": "4"}
    assert notes(api, space) == {
        "v1": {**sized, "revision": "3", "revision-history": "1"},
        "v2": {**sized, "revision": "2"},
    }
    assert {tag: item["spec"]["replicas"] for tag, item in sets(api, space).items()} == {"v1": 3, "v2": 0}
    counts = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    assert [found["status"][key] for key in counts] == [3, 3, 3, 3, 3]
    assert "unavailableReplicas" not in found["status"]
    assert found["status"]["terminatingReplicas"] == 0


def test_a_rollout_that_gets_nowhere_runs_into_its_deadline(api: Api, space: str) -> None:
    where = running(api, space, replicas=3, progressDeadlineSeconds=2)
    set_image(api, where, "shop/api:v2-missing")
    late = ("Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet RS has timed out progressing.")
    eventually(lambda: late in told(api.get(where)), MANY_S)
    found = api.get(where)
    assert told(found) == {AVAILABLE, late}
    assert [found["status"][key] for key in ("replicas", "updatedReplicas", "unavailableReplicas")] == [
        4,
        1,
        1,
    ]


def test_recreate_lets_the_old_go_first(api: Api, space: str) -> None:
    where = running(api, space, replicas=2, strategy={"type": "Recreate"})
    set_image(api, where, "shop/api:v2-neverready", readinessProbe=PROBE)
    eventually(lambda: has_begun(api.get(where)), MANY_S)
    assert api.get(where)["status"]["replicas"] == 2
    images = {
        pod["spec"]["containers"][0]["image"]
        for pod in api.get(path(space, "pods"))["items"]
        if not pod["metadata"].get("deletionTimestamp")
    }
    assert images == {"shop/api:v2-neverready"}


def has_begun(deployment: Manifest) -> bool:
    """Whether both pods are new and neither is available."""
    return deployment["status"].get("updatedReplicas") == 2 and UNAVAILABLE in told(deployment)


def test_a_paused_deployment_stays_as_it_is(api: Api, space: str) -> None:
    where = running(api, space, replicas=2)
    api.merge(where, {"spec": {"paused": True}})
    paused = ("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    eventually(lambda: told(api.get(where)) == {AVAILABLE, paused})
    set_image(api, where, "shop/api:v2")
    eventually(
        lambda: (
            api.get(where)["status"]["observedGeneration"] == api.get(where)["metadata"]["generation"]
            and not api.get(where)["status"].get("updatedReplicas")
        )
    )
    assert set(sets(api, space)) == {"v1"}
    api.merge(where, {"spec": {"paused": False}})
    settle(api, where)
    assert {tag: item["spec"]["replicas"] for tag, item in sets(api, space).items()} == {"v1": 0, "v2": 2}


def test_old_revisions_beyond_the_limit_go(api: Api, space: str) -> None:
    where = running(api, space, revisionHistoryLimit=1)
    for image in ("shop/api:v2", "shop/api:v3"):
        set_image(api, where, image)
        settle(api, where)
    eventually(lambda: set(sets(api, space)) == {"v2", "v3"})


def test_ready_is_not_yet_available(api: Api, space: str) -> None:
    where = path(space, "deployments", "api")
    api.post(path(space, "deployments"), workload(minReadySeconds=3))
    eventually(lambda: api.get(where).get("status", {}).get("readyReplicas") == 1, MANY_S)
    found = api.get(where)
    assert (found["status"].get("availableReplicas"), found["status"]["unavailableReplicas"]) == (None, 1)
    assert UNAVAILABLE in told(found)
    eventually(lambda: AVAILABLE in told(api.get(where)), MANY_S)


def test_a_stateful_set_names_and_numbers_its_pods(api: Api, space: str) -> None:
    where = path(space, "statefulsets", "api")
    api.post(path(space, "statefulsets"), workload("StatefulSet", serviceName="api", replicas=2))
    eventually(lambda: api.get(where).get("status", {}).get("availableReplicas") == 2, MANY_S)
    status = api.get(where)["status"]
    revision = status["updateRevision"]
    assert status == {
        "observedGeneration": 1,
        **dict.fromkeys(
            ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"), 2
        ),
        "currentRevision": revision,
        "updateRevision": revision,
        "collisionCount": 0,
    }
    pods = {pod["metadata"]["name"]: pod for pod in api.get(path(space, "pods"))["items"]}
    assert set(pods) == {"api-0", "api-1"}
    assert pods["api-1"]["metadata"]["generateName"] == "api-"
    assert pods["api-1"]["metadata"]["labels"] == {
        "app": "api",
        "apps.kubernetes.io/pod-index": "1",
        "controller-revision-hash": revision,
        "statefulset.kubernetes.io/pod-name": "api-1",
    }
    assert (pods["api-1"]["spec"]["hostname"], pods["api-1"]["spec"]["subdomain"]) == ("api-1", "api")
    (kept,) = api.get(path(space, "controllerrevisions"))["items"]
    assert (kept["metadata"]["name"], kept["revision"]) == (revision, 1)
    assert kept["metadata"]["labels"] == {
        "app": "api",
        "controller.kubernetes.io/hash": revision.removeprefix("api-"),
    }


def test_a_daemon_set_has_a_pod_on_every_node(api: Api, space: str) -> None:
    where = path(space, "daemonsets", "api")
    nodes = {node["metadata"]["name"] for node in api.get("/api/v1/nodes")["items"]}
    api.post(path(space, "daemonsets"), workload("DaemonSet"))
    eventually(lambda: api.get(where).get("status", {}).get("numberAvailable") == len(nodes), MANY_S)
    same = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady", "numberAvailable", "updatedNumberScheduled")  # fmt: skip
    expected = {**dict.fromkeys(same, len(nodes)), "numberMisscheduled": 0, "observedGeneration": 1}
    assert api.get(where)["status"] == expected
    pods = api.get(path(space, "pods"))["items"]
    assert {pod["spec"]["nodeName"] for pod in pods} == nodes
    assert {pod["metadata"]["labels"]["pod-template-generation"] for pod in pods} == {"1"}
    effects = {one["key"] for one in pods[0]["spec"]["tolerations"]}
    assert {"node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable"} <= effects


def test_a_job_runs_to_its_end(api: Api, space: str) -> None:
    where = path(space, "jobs", "once")
    made = api.post(
        path(space, "jobs"),
        {"metadata": {"name": "once"}, "spec": {"completions": 2, "template": {"spec": ONCE}}},
    )
    uid = made["metadata"]["uid"]
    labels = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": "once", "controller-uid": uid,
              "job-name": "once"}  # fmt: skip
    assert made["spec"]["template"]["metadata"]["labels"] == labels
    assert made["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    eventually(lambda: api.get(where).get("status", {}).get("completionTime"), MANY_S)
    status = api.get(where)["status"]
    ends = [(one["type"], one["status"], one["reason"], one["message"]) for one in status["conditions"]]
    words = ("True", "CompletionsReached", "Reached expected number of succeeded pods")
    assert ends == [("SuccessCriteriaMet", *words), ("Complete", *words)]
    assert (status["succeeded"], status["uncountedTerminatedPods"], status["ready"]) == (2, {}, 0)


def test_a_suspended_job_waits(api: Api, space: str) -> None:
    where = path(space, "jobs", "once")
    spec = {"suspend": True, "template": {"spec": ONCE}}
    api.post(path(space, "jobs"), {"metadata": {"name": "once"}, "spec": spec})
    eventually(lambda: api.get(where).get("status", {}).get("conditions"))
    (condition,) = api.get(where)["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "Suspended",
        "True",
        "JobSuspended",
    )
    assert api.get(path(space, "pods"))["items"] == []


def test_the_slice_of_a_service_names_the_pods_that_are_ready(api: Api, space: str) -> None:
    port = {"name": "http", "port": 80, "targetPort": 8080}
    api.post(path(space, "services"), service(ports=[port]))
    running(api, space, replicas=2)
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices"

    def ready() -> list[Any]:
        found = [one for item in api.get(slices)["items"] for one in item["endpoints"] or ()]
        return [
            one
            for one in found
            if one["conditions"] == {"ready": True, "serving": True, "terminating": False}
        ]

    eventually(lambda: len(ready()) == 2, MANY_S)
    (found,) = api.get(slices)["items"]
    assert (found["addressType"], found["ports"]) == (
        "IPv4",
        [{"name": "http", "protocol": "TCP", "port": 8080}],
    )
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "api"
    assert {one["targetRef"]["kind"] for one in ready()} == {"Pod"}
    assert found["metadata"]["generation"] >= 1


# What `kubectl get` prints of a Deployment of two and what belongs to it; `*` is anything.
CELLS: dict[str, Callable[[list[Any]], Any]] = {
    "deployments": lambda row: row[:4] + row[5:] == ["api", "2/2", 2, 2, "api", "shop/api:v1", "app=api"],
    "replicasets": lambda row: row[1:4] + row[5:7] == [2, 2, 2, "api", "shop/api:v1"],
    "pods": lambda row: row[1:4] + row[7:] == ["1/1", "Running", "0", "<none>", "<none>"],
}


@pytest.mark.parametrize("plural", CELLS)
def test_what_is_printed_of_a_deployment(plural: str, api: Api, space: str) -> None:
    running(api, space, replicas=2)
    table = api.answer("GET", path(space, plural), accept=TABLE).body
    assert table["rows"]
    for row in table["rows"]:
        assert CELLS[plural](row["cells"]), row["cells"]
        assert row["object"]["kind"] == "PartialObjectMetadata"
