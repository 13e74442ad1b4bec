"""kubectl works with the kubeconfig that the demo writes."""

import subprocess
from collections.abc import Iterator

import pytest

from orchestrator.embedded.stack import Stack
from tests.kubectl import KUBECTL


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.started(pod_start="0.1-0.4") as started:
        yield started


def kubectl(stack, context, *arguments):
    command = [KUBECTL, "--kubeconfig", str(stack.layout.kubeconfig), "--context", context, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("context", "prods"), [("a", 2), ("b", 2), ("c", 2)])
def test_the_pods_of_every_cluster_are_listed(stack, context, prods):
    lines = kubectl(stack, context, "get", "pods", "-A", "--no-headers").splitlines()
    assert len([line for line in lines if "1/1" in line and "Running" in line]) == prods * 6


def test_a_rollout_is_complete(stack):
    said = kubectl(stack, "c", "-n", "prod-c-1", "rollout", "status", "deployment/api", "--timeout", "20s")
    assert "successfully rolled out" in said


def test_the_images_are_those_of_the_first_version(stack):
    template = "jsonpath={.items[*].spec.template.spec.containers[*].image}"
    images = kubectl(stack, "a", "-n", "prod-a-1", "get", "deployments", "-o", template).split()
    assert sorted(images) == ["registry.example/shop/api:v1.0.0", "registry.example/shop/frontend:v1.0.0"]
