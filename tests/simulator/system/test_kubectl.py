"""The real kubectl against the simulator."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from simulator.testing import Fleet, start_fleet
from tests.kubectl import OLDEST
from tests.simulator.space import deployment, service, until
from tests.simulator.system.kubectl import NAMESPACE, Kubectl


def manifests(tag: str = "v1.0.0") -> str:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    objects = [namespace, deployment(tag=tag), service()]
    for entry in objects[1:]:
        entry["metadata"]["namespace"] = NAMESPACE
    return yaml.safe_dump_all(objects)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"]) as running:
        yield running


@pytest.fixture
def kubectl(fleet: Fleet, tmp_path: Path) -> Kubectl:
    ready = Kubectl(fleet, tmp_path / "cache")
    ready("apply", "-f", "-", text=manifests())
    ready("rollout", "status", "deployment/api", "--timeout=20s")
    return ready


def test_it_is_of_a_supported_version(kubectl: Kubectl) -> None:
    assert kubectl.version() >= OLDEST


def test_apply_on_the_clients_side_creates_configures_and_leaves_unchanged(kubectl: Kubectl) -> None:
    assert "deployment.apps/api unchanged" in kubectl("apply", "-f", "-", text=manifests())
    assert "deployment.apps/api configured" in kubectl("apply", "-f", "-", text=manifests("v1.1.0"))
    assert kubectl.image().endswith(":v1.1.0")


def test_apply_on_the_servers_side_takes_over_and_conflicts(kubectl: Kubectl) -> None:
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", text=manifests())
    kubectl("set", "image", "deployment/api", "api=registry.example/shop/api:v2")
    refused = kubectl.run("apply", "--server-side", "-f", "-", text=manifests("v3"))
    assert refused.returncode != 0
    assert 'conflict with "kubectl' in refused.stderr
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=manifests("v3"))
    assert kubectl.image().endswith(":v3")


def test_get_prints_the_usual_columns(kubectl: Kubectl) -> None:
    assert kubectl("get", "deployments").splitlines()[0].split() == [
        "NAME",
        "READY",
        "UP-TO-DATE",
        "AVAILABLE",
        "AGE",
    ]
    rows = kubectl("get", "pods", "--no-headers").splitlines()
    assert [row.split()[1:4] for row in rows] == [["1/1", "Running", "0"]] * 3
    assert "NODE" in kubectl("get", "pods", "-o", "wide").splitlines()[0]
    assert NAMESPACE in kubectl("get", "pods", "-A")
    assert json.loads(kubectl("get", "deployment", "api", "-o", "json"))["kind"] == "Deployment"
    assert yaml.safe_load(kubectl("get", "service", "api", "-o", "yaml"))["spec"]["type"] == "LoadBalancer"
    everything = kubectl("get", "all")
    assert all(
        word in everything
        for word in ("pod/api-", "service/api", "deployment.apps/api", "replicaset.apps/api-")
    )


def test_get_w_follows_changes(kubectl: Kubectl) -> None:
    command = [*kubectl.prefix, "get", "pods", "-w", "--no-headers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout
        first = [watch.stdout.readline() for _ in range(3)]
        kubectl("scale", "deployment/api", "--replicas=4")
        names = {line.split()[0] for line in first}
        later = watch.stdout.readline().split()
        watch.terminate()
    assert later[0] not in names
    assert later[2] == "Pending"


def test_set_image_rolls_and_undo_rolls_back(kubectl: Kubectl) -> None:
    kubectl("set", "image", "deployment/api", "api=registry.example/shop/api:v1.1.0")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    history = kubectl("rollout", "history", "deployment/api")
    assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()] == ["1", "2"]
    kubectl("rollout", "undo", "deployment/api")
    kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    assert kubectl.image().endswith(":v1.0.0")
    assert "v1.0.0" in kubectl("rollout", "history", "deployment/api", "--revision=3")


def test_pause_resume_and_restart(kubectl: Kubectl) -> None:
    before = set(kubectl("get", "pods", "-o", "name").split())
    kubectl("rollout", "pause", "deployment/api")
    kubectl("rollout", "resume", "deployment/api")
    kubectl("rollout", "restart", "deployment/api")
    kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    until(lambda: not before & set(kubectl("get", "pods", "-o", "name").split()), "every pod replaced")


def test_a_rollout_that_cannot_succeed_fails_in_rollout_status(kubectl: Kubectl) -> None:
    kubectl("patch", "deployment", "api", "-p", '{"spec": {"progressDeadlineSeconds": 1}}')
    kubectl("set", "image", "deployment/api", "api=registry.example/shop/api:v2-missing")
    answer = kubectl.run("rollout", "status", "deployment/api", "--timeout=20s")
    assert answer.returncode != 0
    assert "exceeded its progress deadline" in answer.stderr
    until(lambda: "ImagePullBackOff" in kubectl("get", "pods"), "back-off")


def test_scale_and_wait(kubectl: Kubectl) -> None:
    kubectl("scale", "deployment/api", "--replicas=5")
    kubectl("wait", "--for=condition=Available", "deployment/api", "--timeout=20s")
    kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    assert len(kubectl("get", "pods", "-o", "name").split()) == 5


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            "deployment/api",
            ["RollingUpdate", "NewReplicaSetAvailable", "ScalingReplicaSet", "NewReplicaSet:"],
        ),
        ("service/api", ["LoadBalancer", "127.0.0.1", "Endpoints:"]),
        ("node/a-node-1", ["KubeletReady", "Capacity:", "Simulated Linux", "api-"]),
        (f"namespace/{NAMESPACE}", ["Active"]),
        (
            "pod",
            [
                "Scheduled",
                "Pulled",
                "Started",
                "Running",
                "ReplicaSet/api-",
                "registry.example/shop/api:v1.0.0",
            ],
        ),
    ],
)
def test_describe(kubectl: Kubectl, thing: str, words: list[str]) -> None:
    kubectl("scale", "deployment/api", "--replicas=6")  # so that every node has a pod
    kubectl("rollout", "status", "deployment/api", "--timeout=20s")
    text = kubectl("describe", thing)
    assert [word for word in words if word not in text] == []


def test_logs_and_events(kubectl: Kubectl) -> None:
    assert "listening" in kubectl("logs", "deployment/api")
    assert "ScalingReplicaSet" in kubectl("get", "events")


def test_delete_waits_until_everything_is_gone(kubectl: Kubectl) -> None:
    kubectl("delete", "deployment", "api", "--timeout=20s")
    until(lambda: "No resources found" in kubectl.run("get", "pods").stderr, "pods collected")
    kubectl("delete", "namespace", NAMESPACE, "--timeout=20s")
    assert kubectl.run("get", "namespace", NAMESPACE).returncode != 0


def test_create_from_the_command_line(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "settings", "--from-literal=a=1")
    kubectl("create", "namespace", "other")
    kubectl("create", "secret", "generic", "hidden", "--from-literal=b=2")
    assert kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "1"
    assert kubectl("get", "secret", "hidden", "-o", "jsonpath={.data.b}") == "Mg=="
    kubectl("label", "configmap", "settings", "tier=web")
    kubectl("annotate", "configmap", "settings", "note=hello")
    assert "settings" in kubectl("get", "configmaps", "-l", "tier=web", "-o", "name")


def test_errors_read_like_those_of_a_real_server(kubectl: Kubectl) -> None:
    assert kubectl.run("get", "deployment", "nope").stderr == (
        'Error from server (NotFound): deployments.apps "nope" not found\n'
    )
    begun = time.monotonic()
    answer = kubectl.run("apply", "-f", "-", text="apiVersion: v1\nkind: Nonsense\nmetadata: {name: x}\n")
    assert answer.returncode != 0
    assert time.monotonic() - begun < 20
