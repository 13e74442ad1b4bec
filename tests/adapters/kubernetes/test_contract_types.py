"""Values of the wrong type, fields that nobody knows: a simulated cluster and a real one say the same of them."""

import json

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY, MERGE, STRATEGIC, config, container, path, workload

PLURALS = {"ConfigMap": "configmaps", "Deployment": "deployments"}
INTO = "json: cannot unmarshal"
FIELD = "Go struct field"
CONTAINERS = "spec.template.spec.containers"
QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

# What cannot be read as an object of its kind, and why; the words are those of Go.
UNREADABLE: dict[str, tuple[Manifest, str]] = {
    "a fraction": (workload(replicas=1.5), f"{INTO} number 1.5 into {FIELD} DeploymentSpec.spec.replicas of type int32"),
    "text for a number": (workload(replicas="3"), f"{INTO} string into {FIELD} DeploymentSpec.spec.replicas of type int32"),
    "more than fits": (workload(replicas=3_000_000_000),
                       f"{INTO} number 3000000000 into {FIELD} DeploymentSpec.spec.replicas of type int32"),
    "text for yes or no": (workload(paused="yes"), f"{INTO} string into {FIELD} DeploymentSpec.spec.paused of type bool"),
    "a number in a map": (config(data={"a": 1}), f"{INTO} number into {FIELD} ConfigMap.data of type string"),
    "a list for a map": (config(data=["a"]), f"{INTO} array into {FIELD} ConfigMap.data of type map[string]string"),
    "a list for an object": ({**workload(), "spec": []}, f"{INTO} array into {FIELD} Deployment.spec of type v1.DeploymentSpec"),
    "a label": (config(metadata={"name": "settings", "labels": {"a": 1}}),
                f"{INTO} number into {FIELD} ObjectMeta.metadata.labels of type string"),
    "a name": (config(metadata={"name": 3}), f"{INTO} number into {FIELD} ObjectMeta.metadata.name of type string"),
    "an image": (container(image=3), f"{INTO} number into {FIELD} Container.{CONTAINERS}.image of type string"),
    "an argument": (container(args=[1]), f"{INTO} number into {FIELD} Container.{CONTAINERS}.args of type string"),
    "a number for a list": (container(ports=3), f"{INTO} number into {FIELD} Container.{CONTAINERS}.ports of type []v1.ContainerPort"),
    "a port": (container(ports=[{"containerPort": "a"}]),
               f"{INTO} string into {FIELD} ContainerPort.{CONTAINERS}.ports.containerPort of type int32"),
    "resources": (container(resources={"requests": ["a"]}),
                  f"{INTO} array into {FIELD} ResourceRequirements.{CONTAINERS}.resources.requests of type v1.ResourceList"),
    "a quantity": (container(resources={"requests": {"cpu": "lots"}}), QUANTITY),
    "a surge": (workload(strategy={"rollingUpdate": {"maxSurge": True}}),
                f"{INTO} bool into {FIELD} RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32"),
    "a moment": (config(metadata={"name": "settings", "creationTimestamp": "x"}),
                 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'),
    "an unknown field deep down": (container(foo=1), f'strict decoding error: unknown field "{CONTAINERS}[0].foo"'),
}  # fmt: skip
TYPED = '.spec.template.spec.containers[name="api"]'
# The same by apply: what its schema forbids, and then what cannot be converted.
UNAPPLIED: dict[str, tuple[Manifest, str]] = {
    "a fraction": (workload(replicas=1.5), "cannot convert float64 to int32"),
    "text for yes or no": (workload(paused="x"), ".spec.paused: expected boolean, got &{x}"),
    "a number for a list": (container(ports=3), f"{TYPED}.ports: expected list, got &{{3}}"),
    "a map for a list": (container(env={"a": 1}), f"{TYPED}.env: expected list, got &{{map[a:1]}}"),
    "a number for a map": (container(resources=3), f"{TYPED}.resources: expected map, got &{{3}}"),
    "a port of a probe": (container(livenessProbe={"httpGet": {"port": True}}),
                          f"{INTO} bool into Go value of type int32"),
    "a quantity": (container(resources={"requests": {"cpu": True}}), QUANTITY),
    "an unknown field deep down": (container(foo=1), f"{TYPED}.foo: field not declared in schema"),
    "a volume's field": (workload(template={"spec": {"volumes": [{"name": "v", "emptyDirectory": {}}]}}),
                         '.spec.template.spec.volumes[name="v"].emptyDirectory: field not declared in schema'),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_a_bad_request(name: str, api: Api, space: str) -> None:
    body, words = UNREADABLE[name]
    kind = body["kind"]
    refused = api.answer("POST", path(space, PLURALS[kind]) + "?fieldValidation=Strict", body)
    expected = f'{kind} in version "v1" cannot be handled as a {kind}: {words}'
    assert (refused.status, refused.message, refused.body["reason"]) == (400, expected, "BadRequest")


@pytest.mark.parametrize("name", UNAPPLIED)
def test_what_cannot_be_applied_is_a_500(name: str, api: Api, space: str) -> None:
    body, words = UNAPPLIED[name]
    refused = api.answer("PATCH", path(space, "deployments", "api") + "?fieldManager=m", body, APPLY)
    assert (refused.status, refused.message.endswith(words)) == (500, True), refused.message
    assert "(/api; apps/v1, Kind=Deployment)" in refused.message


@pytest.mark.parametrize("content_type", [MERGE, STRATEGIC])
@pytest.mark.parametrize(
    "patch",
    [{"spec": {"replicas": "3"}}, {"metadata": {"labels": {"a": 1}}}, {"spec": {"foo": 1}}],
    ids=["a number", "a label", "an unknown field"],
)
def test_a_patch_that_leaves_no_object_is_invalid(
    patch: Manifest, content_type: str, api: Api, space: str
) -> None:
    api.post(path(space, "deployments"), workload())
    refused = api.answer(
        "PATCH", path(space, "deployments", "api") + "?fieldValidation=Strict", patch, content_type
    )
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    assert [cause["field"] for cause in refused.body["details"]["causes"]] == ["patch"]


def test_a_whole_number_may_be_written_as_a_fraction_when_it_is_applied(api: Api, space: str) -> None:
    applied = api.ask(
        "PATCH", path(space, "deployments", "api") + "?fieldManager=m", workload(replicas=2.0), APPLY
    )
    assert json.dumps(applied["spec"]["replicas"]) == "2"


@pytest.mark.parametrize(("size", "status"), [(1_000_000, 201), (1_100_000, 422), (3_200_000, 413)])
@pytest.mark.parametrize("by", ["POST", "PATCH"])
def test_how_much_an_object_may_hold(by: str, size: int, status: int, api: Api, space: str) -> None:
    where = path(space, "configmaps") if by == "POST" else path(space, "configmaps", "settings")
    body = config(data={"a": "x" * size})
    found = api.answer(by, where + "?fieldManager=m", body, "application/json" if by == "POST" else APPLY)
    assert found.status == status
    if status == 422:
        (cause,) = found.body["details"]["causes"]
        assert (cause["field"], cause["reason"]) == ("[]", "FieldValueTooLong")
