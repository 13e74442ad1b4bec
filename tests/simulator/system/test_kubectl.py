"""The real kubectl against the simulator: apply, describe, errors, the end of things."""

import json

import pytest
import yaml

from tests.kubectl import OLDEST
from tests.simulator.space import config_map, deployment, service, until
from tests.simulator.system.kubectl import Kubectl


def manifests(tag: str = "v1.0.0") -> str:
    return yaml.safe_dump_all([deployment(tag=tag), service()])


def test_it_is_of_a_supported_version(kubectl: Kubectl) -> None:
    assert kubectl.version() >= OLDEST


def test_apply_on_the_clients_side_creates_configures_and_leaves_unchanged(shop: Kubectl) -> None:
    assert "deployment.apps/api unchanged" in shop("apply", "-f", "-", text=manifests())
    assert "deployment.apps/api configured" in shop("apply", "-f", "-", text=manifests("v1.1.0"))
    assert shop.image().endswith(":v1.1.0")


def test_apply_on_the_servers_side_takes_over_and_conflicts(shop: Kubectl) -> None:
    assert "serverside-applied" in shop("apply", "--server-side", "-f", "-", text=manifests())
    shop("set", "image", "deployment/api", "api=registry.example/shop/api:v2")
    refused = shop.run("apply", "--server-side", "-f", "-", text=manifests("v3"))
    assert refused.returncode != 0
    assert 'conflict with "kubectl' in refused.stderr
    shop("apply", "--server-side", "--force-conflicts", "-f", "-", text=manifests("v3"))
    assert shop.image().endswith(":v3")


def test_apply_prunes_a_field_that_is_applied_no_longer(kubectl: Kubectl) -> None:
    for side in ((), ("--server-side", "--force-conflicts")):
        name = "there" if side else "here"
        kubectl("apply", *side, "-f", "-", text=yaml.safe_dump(config_map(name, a="1", b="2")))
        kubectl("apply", *side, "-f", "-", text=yaml.safe_dump(config_map(name, a="1")))
        assert json.loads(kubectl("get", "cm", name, "-o", "json"))["data"] == {"a": "1"}


def test_get_all_names_the_kinds(shop: Kubectl) -> None:
    names = {line.split("/")[0] for line in shop("get", "all", "-o", "name").splitlines()}
    assert names == {"pod", "service", "deployment.apps", "replicaset.apps"}
    assert "api-" in shop("get", "pods", "-A", "-o", "name")


def test_labels_and_annotations(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "settings", "--from-literal=a=1")
    kubectl("label", "configmap", "settings", "tier=web")
    kubectl("annotate", "configmap", "settings", "note=hello")
    assert (
        kubectl("get", "configmaps", "-l", "tier=web", "-o", "jsonpath={.items[*].metadata.annotations.note}")
        == "hello"
    )


def test_a_rollout_that_cannot_succeed_fails_in_rollout_status(shop: Kubectl) -> None:
    shop("patch", "deployment", "api", "-p", '{"spec": {"progressDeadlineSeconds": 1}}')
    shop("set", "image", "deployment/api", "api=registry.example/shop/api:v2-missing")
    answer = shop.run("rollout", "status", "deployment/api", "--timeout=20s")
    assert answer.returncode != 0
    assert "exceeded its progress deadline" in answer.stderr
    until(lambda: "ImagePullBackOff" in shop("get", "pods"), "back-off")


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            "deployment/api",
            ["RollingUpdate", "NewReplicaSetAvailable", "ScalingReplicaSet", "NewReplicaSet:"],
        ),
        ("service/api", ["LoadBalancer", "127.0.0.1", "Endpoints:"]),
        ("node/a-node-1", ["KubeletReady", "Capacity:", "Simulated Linux", "api-"]),
        ("namespace/default", ["Active"]),
        (
            "pods",
            [
                "Running",
                "ReplicaSet/api-",
                "registry.example/shop/api:v1.0.0",
            ],
        ),
    ],
)
def test_describe(shop: Kubectl, thing: str, words: list[str]) -> None:
    shop("scale", "deployment/api", "--replicas=6")  # so that every node has a pod
    shop("rollout", "status", "deployment/api", "--timeout=20s")
    text = shop("describe", thing)
    assert [word for word in words if word not in text] == []


def test_delete_waits_until_everything_is_gone(shop: Kubectl) -> None:
    shop("delete", "deployment", "api", "--timeout=20s")
    until(lambda: "No resources found" in shop.run("get", "pods").stderr, "pods collected")
    shop("delete", "namespace", shop.namespace, "--timeout=20s")
    assert shop.run("get", "namespace", shop.namespace).returncode != 0


def test_errors_read_like_those_of_a_real_server(kubectl: Kubectl) -> None:
    assert kubectl.run("get", "deployment", "nope").stderr == (
        'Error from server (NotFound): deployments.apps "nope" not found\n'
    )
    unknown = kubectl.run("apply", "-f", "-", text="apiVersion: v1\nkind: Nonsense\nmetadata: {name: x}\n")
    assert unknown.returncode == 1
    assert 'no matches for kind "Nonsense" in version "v1"' in unknown.stderr
