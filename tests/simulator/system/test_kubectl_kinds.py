"""The real kubectl and the kinds beside Deployments."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import deployment, job, service, until, workload
from tests.simulator.system.kubectl import NAMESPACE, Kubectl

CLAIM = {"metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
BACKEND = {"service": {"name": "api", "port": {"number": 80}}}
PATHS = {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}
WIDGETS: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
    "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
             "versions": [{"name": "v1", "served": True, "storage": True,
                           "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
                           "subresources": {"status": {}, "scale": {
                               "specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
                           "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {
                               "type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}}}}}}]},
}  # fmt: skip


def thing(version: str, kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


def objects() -> list[dict[str, Any]]:
    gateway = "gateway.networking.k8s.io/v1"
    selector = {"matchLabels": {"app": "api"}}
    found = [
        deployment(), service(), workload("StatefulSet", "db", replicas=2, serviceName="db", volumeClaimTemplates=[CLAIM]),
        workload("DaemonSet", "agent"), job(),
        thing("batch/v1", "CronJob", "tidy", schedule="*/5 * * * *", jobTemplate={"spec": job()["spec"]}),
        thing("policy/v1", "PodDisruptionBudget", "api", minAvailable=2, selector=selector),
        thing("autoscaling/v2", "HorizontalPodAutoscaler", "api", minReplicas=3, maxReplicas=6,
              scaleTargetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}),
        thing("networking.k8s.io/v1", "Ingress", "shop", rules=[{"host": "shop.example", "http": PATHS}]),
        thing(gateway, "Gateway", "edge", gatewayClassName="simulated",
              listeners=[{"name": "http", "port": 80, "protocol": "HTTP"}]),
        thing(gateway, "HTTPRoute", "shop", parentRefs=[{"name": "edge"}], rules=[{"backendRefs": [{"name": "api", "port": 80}]}]),
        thing("coordination.k8s.io/v1", "Lease", "leader", holderIdentity="me", leaseDurationSeconds=15),
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden"}, "data": {"a": "Yg=="}},
    ]  # fmt: skip
    for entry in found:
        entry["metadata"]["namespace"] = NAMESPACE
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, *found, WIDGETS]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"]) as running:
        yield running


@pytest.fixture(scope="module")
def kubectl(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """kubectl after everything above was applied and has settled."""
    ready = Kubectl(fleet, tmp_path_factory.mktemp("kubectl"))
    ready("apply", "--server-side", "-f", "-", text=yaml.safe_dump_all(objects()))
    for name in ("deployment/api", "statefulset/db", "daemonset/agent"):
        ready("rollout", "status", name, "--timeout=20s")
    ready("wait", "--for=condition=complete", "job/migrate", "--timeout=20s")
    ready("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=20s")
    ready("wait", "--for=jsonpath={.status.loadBalancer.ingress}", "ingress/shop", "--timeout=20s")
    return ready


def test_a_second_apply_and_a_diff_find_no_difference(kubectl: Kubectl) -> None:
    def versions() -> dict[str, str]:
        kinds = "deploy,sts,ds,job,cj,pdb,hpa,ing,gtw,httproute,lease,secret"
        items = json.loads(kubectl("get", kinds, "-o", "json"))["items"]
        return {
            f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for item in items
        }

    until(
        lambda: "1" in kubectl("get", "gtw", "edge", "-o", "jsonpath={.status.listeners[0].attachedRoutes}"),
        "attached",
    )
    before, text = versions(), yaml.safe_dump_all(objects())
    kubectl("apply", "--server-side", "-f", "-", text=text)
    assert versions() == before
    assert kubectl("diff", "--server-side", "-f", "-", text=text) == ""


@pytest.mark.parametrize(
    ("kind", "columns", "row"),
    [
        ("sts", "NAME READY AGE", "db 2/2"),
        ("ds", "NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE", "agent 3 3 3 3 3 <none>"),
        ("job/migrate", "NAME STATUS COMPLETIONS DURATION AGE", "migrate Complete 1/1"),
        (
            "cj",
            "NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE",
            "tidy */5 * * * * <none> False 0 <none>",
        ),
        ("pdb", "NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE", "api 2 N/A 1"),
        (
            "hpa",
            "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE",
            "api Deployment/api cpu: <unknown>/80% 3 6 3",
        ),
        ("ing", "NAME CLASS HOSTS ADDRESS PORTS AGE", "shop <none> shop.example 127.0.0.1 80"),
        ("gtw", "NAME CLASS ADDRESS PROGRAMMED AGE", "edge simulated 127.0.0.1 True"),
        ("httproute", "NAME HOSTNAMES AGE", "shop"),
        ("lease", "NAME HOLDER AGE", "leader me"),
        ("secret/hidden", "NAME TYPE DATA AGE", "hidden Opaque 1"),
        ("crd", "NAME CREATED AT", "widgets.example.com"),
    ],
)
def test_get_prints_the_usual_columns(kubectl: Kubectl, kind: str, columns: str, row: str) -> None:
    lines = [" ".join(line.split()) for line in kubectl("get", kind).splitlines()]
    assert lines[0] == columns
    assert lines[1].startswith(row)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sts/db", ["2 Running", "SuccessfulCreate", "Volume Claims"]),
        ("ds/agent", ["Scheduled with Available Pods: 3", "SuccessfulCreate"]),
        ("job/migrate", ["1 Succeeded", "Completed"]),
        ("cj/tidy", ["*/5 * * * *", "Concurrency Policy"]),
        ("pdb/api", ["Min available:  2", "Allowed disruptions:  1"]),
        ("hpa/api", ["ScalingActive", "3 current / 3 desired"]),
        ("ing/shop", ["127.0.0.1", "api:80 (10.244."]),
        ("gtw/edge", ["Programmed", "Attached Routes:  1"]),
        ("httproute/shop", ["Accepted", "ResolvedRefs"]),
        ("crd/widgets.example.com", ["Established", "the initial names have been accepted"]),
    ],
)
def test_describe(kubectl: Kubectl, name: str, words: list[str]) -> None:
    text = kubectl("describe", name)
    assert [word for word in words if word not in text] == []


def test_custom_resources_are_applied_validated_and_listed(kubectl: Kubectl) -> None:
    one = yaml.safe_dump(thing("example.com/v1", "Widget", "one", size=3))
    assert "created" in kubectl("apply", "-f", "-", text=one)
    assert "unchanged" in kubectl("apply", "-f", "-", text=one)
    assert kubectl("get", "wd", "--no-headers").split() == ["one", "3"]
    refused = kubectl.run(
        "apply", "-f", "-", text=yaml.safe_dump(thing("example.com/v1", "Widget", "two", size=0))
    )
    assert "spec.size in body should be greater than or equal to 1" in refused.stderr
    unknown = kubectl.run(
        "apply", "-f", "-", text=yaml.safe_dump(thing("example.com/v1", "Widget", "two", bogus=0))
    )
    assert 'unknown field "spec.bogus"' in unknown.stderr


def test_custom_resources_are_scaled(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", text=yaml.safe_dump(thing("example.com/v1", "Widget", "wide", size=2)))
    assert "scaled" in kubectl("scale", "widget/wide", "--replicas=5", "--current-replicas=2")
    assert kubectl("get", "widget", "wide", "-o", "jsonpath={.spec.size}") == "5"


def test_a_name_outside_is_shown_as_the_address(kubectl: Kubectl) -> None:
    kubectl("create", "service", "externalname", "elsewhere", "--external-name=shop.example")
    assert "ExternalName <none> shop.example <none>" in " ".join(kubectl("get", "svc", "elsewhere").split())


def test_top_shows_what_pods_and_nodes_use(kubectl: Kubectl) -> None:
    assert "db-0" in kubectl("top", "pods")
    assert "a-node-1" in kubectl("top", "nodes")


def test_rights_are_asked_for_and_refused(fleet: Fleet, kubectl: Kubectl) -> None:
    rules = [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]
    token = fleet.mint_token("a", rules, user="reader")
    server = f"{fleet.clusters['a'].server}/token/{token}"
    limited = ("--server", server)
    assert kubectl("auth", "can-i", "list", "pods", *limited) == "yes\n"
    assert kubectl.run("auth", "can-i", "delete", "pods", *limited).stdout == "no\n"
    assert "reader" in kubectl("auth", "whoami", *limited)
    refused = kubectl.run("get", "secrets", *limited)
    assert refused.stderr == (
        'Error from server (Forbidden): secrets is forbidden: User "reader" cannot list resource "secrets" in API group "" '
        f'in the namespace "{NAMESPACE}"\n'
    )


@pytest.mark.parametrize(("name", "container"), [("sts/db", "db"), ("ds/agent", "agent")])
def test_a_set_is_rolled_forward_back_and_restarted(kubectl: Kubectl, name: str, container: str) -> None:
    def rolled_out() -> list[str]:
        assert "roll" in kubectl("rollout", "status", name, "--timeout=20s")
        labels = f"--selector=app={container}"
        found = json.loads(kubectl("get", "pods", labels, "-o", "json"))["items"]
        return sorted({entry["spec"]["containers"][0]["image"].rpartition(":")[2] for entry in found})

    kubectl("set", "image", name, f"{container}=registry.example/shop/{container}:v2")
    assert rolled_out() == ["v2"]
    assert [row.split()[0] for row in kubectl.rows("rollout", "history", name)[2:4]] == ["1", "2"]
    kubectl("rollout", "undo", name)
    assert rolled_out() == ["v1.0.0"]
    kubectl("rollout", "restart", name)
    rolled_out()
    assert "kubectl.kubernetes.io/restartedAt" in kubectl("get", name, "-o", "yaml")


def test_a_node_is_drained_as_budgets_allow(kubectl: Kubectl) -> None:
    text = kubectl(
        "drain", "a-node-1", "--ignore-daemonsets", "--force", "--delete-emptydir-data", "--timeout=30s"
    )
    assert "drained" in text
    pods = json.loads(kubectl("get", "pods", "-o", "json"))["items"]
    left = {pod["metadata"]["labels"].get("app") for pod in pods
            if pod["spec"].get("nodeName") == "a-node-1" and not pod["metadata"].get("deletionTimestamp")}  # fmt: skip
    assert left <= {"agent", "migrate"}
    kubectl("uncordon", "a-node-1")
    assert kubectl("get", "node", "a-node-1", "--no-headers").split()[1] == "Ready"


def test_a_namespace_goes_with_all_of_it(kubectl: Kubectl) -> None:
    kubectl("delete", "namespace", NAMESPACE, "--timeout=30s")
    assert "No resources found" in kubectl.run("get", "all,pdb,pvc,widgets").stderr
