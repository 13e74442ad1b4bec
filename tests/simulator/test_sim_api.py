"""REST semantics over real HTTP."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from simulator.testing import Fleet
from tests.simulator.space import Space, config_map, deployment, service, until


def status_without_token(fleet: Fleet, path: str, token: str = "") -> int:
    request = urllib.request.Request(fleet.clusters["a"].server + path)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/healthz", "/version"])
def test_health_and_version_need_no_token(fleet: Fleet, path: str) -> None:
    assert status_without_token(fleet, path) == 200


@pytest.mark.parametrize(("token", "status"), [("", 403), ("wrong", 401)])
def test_everything_else_wants_the_right_token(fleet: Fleet, token: str, status: int) -> None:
    assert status_without_token(fleet, "/api/v1/namespaces", token) == status


def test_discovery_names_every_kind_with_its_verbs(fleet: Fleet) -> None:
    groups = fleet.request("a", "GET", "/apis")[1]["groups"]
    assert {group["name"] for group in groups} >= {"apps", "batch", "policy", "gateway.networking.k8s.io"}
    resources = fleet.request("a", "GET", "/apis/apps/v1")[1]["resources"]
    assert {r["name"] for r in resources} >= {
        "deployments",
        "deployments/scale",
        "deployments/status",
        "replicasets",
    }


@pytest.mark.parametrize(
    "path", ["/apis/nonsense/v1", "/api/v1/nonsense", "/apis/apps/v1/namespaces/x/nonsense"]
)
def test_an_unknown_path_is_404(fleet: Fleet, path: str) -> None:
    assert fleet.request("a", "GET", path)[0] == 404


def test_a_created_object_gets_its_identity(space: Space) -> None:
    meta = space.create("configmaps", config_map(a="1"))["metadata"]
    assert meta["uid"]
    assert meta["resourceVersion"]
    assert meta["creationTimestamp"]
    assert "generation" not in meta


def test_a_second_object_of_a_name_is_409(space: Space) -> None:
    space.create("configmaps", config_map())
    status, answer = space.ask("POST", "configmaps", body=config_map())
    assert (status, answer["reason"]) == (409, "AlreadyExists")
    assert answer["message"] == 'configmaps "settings" already exists'


def test_an_object_in_a_missing_namespace_is_404(fleet: Fleet) -> None:
    status, answer = fleet.request("a", "POST", "/api/v1/namespaces/nowhere/configmaps", config_map())
    assert (status, answer["message"]) == (404, 'namespaces "nowhere" not found')


def test_a_missing_object_is_404_in_the_servers_words(space: Space) -> None:
    status, answer = space.ask("GET", "deployments", "api")
    assert (status, answer["message"]) == (404, 'deployments.apps "api" not found')
    assert answer["details"] == {"name": "api", "group": "apps", "kind": "deployments"}


def test_an_invalid_object_is_422_with_its_causes(space: Space) -> None:
    body = deployment()
    body["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    del body["spec"]["template"]["spec"]["containers"][0]["image"]
    status, answer = space.ask("POST", "deployments", body=body)
    fields = {cause["field"] for cause in answer["details"]["causes"]}
    assert (status, answer["reason"]) == (422, "Invalid")
    assert fields == {"spec.template.metadata.labels", "spec.template.spec.containers[0].image"}


def test_a_selector_never_changes(space: Space) -> None:
    space.create("deployments", deployment())
    change = {
        "spec": {"selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {"labels": {"x": "y"}}}}
    }
    status, answer = space.patch("deployments", "api", change)
    assert (status, "field is immutable" in answer["message"]) == (422, True)


@pytest.mark.parametrize("body", [b"{not json", b"[]", b'{"metadata": 1}', b'{"kind": "Secret"}'])
def test_a_body_that_makes_no_sense_is_400(space: Space, body: bytes) -> None:
    assert space.ask("POST", "configmaps", body=body)[0] == 400


@pytest.mark.parametrize("spec", [{"template": 1}, {"replicas": "many"}, {"selector": {"matchLabels": [1]}}])
def test_a_field_of_the_wrong_type_is_refused_not_a_crash(space: Space, spec: dict) -> None:
    assert space.ask("POST", "deployments", body=deployment(**spec))[0] in (400, 422)


def test_a_put_with_an_old_version_is_409(space: Space) -> None:
    old = space.create("configmaps", config_map(a="1"))
    space.patch("configmaps", "settings", {"data": {"a": "2"}})
    status, answer = space.ask("PUT", "configmaps", "settings", {**old, "data": {"a": "3"}})
    assert (status, answer["reason"]) == (409, "Conflict")
    assert "the object has been modified" in answer["message"]


@pytest.mark.parametrize("kind", ["merge", "strategic"])
def test_a_patch_with_an_old_version_is_409(space: Space, kind: str) -> None:
    old = space.create("configmaps", config_map(a="1"))["metadata"]["resourceVersion"]
    assert space.patch("configmaps", "settings", {"data": {"a": "2"}}, kind)[0] == 200
    patch = {"metadata": {"resourceVersion": old}, "data": {"a": "3"}}
    assert space.patch("configmaps", "settings", patch, kind)[0] == 409


def test_a_write_that_changes_nothing_keeps_the_version(space: Space) -> None:
    before = space.create("configmaps", config_map(a="1"))
    after = space.patch("configmaps", "settings", {"data": {"a": "1"}})[1]
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_a_dry_run_answers_as_if_and_stores_nothing(space: Space) -> None:
    status, answer = space.ask("POST", "configmaps", body=config_map(a="1"), query="dryRun=All")
    assert (status, bool(answer["metadata"]["uid"])) == (201, True)
    assert space.ask("GET", "configmaps", "settings")[0] == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=tier%3Dweb", ["one"]),
        ("labelSelector=tier%21%3Dweb", ["three", "two"]),
        ("labelSelector=tier+in+(web,db)", ["one", "two"]),
        ("labelSelector=tier+notin+(web)", ["three", "two"]),
        ("labelSelector=tier", ["one", "two"]),
        ("labelSelector=%21tier", ["three"]),
        ("labelSelector=tier,zone%3Da", ["one"]),
        ("fieldSelector=metadata.name%3Dtwo", ["two"]),
        ("fieldSelector=metadata.name%21%3Dtwo", ["one", "three"]),
    ],
)
def test_selectors(space: Space, query: str, names: list[str]) -> None:
    until(lambda: space.ask("GET", "configmaps", "kube-root-ca.crt")[0] == 200, "the namespace is furnished")
    space.ask("DELETE", "configmaps", "kube-root-ca.crt")
    for name, labels in {"one": {"tier": "web", "zone": "a"}, "two": {"tier": "db"}, "three": {}}.items():
        space.create("configmaps", {"metadata": {"name": name, "labels": labels}})
    found = [item["metadata"]["name"] for item in space.list("configmaps", query)]
    assert [name for name in found if name != "kube-root-ca.crt"] == names


@pytest.mark.parametrize("query", ["fieldSelector=spec.nonsense%3D1", "labelSelector=a+%3D%3D%3D+b"])
def test_a_selector_that_is_none_is_400(space: Space, query: str) -> None:
    assert space.ask("GET", "pods", query=query)[0] == 400


def test_pages_follow_each_other_until_all_is_listed(space: Space) -> None:
    for number in range(5):
        space.create("secrets", {"metadata": {"name": f"s{number}"}})
    names, query = [], "limit=2"
    while query:
        page = space.ask("GET", "secrets", query=query)[1]
        names += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue")
        query = f"limit=2&continue={token}" if token else ""
    assert names == [f"s{number}" for number in range(5)]


def test_deleting_a_namespace_deletes_what_is_in_it(fleet: Fleet) -> None:
    space = Space(fleet, "short-lived")
    fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "short-lived"}})
    space.create("deployments", deployment())
    until(space.rolled_out, "rolled out")
    _, answer = fleet.request("a", "DELETE", "/api/v1/namespaces/short-lived")
    assert answer["status"]["phase"] == "Terminating"
    assert space.ask("POST", "configmaps", body=config_map())[0] == 403
    until(lambda: fleet.request("a", "GET", "/api/v1/namespaces/short-lived")[0] == 404, "namespace gone")
    pods = fleet.request("a", "GET", "/api/v1/pods")[1]["items"]
    assert not [pod for pod in pods if pod["metadata"]["namespace"] == "short-lived"]


@pytest.mark.parametrize(("policy", "left"), [("Background", 0), ("Foreground", 0), ("Orphan", 2)])
def test_propagation_decides_what_happens_to_dependents(space: Space, policy: str, left: int) -> None:
    space.create("deployments", deployment(replicas=2))
    until(space.rolled_out, "rolled out")
    space.ask("DELETE", "deployments", "api", {"propagationPolicy": policy})
    until(lambda: space.ask("GET", "deployments", "api")[0] == 404, "deployment gone")
    until(lambda: len(space.list("pods")) == left, f"{left} pods left")
    assert len(space.list("replicasets")) == (1 if left else 0)


def test_an_orphaned_replica_set_is_adopted_by_the_next_deployment(space: Space) -> None:
    space.create("deployments", deployment(replicas=2))
    until(space.rolled_out, "rolled out")
    pods = {pod["metadata"]["uid"] for pod in space.list("pods")}
    space.ask("DELETE", "deployments", "api", {"propagationPolicy": "Orphan"})
    until(lambda: space.ask("GET", "deployments", "api")[0] == 404, "deployment gone")
    space.create("deployments", deployment(replicas=2))
    until(space.rolled_out, "rolled out again")
    assert {pod["metadata"]["uid"] for pod in space.list("pods")} == pods


def test_a_finalizer_keeps_an_object_until_it_is_taken_away(space: Space) -> None:
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/wait"]
    space.create("configmaps", body)
    assert space.ask("DELETE", "configmaps", "settings")[1]["metadata"]["deletionTimestamp"]
    assert space.ask("GET", "configmaps", "settings")[0] == 200
    space.patch("configmaps", "settings", {"metadata": {"finalizers": None}})
    assert space.ask("GET", "configmaps", "settings")[0] == 404


def test_a_delete_with_another_uid_is_409(space: Space) -> None:
    space.create("configmaps", config_map())
    assert space.ask("DELETE", "configmaps", "settings", {"preconditions": {"uid": "other"}})[0] == 409


def test_a_collection_is_deleted_by_selector(space: Space) -> None:
    for name in ("one", "two"):
        space.create("secrets", {"metadata": {"name": name, "labels": {"which": name}}})
    space.ask("DELETE", "secrets", query="labelSelector=which%3Done")
    assert [item["metadata"]["name"] for item in space.list("secrets")] == ["two"]


def test_a_table_has_the_columns_of_kubectl(space: Space) -> None:
    space.create("deployments", deployment())
    until(space.rolled_out, "rolled out")
    access = space.fleet.clusters["a"]
    request = urllib.request.Request(
        access.server + space.path("pods"),
        headers={
            "Authorization": f"Bearer {access.token}",
            "Accept": "application/json;as=Table;v=v1;g=meta.k8s.io",
        },
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        table = json.load(answer)
    assert [column["name"] for column in table["columnDefinitions"]][:5] == [
        "Name", "Ready", "Status", "Restarts", "Age",
    ]  # fmt: skip
    assert {tuple(row["cells"][1:4]) for row in table["rows"]} == {("1/1", "Running", "0")}


def test_a_node_port_is_unique_in_the_fleet(space: Space) -> None:
    first = space.create("services", service("api"))["spec"]["ports"][0]["nodePort"]
    taken = service("frontend")
    taken["spec"]["ports"][0]["nodePort"] = first
    status, answer = space.ask("POST", "services", body=taken)
    assert (status, "provided port is already allocated" in answer["message"]) == (422, True)


def test_items_of_a_list_carry_neither_kind_nor_api_version(space: Space) -> None:
    space.create("configmaps", config_map(a="1"))
    answer = space.ask("GET", "configmaps")[1]
    assert (answer["kind"], answer["apiVersion"]) == ("ConfigMapList", "v1")
    assert not any("kind" in item or "apiVersion" in item for item in answer["items"])
    assert space.get("configmaps", "settings")["kind"] == "ConfigMap"


def test_a_head_request_is_answered_without_a_body(fleet: Fleet) -> None:
    assert fleet.request("a", "HEAD", "/readyz") == (200, "")
    assert fleet.request("a", "GET", "/readyz") == (200, "ok")


@pytest.mark.parametrize(
    "noise", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"POST /api HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_not_http_is_answered_with_400_and_harms_nobody(fleet: Fleet, noise: bytes) -> None:
    port = int(fleet.clusters["a"].server.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(noise)
        assert line.recv(200).startswith(b"HTTP/1.1 400")
    assert fleet.request("a", "GET", "/readyz")[0] == 200
