"""How objects change and go: generations, finalizers, owners, namespaces, scale and eviction, on both clusters."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY, MERGE, STRATEGIC, config, path, service, workload
from tests.adapters.kubernetes.watched import eventually

HELD = {"name": "settings", "finalizers": ["shop.example/held"]}
SCALE: Manifest = {"apiVersion": "autoscaling/v1", "kind": "Scale"}
BUDGET: Manifest = {
    "metadata": {"name": "api"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}},
}


def running(api: Api, space: str, **spec: Any) -> str:
    """The path of a Deployment whose pods are available."""
    where = path(space, "deployments", "api")
    api.post(path(space, "deployments"), workload(**spec))
    eventually(lambda: is_settled(api.get(where)))
    return where


def is_settled(deployment: Manifest) -> bool:
    """Whether every pod is of the newest generation and available, and no other is left."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    return seen and counts == {wanted} and not status.get("terminatingReplicas")


def is_gone(api: Api, where: str) -> bool:
    return api.answer("GET", where).status == 404


# Whether a change of a Deployment raises its generation.
GENERATIONS: dict[str, tuple[Manifest, bool]] = {
    "a label": ({"metadata": {"labels": {"a": "b"}}}, False),
    "an annotation": ({"metadata": {"annotations": {"a": "b"}}}, True),
    "replicas": ({"spec": {"replicas": 2}}, True),
    "the same replicas": ({"spec": {"replicas": 1}}, False),
    "a status": ({"status": {"replicas": 7}}, False),
}


@pytest.mark.parametrize("name", GENERATIONS)
def test_what_raises_the_generation(name: str, api: Api, space: str) -> None:
    patch, raises = GENERATIONS[name]
    where = running(api, space)
    before = api.get(where)["metadata"]["generation"]
    assert api.merge(where, patch)["metadata"]["generation"] == before + raises


def test_a_write_of_another_version_is_a_conflict(api: Api, space: str) -> None:
    where = path(space, "configmaps", "settings")
    seen = api.post(path(space, "configmaps"), config())
    api.merge(where, {"data": {"a": "2"}})
    refused = api.answer("PUT", where, {**config(), "metadata": seen["metadata"]})
    words = "the object has been modified; please apply your changes to the latest version and try again"
    assert refused.message == f'Operation cannot be fulfilled on configmaps "settings": {words}'
    assert (refused.status, refused.body["details"]) == (409, {"name": "settings", "kind": "configmaps"})


# Whether a PUT may leave out the version that it has seen.
BLIND = {"configmaps": (config("api"), True), "services": (service(), True), "deployments": (workload(), True),
         "poddisruptionbudgets": (BUDGET, False)}  # fmt: skip


@pytest.mark.parametrize("plural", BLIND)
def test_who_has_to_name_a_version(plural: str, api: Api, space: str) -> None:
    body, blind = BLIND[plural]
    api.post(path(space, plural), body)
    answer = api.answer("PUT", path(space, plural, "api"), body)
    words = "" if blind else "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    assert (answer.status, answer.message.endswith(words)) == (200 if blind else 422, True)


def test_an_object_of_that_name_is_there_already(api: Api, space: str) -> None:
    api.post(path(space, "configmaps"), config())
    refused = api.answer("POST", path(space, "configmaps"), config())
    assert (refused.status, refused.body["reason"]) == (409, "AlreadyExists")
    assert refused.message == 'configmaps "settings" already exists'


def test_a_finalizer_holds_what_is_deleted(api: Api, space: str) -> None:
    where = path(space, "configmaps", "settings")
    api.post(path(space, "configmaps"), config(metadata=HELD))
    deleted = api.delete(where)
    assert deleted["metadata"]["deletionTimestamp"]
    assert deleted["metadata"]["deletionGracePeriodSeconds"] == 0
    again = {"metadata": {"finalizers": ["shop.example/more", *HELD["finalizers"]]}}
    refused = api.answer("PATCH", where, again, MERGE)
    words = (
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        '[]string{"shop.example/more"}'
    )
    assert refused.message == f'ConfigMap "settings" is invalid: metadata.finalizers: Forbidden: {words}'
    last = api.merge(where, {"metadata": {"finalizers": None}})
    assert "finalizers" not in last["metadata"]
    assert is_gone(api, where)


@pytest.mark.parametrize(
    ("policy", "finalizer", "left"),
    [("Orphan", "orphan", 1), ("Foreground", "foregroundDeletion", 0), ("Background", None, 0)],
)
def test_what_becomes_of_dependents(
    policy: str, finalizer: str | None, left: int, api: Api, space: str
) -> None:
    where = running(api, space)
    answer = api.delete(where, {"propagationPolicy": policy})
    if finalizer is None:
        assert (answer["kind"], answer["status"], answer["details"]["name"]) == ("Status", "Success", "api")
    else:
        assert answer["metadata"]["finalizers"] == [finalizer]
    eventually(lambda: is_gone(api, where))
    sets = path(space, "replicasets")
    eventually(lambda: len(api.get(sets)["items"]) == left)
    assert not any(found["metadata"].get("ownerReferences") for found in api.get(sets)["items"])


