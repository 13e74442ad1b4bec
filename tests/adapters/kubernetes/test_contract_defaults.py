"""What a server fills in: a simulated and a real one give the same, so that "desired" and "live" compare alike."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api, Refusal
from tests.adapters.kubernetes.asked import container, path, service, workload
from tests.adapters.kubernetes.watched import eventually

CONTAINERS = ("spec", "template", "spec", "containers", 0)
VOLUMES = ("spec", "template", "spec", "volumes", 0)
ONCE = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "shop/job:v1"}]}
OWN_LABELS = {
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
UP = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
    {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}  # fmt: skip
LABELS_FILE = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}


def variable(**source: Any) -> Manifest:
    return container(env=[{"name": "A", "valueFrom": source}])


def volume(**source: Any) -> Manifest:
    template = workload()["spec"]["template"]
    pod = {**template["spec"], "volumes": [{"name": "v", **source}]}
    return workload(template={**template, "spec": pod})


def job(**spec: Any) -> Manifest:
    body = {"suspend": True, "template": {"spec": ONCE}, **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "api"}, "spec": body}


def failing(**rule: Any) -> Manifest:
    return job(podFailurePolicy={"rules": [{"action": "Ignore", **rule}]})


def named(api_version: str, kind: str, **spec: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "api"}, "spec": spec}


# The plural, the object, a place in what is stored, and what stands there.
DEFAULTS: dict[str, tuple[str, Manifest, tuple[Any, ...], Any]] = {
    "limits of a template are no requests": ("deployments", container(resources={"limits": {"cpu": "0.5"}}),
        (*CONTAINERS, "resources"), {"limits": {"cpu": "500m"}}),
    "amounts are whole thousandths": ("deployments", container(resources={"limits": {"cpu": "0.0001"}}),
        (*CONTAINERS, "resources"), {"limits": {"cpu": "1m"}}),
    "a divisor": ("deployments", variable(resourceFieldRef={"resource": "limits.cpu"}),
        (*CONTAINERS, "env", 0, "valueFrom", "resourceFieldRef"), {"resource": "limits.cpu", "divisor": "0"}),
    "a field in a file": ("deployments", volume(downwardAPI={"items": [LABELS_FILE]}),
        (*VOLUMES, "downwardAPI", "items", 0, "fieldRef"), {"apiVersion": "v1", "fieldPath": "metadata.labels"}),
    "a field in a projected file": ("deployments", volume(projected={"sources": [{"downwardAPI": {"items": [LABELS_FILE]}}]}),
        (*VOLUMES, "projected", "sources", 0, "downwardAPI", "items", 0, "fieldRef"),
        {"apiVersion": "v1", "fieldPath": "metadata.labels"}),
    "addresses of a headless Service": ("services", service(clusterIP="None"), ("spec", "clusterIPs"), ["None"]),
    "the other way of an autoscaler": ("horizontalpodautoscalers", named("autoscaling/v2", "HorizontalPodAutoscaler",
        scaleTargetRef=TARGET, maxReplicas=2, behavior={"scaleDown": {"stabilizationWindowSeconds": 5}}),
        ("spec", "behavior", "scaleUp"), UP),
    "metadata of a CronJob's pods": ("cronjobs", named("batch/v1", "CronJob", schedule="0 3 * * *",
        jobTemplate={"spec": {"template": {"spec": ONCE}}}), ("spec", "jobTemplate", "spec", "template", "metadata"), {}),
    "pods are replaced when some do not count": ("jobs", failing(onPodConditions=[{"type": "DisruptionTarget"}]),
        ("spec", "podReplacementPolicy"), "Failed"),
    "a condition that does not count is true": ("jobs", failing(onPodConditions=[{"type": "DisruptionTarget"}]),
        ("spec", "podFailurePolicy", "rules", 0, "onPodConditions"), [{"type": "DisruptionTarget", "status": "True"}]),
    "pods are replaced at once else": ("jobs", job(), ("spec", "podReplacementPolicy"), "TerminatingOrFailed"),
    "claims in use are protected": ("persistentvolumeclaims", named("v1", "PersistentVolumeClaim",
        accessModes=["ReadWriteOnce"], resources={"requests": {"storage": "1Gi"}}),
        ("metadata", "finalizers"), ["kubernetes.io/pvc-protection"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_left_out_is_filled_in(name: str, api: Api, space: str) -> None:
    plural, body, place, expected = DEFAULTS[name]
    found = api.post(path(space, plural), body)
    for step in place:
        found = found[step]
    assert found == expected


def test_a_job_has_the_labels_of_its_pods(api: Api, space: str) -> None:
    body = job(template={"metadata": {"labels": {"a": "b"}}, "spec": ONCE})
    found = api.post(path(space, "jobs"), body)
    assert found["metadata"]["labels"] == found["spec"]["template"]["metadata"]["labels"]
    assert found["metadata"]["labels"].keys() == OWN_LABELS | {"a"}


def test_a_job_without_labels_gets_those_that_its_pods_get(api: Api, space: str) -> None:
    assert api.post(path(space, "jobs"), job())["metadata"]["labels"].keys() == OWN_LABELS


def test_a_claim_that_nobody_uses_goes_when_it_is_deleted(api: Api, space: str) -> None:
    _, body, _, _ = DEFAULTS["claims in use are protected"]
    api.post(path(space, "persistentvolumeclaims"), body)
    api.delete(path(space, "persistentvolumeclaims", "api"))

    def gone() -> bool:
        try:
            api.get(path(space, "persistentvolumeclaims", "api"))
        except Refusal as refusal:
            return refusal.status == 404
        return False

    eventually(gone)
