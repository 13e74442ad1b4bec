"""Every way in which a manifest can refer to a Secret, and those that need none."""

from typing import Any

import pytest

from clusters.core.references import secret_references


def pods(**spec: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"spec": spec}}}


def container(**fields: Any) -> dict[str, Any]:
    return pods(containers=[{"name": "api", **fields}])


ROWS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "environment from a key": (
        container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
        ("s",),
    ),
    "a key that may be missing": (
        container(
            env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}]
        ),
        (),
    ),
    "environment from all keys": (container(envFrom=[{"secretRef": {"name": "s"}}]), ("s",)),
    "all keys, optional": (container(envFrom=[{"secretRef": {"name": "s", "optional": True}}]), ()),
    "a ConfigMap": (container(envFrom=[{"configMapRef": {"name": "c"}}]), ()),
    "init container": (
        pods(initContainers=[{"name": "i", "envFrom": [{"secretRef": {"name": "s"}}]}]),
        ("s",),
    ),
    "volume": (pods(volumes=[{"name": "v", "secret": {"secretName": "s"}}]), ("s",)),
    "CSI volume": (
        pods(volumes=[{"name": "v", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "s"}}}]),
        ("s",),
    ),
    "Azure file": (pods(volumes=[{"name": "v", "azureFile": {"shareName": "x", "secretName": "s"}}]), ("s",)),
    "block devices": (
        pods(
            volumes=[
                {"name": "v", "rbd": {"secretRef": {"name": "s"}}},
                {"name": "w", "iscsi": {"secretRef": {"name": "t"}}},
                {"name": "x", "cephfs": {"monitors": ["m"]}},
            ]
        ),
        ("s", "t"),
    ),
    "optional volume": (pods(volumes=[{"name": "v", "secret": {"secretName": "s", "optional": True}}]), ()),
    "projected volume": (
        pods(
            volumes=[
                {
                    "name": "v",
                    "projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}]},
                }
            ]
        ),
        ("s",),
    ),
    "pull secret": (pods(imagePullSecrets=[{"name": "s"}]), ("s",)),
    "of a CronJob": (
        {
            "kind": "CronJob",
            "apiVersion": "batch/v1",
            "spec": {
                "jobTemplate": {
                    "spec": {
                        "template": {"spec": {"containers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}}
                    }
                }
            },
        },
        ("s",),
    ),
    "certificate of an Ingress": (
        {
            "kind": "Ingress",
            "apiVersion": "networking.k8s.io/v1",
            "spec": {"tls": [{"secretName": "s"}, {"hosts": ["x"]}]},
        },
        ("s",),
    ),
    "service account": (
        {"kind": "ServiceAccount", "apiVersion": "v1", "imagePullSecrets": [{"name": "s"}]},
        ("s",),
    ),
    "a patch, which need not say its API version": (
        {"kind": "Deployment", "spec": {"template": {"spec": {"imagePullSecrets": [{"name": "s"}]}}}},
        ("s",),
    ),
    "a custom resource of the same name": (
        {"kind": "Ingress", "apiVersion": "x.example/v1", "spec": {"tls": [{"secretName": "s"}]}},
        (),
    ),
    "nonsense": (pods(containers="x", volumes=[1, {"secret": "x"}, {"secret": {"secretName": 3}}]), ()),
}


@pytest.mark.parametrize(("manifest", "names"), ROWS.values(), ids=ROWS.keys())
def test_a_reference_is_found_unless_it_is_optional(manifest: dict[str, Any], names: tuple[str, ...]) -> None:
    assert secret_references([manifest]) == names


def test_names_are_told_once_and_sorted() -> None:
    rows = [
        pods(imagePullSecrets=[{"name": "b"}, {"name": "a"}]),
        container(envFrom=[{"secretRef": {"name": "b"}}]),
    ]
    assert secret_references(rows) == ("a", "b")