def test_a_namespace_goes_when_all_in_it_has_gone(api: Api, space: str) -> None:
    where = f"/api/v1/namespaces/{space}"
    held = path(space, "configmaps", "settings")
    api.post(path(space, "configmaps"), config(metadata=HELD))
    api.delete(where)
    refused = api.answer("POST", path(space, "configmaps"), config("late"))
    words = f"unable to create new content in namespace {space} because it is being terminated"
    assert (refused.status, refused.message) == (403, f'configmaps "late" is forbidden: {words}')
    (cause,) = refused.body["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("NamespaceTerminating", "metadata.namespace")
    eventually(lambda: "True" in conditions(api, where).values(), 30)
    found = conditions(api, where)
    assert found["NamespaceFinalizersRemaining"] == found["NamespaceContentRemaining"] == "True"
    assert found["NamespaceDeletionContentFailure"] == "False"
    assert api.get(where)["status"]["phase"] == "Terminating"
    api.merge(held, {"metadata": {"finalizers": None}})
    eventually(lambda: is_gone(api, where), 60)


def conditions(api: Api, where: str) -> dict[str, str]:
    status = api.get(where).get("status", {})
    return {one["type"]: one["status"] for one in status.get("conditions", ())}


def test_scale_is_a_door_of_its_own(api: Api, space: str) -> None:
    where = running(api, space)
    found = api.get(f"{where}/scale")
    assert (found["kind"], found["apiVersion"], found["spec"]) == ("Scale", "autoscaling/v1", {"replicas": 1})
    assert found["status"] == {"replicas": 1, "selector": "app=api"}
    body = {**SCALE, "metadata": {"name": "api", "namespace": space}, "spec": {"replicas": 2}}
    assert api.ask("PUT", f"{where}/scale", body)["spec"] == {"replicas": 2}
    assert api.get(where)["spec"]["replicas"] == 2
    refused = api.answer("PATCH", f"{where}/scale", {"spec": {"replicas": -1}}, MERGE)
    words = "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    assert (refused.status, refused.message) == (422, f'Scale.autoscaling "api" is invalid: {words}')


def test_a_status_changes_by_its_own_door_alone(api: Api, space: str) -> None:
    where = path(space, "services", "api")
    made = service(type="LoadBalancer")
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
    assert api.post(path(space, "services"), made)["status"] == {"loadBalancer": {}}
    patch = {"spec": {"sessionAffinity": "ClientIP"}, "metadata": {"labels": {"a": "b"}}}
    found = api.ask("PATCH", f"{where}/status", patch, MERGE)
    assert found["spec"]["sessionAffinity"] == "None"


def test_a_budget_forbids_an_eviction(api: Api, space: str) -> None:
    running(api, space)
    api.post(path(space, "poddisruptionbudgets"), BUDGET)
    budget = path(space, "poddisruptionbudgets", "api")
    eventually(lambda: api.get(budget).get("status", {}).get("currentHealthy") == 1)
    assert api.get(budget)["status"]["disruptionsAllowed"] == 0
    (pod,) = [item["metadata"]["name"] for item in api.get(path(space, "pods"))["items"]]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    where = f"{path(space, 'pods', pod)}/eviction"
    refused = api.answer("POST", where, eviction)
    assert (refused.status, refused.body["reason"]) == (429, "TooManyRequests")
    assert refused.message == "Cannot evict pod as it would violate the pod's disruption budget."
    (cause,) = refused.body["details"]["causes"]
    assert cause == {
        "reason": "DisruptionBudget",
        "message": "The disruption budget api needs 1 healthy pods and has 1 currently",
    }
    api.delete(budget)
    assert api.post(where, eviction)["status"] == "Success"
    eventually(lambda: is_gone(api, path(space, "pods", pod)))


def variables(found: Manifest) -> list[str]:
    return [one["name"] for one in found["spec"]["template"]["spec"]["containers"][0]["env"]]


# Strategic patches one after the other, and the order of the variables that each leaves.
ORDERS = [
    ([{"name": "A", "value": "1"}, {"name": "B", "value": "1"}, {"name": "C", "value": "1"}], "A B C"),
    ([{"name": "Z", "value": "1"}, {"name": "B", "value": "2"}], "Z A B C"),
    ([{"name": "A", "$patch": "delete"}, {"name": "Q", "value": "1"}], "Q Z B C"),
    ([{"$patch": "replace"}, {"name": "R", "value": "1"}], "R"),
]


def test_a_strategic_patch_keeps_an_order(api: Api, space: str) -> None:
    where = path(space, "deployments", "api")
    api.post(path(space, "deployments"), workload())
    for env, order in ORDERS:
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "api", "env": env}]}}}}
        assert " ".join(variables(api.ask("PATCH", where, patch, STRATEGIC))) == order


def test_a_daemon_set_counts_its_templates(api: Api, space: str) -> None:
    where = path(space, "daemonsets", "api") + "?fieldManager=me"
    note = "deprecated.daemonset.template.generation"
    for image, number in (("shop/api:v1", "1"), ("shop/api:v1", "1"), ("shop/api:v2", "2")):
        found = api.ask("PATCH", where, workload("DaemonSet", image), APPLY)
        assert found["metadata"]["annotations"] == {note: number}
