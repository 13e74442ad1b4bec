"""Objects that make no sense: a simulated cluster and a real one find the same wrong, in the same words."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import container, path, service, workload

CONTAINER = "spec.template.spec.containers[0]"
LABEL = ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
         "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
         "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")  # fmt: skip
PERCENT = ("a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
           "validation is '[0-9]+%')")  # fmt: skip
NOT_LESS = "must be greater than or equal to 0"
PROBE = {"httpGet": {"port": 80}}


def rolling(**fields: Any) -> Manifest:
    return workload(strategy={"rollingUpdate": fields})


# The object, and its causes by field.
Row = tuple[Manifest, dict[str, str]]
DEPLOYMENTS: dict[str, Row] = {
    "nothing at all": ({**workload(), "spec": {}}, {
        "spec.selector": "Required value",
        "spec.template.metadata.labels": "Invalid value: null: `selector` does not match template `labels`",
        "spec.template.spec.containers": "Required value"}),
    "a selector of others": (workload(selector={"matchLabels": {"a": "b"}}), {
        "spec.template.metadata.labels": 'Invalid value: {"app":"api"}: `selector` does not match template `labels`'}),
    "a strategy nobody knows": (workload(strategy={"type": "Foo"}), {
        "spec.strategy": 'Unsupported value: {"Type":"Foo","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"'}),
    "both strategies": (workload(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}), {
        "spec.strategy.rollingUpdate": "Forbidden: may not be specified when strategy `type` is 'Recreate'"}),
    "no room to move": (rolling(maxSurge=0, maxUnavailable=0), {
        "spec.strategy.rollingUpdate.maxUnavailable": "Invalid value: 0: may not be 0 when `maxSurge` is 0"}),
    "a share that is none": (rolling(maxSurge="x"), {
        "spec.strategy.rollingUpdate.maxSurge": f'Invalid value: "x": {PERCENT}'}),
    "less than nothing": (workload(replicas=-1), {"spec.replicas": f"Invalid value: -1: {NOT_LESS}"}),
    "less history than none": (workload(revisionHistoryLimit=-1), {"spec.revisionHistoryLimit": f"Invalid value: -1: {NOT_LESS}"}),
    "ready later than the deadline": (workload(minReadySeconds=5, progressDeadlineSeconds=5), {
        "spec.progressDeadlineSeconds": "Invalid value: 5: must be greater than minReadySeconds"}),
    "a container's name": (container(name="Bad_"), {f"{CONTAINER}.name": f'Invalid value: "Bad_": {LABEL}'}),
    "no image": (container(image=""), {f"{CONTAINER}.image": "Required value"}),
    "a pull policy nobody knows": (container(imagePullPolicy="Foo"), {
        f"{CONTAINER}.imagePullPolicy": 'Unsupported value: "Foo": supported values: "Always", "IfNotPresent", "Never"'}),
    "a probe that asks nothing": (container(livenessProbe={}), {
        f"{CONTAINER}.livenessProbe": "Required value: must specify a handler type"}),
    "a probe back in time": (container(readinessProbe={**PROBE, "periodSeconds": -1}), {
        f"{CONTAINER}.readinessProbe.periodSeconds": f"Invalid value: -1: {NOT_LESS}"}),
    "less than no processor": (container(resources={"requests": {"cpu": "-2"}}), {
        f"{CONTAINER}.resources.requests[cpu]": f'Invalid value: "-2": {NOT_LESS}'}),
    "variables from nowhere": (container(envFrom=[{}]), {
        f"{CONTAINER}.envFrom": 'Invalid value: "": must specify one of: `configMapRef` or `secretRef`'}),
    "a variable from two places": (
        container(env=[{"name": "a", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]), {
            f"{CONTAINER}.env[0].valueFrom": 'Invalid value: "": may not be specified when `value` is not empty'}),
}  # fmt: skip
SERVICES: dict[str, Row] = {
    "an affinity nobody knows": (service(sessionAffinity="x"), {
        "spec.sessionAffinity": 'Unsupported value: "x": supported values: "ClientIP", "None"'}),
    "no name outside": (service(type="ExternalName"), {"spec.externalName": "Required value"}),
    "a protocol nobody knows": (service(ports=[{"port": 80, "protocol": "X"}]), {
        "spec.ports[0].protocol": 'Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'}),
    "a node port of no node": (service(ports=[{"port": 80, "nodePort": 30001}]), {
        "spec.ports[0].nodePort": "Forbidden: may not be used when `type` is 'ClusterIP'"}),
    "a type nobody knows": (service(type="Foo"), {
        "spec.type": 'Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'}),
}  # fmt: skip
ALL = {f"deployments: {name}": row for name, row in DEPLOYMENTS.items()} | {
    f"services: {name}": row for name, row in SERVICES.items()
}


@pytest.mark.parametrize("name", ALL)
def test_what_makes_no_sense_is_invalid(name: str, api: Api, space: str) -> None:
    body, causes = ALL[name]
    refused = api.answer("POST", path(space, name.partition(":")[0]), body)
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    details = refused.body["details"]
    assert {cause["field"]: cause["message"] for cause in details["causes"]} == causes
    assert (details["name"], details["kind"]) == ("api", body["kind"])
