"""What surrounds workloads: namespaces that end, nodes, metrics, events, pages of lists, the audit log."""

import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from simulator.audit import Audit
from simulator.kinds.quantities import value_of
from simulator.testing import Fleet
from tests.simulator.space import Space, condition_of, config_map, deployment, job, until, workload

METRICS = "/apis/metrics.k8s.io/v1beta1"


def namespace(fleet: Fleet, name: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    path = "/api/v1/namespaces" + ("" if method == "POST" else f"/{name}")
    return fleet.request("a", method, path, body, "application/merge-patch+json")


def test_a_namespace_ends_after_everything_in_it(space: Space) -> None:
    space.create("deployments", deployment())
    space.create("statefulsets", workload("StatefulSet", "db", replicas=2))
    space.create("jobs", job(tag="v1-neverready"))
    held = {**config_map("held"), "metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    space.create("configmaps", held)
    until(lambda: len(space.list("pods")) >= 5, "pods run")
    answer = namespace(space.fleet, space.name, "DELETE")[1]
    assert answer["status"]["phase"] == "Terminating"
    until(lambda: not space.list("pods"), "pods have ended")
    until(lambda: condition_of(namespace(space.fleet, space.name)[1], "NamespaceFinalizersRemaining")["status"] == "True",
          "it says what holds it up")  # fmt: skip
    assert "example.com/hold" in str(namespace(space.fleet, space.name)[1]["status"])
    space.patch("configmaps", "held", {"metadata": {"finalizers": None}})
    until(lambda: namespace(space.fleet, space.name)[0] == 404, "gone")


@pytest.mark.parametrize("door", ["create", "apply"])
def test_nothing_is_created_in_a_namespace_that_ends(space: Space, door: str) -> None:
    space.create(
        "configmaps", {**config_map("held"), "metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    )
    namespace(space.fleet, space.name, "DELETE")
    body = config_map("late")
    status, answer = (
        space.apply("configmaps", body) if door == "apply" else space.ask("POST", "configmaps", body=body)
    )
    assert (status, answer["reason"]) == (403, "Forbidden")
    assert answer["message"] == (f'configmaps "late" is forbidden: unable to create new content in namespace {space.name} '
                                 "because it is being terminated")  # fmt: skip
    assert answer["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    space.patch("configmaps", "held", {"metadata": {"finalizers": None}})


def test_pods_end_with_their_grace_when_their_namespace_does(space: Space) -> None:
    space.fleet.settings(termination=[0.3, 0.3])
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    namespace(space.fleet, space.name, "DELETE")
    ending = until(
        lambda: [p for p in space.list("pods") if p["metadata"].get("deletionTimestamp")], "a pod is ending"
    )
    assert ending[0]["metadata"]["deletionGracePeriodSeconds"] == 30
    space.fleet.settings(termination=[0.05, 0.3])


def test_nodes_tell_about_themselves(fleet: Fleet) -> None:
    node = fleet.request("a", "GET", "/api/v1/nodes/a-node-1")[1]
    assert {c["type"]: c["status"] for c in node["status"]["conditions"]} == {
        "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True"}  # fmt: skip
    assert value_of(node["status"]["allocatable"]["cpu"]) > 0
    assert node["status"]["nodeInfo"]["kubeletVersion"].startswith("v1.")


def test_pods_and_nodes_use_plausible_amounts(space: Space) -> None:
    body = deployment(replicas=2)
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "requests": {"cpu": "2000m", "memory": "1024Mi"}
    }
    space.create("deployments", body)
    until(space.rolled_out, "rolled out")
    listed = space.fleet.request("a", "GET", f"{METRICS}/namespaces/{space.name}/pods?labelSelector=app=api")[
        1
    ]
    assert (listed["kind"], len(listed["items"])) == ("PodMetricsList", 2)
    usage = listed["items"][0]["containers"][0]["usage"]
    assert 0 < value_of(usage["cpu"]) < 2
    assert 0 < value_of(usage["memory"]) < 2**30
    nodes = space.fleet.request("a", "GET", f"{METRICS}/nodes")[1]["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["a-node-1", "a-node-2", "a-node-3"]
    assert all(value_of(node["usage"]["cpu"]) > 0 for node in nodes)


def test_what_does_not_run_has_no_metrics(space: Space) -> None:
    space.create("deployments", deployment(tag="v1-missing", replicas=1))
    name = until(lambda: space.list("pods"), "a pod")[0]["metadata"]["name"]
    assert space.fleet.request("a", "GET", f"{METRICS}/namespaces/{space.name}/pods/{name}")[0] == 404
    assert space.fleet.request("a", "DELETE", f"{METRICS}/nodes/a-node-1")[0] == 405


def test_events_are_found_by_what_they_are_about(space: Space) -> None:
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    found = space.list("events", "fieldSelector=involvedObject.kind=Deployment,involvedObject.name=api")
    assert {event["reason"] for event in found} == {"ScalingReplicaSet"}
    event = found[0]
    assert event["source"]["component"] == "deployment-controller"
    assert event["involvedObject"]["uid"] == space.get("deployments", "api")["metadata"]["uid"]
    assert (event["count"], event["type"]) == (1, "Normal")
    assert event["firstTimestamp"] <= event["lastTimestamp"]


def test_a_watch_of_events_sees_only_those_it_asked_for(space: Space) -> None:
    access = space.fleet.clusters["a"]
    query = "watch=true&timeoutSeconds=2&fieldSelector=involvedObject.kind%3DPod,reason%3DStarted"
    request = urllib.request.Request(access.server + space.path("events") + f"?{query}",
                                     headers={"Authorization": f"Bearer {access.token}"})  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as stream:
        space.create("deployments", deployment(replicas=2))
        seen = [json.loads(line)["object"] for line in stream]
    assert [(event["reason"], event["involvedObject"]["kind"]) for event in seen] == [("Started", "Pod")] * 2


@pytest.mark.parametrize(
    "plural", ["secrets", "statefulsets", "jobs", "events", "poddisruptionbudgets", "leases"]
)
def test_every_list_takes_selectors_limits_and_version_zero(space: Space, plural: str) -> None:
    for query in ("limit=1", "resourceVersion=0", "fieldSelector=metadata.name%3Dx", "labelSelector=a%3Db"):
        status, answer = space.ask("GET", plural, query=query)
        assert (status, answer["metadata"]["resourceVersion"].isdigit()) == (200, True)


def test_a_page_after_a_compaction_is_410(space: Space) -> None:
    for name in "abc":
        space.create("secrets", {"metadata": {"name": name}, "stringData": {"k": "v"}})
    page = space.ask("GET", "secrets", query="limit=2")[1]
    assert [item["metadata"]["name"] for item in page["items"]] == ["a", "b"]
    token = quote(page["metadata"]["continue"])
    rest = space.ask("GET", "secrets", query=f"limit=2&continue={token}")[1]
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c"]
    space.create("secrets", {"metadata": {"name": "d"}})
    space.fleet.fault("compact", cluster="a")
    status, answer = space.ask("GET", "secrets", query=f"limit=2&continue={token}")
    assert (status, answer["reason"]) == (410, "Expired")


def test_discovery_in_one_answer_lists_what_discovery_in_many_does(fleet: Fleet) -> None:
    access = fleet.clusters["a"]
    wanted = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    headers = {"Authorization": f"Bearer {access.token}", "Accept": wanted}
    with urllib.request.urlopen(
        urllib.request.Request(access.server + "/apis", headers=headers), timeout=5
    ) as answer:
        assert answer.headers["Content-Type"] == wanted.partition(",")[0]
        groups = json.loads(answer.read())["items"]
    assert {g["metadata"]["name"] for g in groups} == {
        g["name"] for g in fleet.request("a", "GET", "/apis")[1]["groups"]
    }
    apps = next(group for group in groups if group["metadata"]["name"] == "apps")["versions"][0]
    found = next(entry for entry in apps["resources"] if entry["resource"] == "statefulsets")
    assert (found["scope"], found["shortNames"], found["responseKind"]["kind"]) == (
        "Namespaced",
        ["sts"],
        "StatefulSet",
    )
    assert [sub["subresource"] for sub in found["subresources"]] == ["scale", "status"]


def test_the_audit_log_keeps_the_last_writes_and_counts_the_others(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl", writes_kept=3)
    for number in range(5):
        audit.add({"type": "request", "verb": "patch", "n": number})
        audit.add({"type": "request", "verb": "get", "n": number})
    audit.close()
    answer = audit.since(0, 100)
    assert [e["n"] for e in answer["entries"] if e["verb"] == "patch"] == [2, 3, 4]
    assert [e["seq"] for e in answer["entries"]] == sorted(e["seq"] for e in answer["entries"])
    assert answer["dropped"] == 2
    assert [e["seq"] for e in audit.since(8, 100)["entries"]] == [9, 10]
    assert len((tmp_path / "audit.jsonl").read_text().splitlines()) == 10
