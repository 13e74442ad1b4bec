"""Every kind that a Blueprint may hold, on every Kube: applied, unchanged by a second apply, listed, deleted."""

from copy import deepcopy
from typing import Any

import pytest

from clusters.core.kinds import KINDS
from clusters.core.manifests import Manifest
from clusters.kube.protocol import Granted, Kube, NotFound, Right
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.kubernetes.watched import eventually

LABELS = {"app": "shop"}
CONTAINERS = [{"name": "shop", "image": "shop/api:v1"}]
TEMPLATE: Manifest = {"metadata": {"labels": LABELS}, "spec": {"containers": CONTAINERS}}
ONCE = {"metadata": {"labels": LABELS}, "spec": {"containers": CONTAINERS, "restartPolicy": "Never"}}
SELECTED: Manifest = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
BACKEND = {"service": {"name": "shop", "port": {"number": 80}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}

# What makes an object of each kind, beside its metadata.
BODIES: dict[str, Manifest] = {
    "ServiceAccount": {},
    "ConfigMap": {"data": {"greeting": "hello"}},
    "Service": {"spec": {"selector": LABELS, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}},
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": {"matchLabels": LABELS}}},
    "StatefulSet": {"spec": {"serviceName": "shop", "replicas": 1, **SELECTED}},
    "DaemonSet": {"spec": SELECTED},
    "Deployment": {"spec": {"replicas": 1, **SELECTED}},
    "Job": {"spec": {"template": ONCE}},
    "CronJob": {"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": ONCE}}}},
    "HorizontalPodAutoscaler": {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, "metrics": [CPU]}},
    "Ingress": {"spec": {"rules": [{"host": "shop.example", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}]}},
    "HTTPRoute": {"spec": {"parentRefs": [{"name": "edge"}], "hostnames": ["shop.example"],
                           "rules": [{"backendRefs": [{"name": "shop", "port": 80, "weight": 1}]}]}},
}  # fmt: skip


def manifest_of(kind: str, namespace: str) -> Manifest:
    metadata = {"name": "shop", "namespace": namespace, "labels": LABELS}
    body = deepcopy(BODIES[kind])
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **body}


def test_every_kind_of_a_blueprint_is_tried() -> None:
    assert set(BODIES) == {name for name, kind in KINDS.items() if kind.deployable}


@pytest.mark.parametrize("kind", BODIES)
def test_a_kind_is_applied_listed_and_deleted(kube: Kube, namespace: str, kind: str) -> None:
    manifest = manifest_of(kind, namespace)
    first = kube.apply(manifest)["metadata"]
    assert first["uid"]
    for field, value in BODIES[kind].items():
        assert_within(value, kube.get(kind, namespace, "shop")[field])
    again = kube.apply(manifest)["metadata"]
    assert (again["uid"], again.get("generation")) == (first["uid"], first.get("generation"))
    assert [item["metadata"]["name"] for item in kube.list(kind, namespace, "app=shop")] == ["shop"]
    kube.delete(kind, namespace, "shop", uid=first["uid"])
    eventually(lambda: is_gone(kube, kind, namespace))


@pytest.mark.parametrize("kind", BODIES)
def test_a_dry_run_of_a_new_object_stores_nothing(kube: Kube, namespace: str, kind: str) -> None:
    answer = kube.apply(manifest_of(kind, namespace), dry_run=True)
    assert answer["metadata"]["name"] == "shop"
    assert is_gone(kube, kind, namespace)


def assert_within(expected: Any, found: Any) -> None:
    """`found` holds all of `expected`; the server may have added defaults."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_within(value, found[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            assert_within(one, other)
    else:
        assert found == expected


def is_gone(kube: Kube, kind: str, namespace: str) -> bool:
    try:
        kube.get(kind, namespace, "shop")
    except NotFound:
        return True
    return False


def test_a_list_over_several_pages_has_every_object_once(kube: Kube, namespace: str) -> None:
    for number in range(510):
        metadata = {"name": f"part-{number:03}", "namespace": namespace, "labels": {"app": "pages"}}
        kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    found = [item["metadata"]["name"] for item in kube.list("ConfigMap", namespace, "app=pages")]
    assert sorted(found) == [f"part-{number:03}" for number in range(510)]


def test_who_may_do_everything_is_told_so(kube: Kube, namespace: str) -> None:
    assert kube.allowed(Right("apps", "deployments", "patch"), namespace)
    assert kube.allowed(Right("", "pods/eviction", "create"))
    granted = kube.granted(namespace)
    assert any({"*"} == set(rule.verbs) == set(rule.groups) == set(rule.resources) for rule in granted)


def test_asking_for_a_right_changes_nothing(kube: Kube, namespace: str) -> None:
    kube.allowed(Right("", "configmaps", "create"), namespace)
    assert [item["metadata"]["name"] for item in kube.list("ConfigMap", namespace, "app")] == []


def test_the_fake_tells_the_rights_that_it_was_given() -> None:
    kube = FakeKube()
    kube.rights = frozenset({Right("", "pods", "list")})
    assert kube.allowed(Right("", "pods", "list"), "prod-a-1")
    assert not kube.allowed(Right("", "pods", "delete"), "prod-a-1")
    assert kube.granted("prod-a-1") == (Granted(("",), ("pods",), ("list",)),)
