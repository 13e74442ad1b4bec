"""managedFields: who owns what after a create, an update, an apply and a controller, on a simulated and a real cluster."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY, MERGE, config, path, service, workload
from tests.adapters.kubernetes.watched import eventually

CONTROLLER = ("kube-controller-manager", "Update", "status")
NEW: Manifest = {".": {}}


def owned(obj: Manifest) -> dict[tuple[str, ...], Any]:
    """The fields by manager, operation and, if there is one, subresource."""
    entries = obj["metadata"]["managedFields"]
    keys = ("manager", "operation", "subresource")
    return {tuple(entry[key] for key in keys if key in entry): entry["fieldsV1"] for entry in entries}


def apply(api: Api, space: str, body: Manifest, manager: str, query: str = "") -> Any:
    where = path(space, f"{body['kind'].lower()}s", body["metadata"]["name"])
    return api.answer("PATCH", f"{where}?fieldManager={manager}{query}", body, APPLY)


CREATED: dict[str, tuple[str, Manifest, Manifest]] = {
    "a ConfigMap": ("configmaps", config(), {"f:data": {**NEW, "f:a": {}}}),
    "a label": ("configmaps", {"kind": "ConfigMap", "metadata": {"name": "settings", "labels": {"tier": "b"}}},
                {"f:metadata": {"f:labels": {**NEW, "f:tier": {}}}}),
    "a Service": ("services", service(), {"f:spec": {
        "f:internalTrafficPolicy": {}, "f:selector": {}, "f:sessionAffinity": {}, "f:type": {},
        "f:ports": {**NEW, 'k:{"port":80,"protocol":"TCP"}': {**NEW, "f:port": {}, "f:protocol": {}, "f:targetPort": {}}}}}),
    "a Deployment": ("deployments", workload(), {"f:spec": {
        "f:progressDeadlineSeconds": {}, "f:replicas": {}, "f:revisionHistoryLimit": {}, "f:selector": {},
        "f:strategy": {"f:rollingUpdate": {**NEW, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
        "f:template": {
            "f:metadata": {"f:labels": {**NEW, "f:app": {}}},
            "f:spec": {
                "f:containers": {'k:{"name":"api"}': {
                    **NEW, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {}, "f:resources": {},
                    "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {}}},
                "f:dnsPolicy": {}, "f:restartPolicy": {}, "f:schedulerName": {}, "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {}}}}}),
}  # fmt: skip


@pytest.mark.parametrize("name", CREATED)
def test_who_creates_owns_what_is_there_with_its_defaults(name: str, api: Api, space: str) -> None:
    plural, body, fields = CREATED[name]
    assert owned(api.post(path(space, plural) + "?fieldManager=me", body)) == {("me", "Update"): fields}


def test_who_applies_owns_what_it_names(api: Api, space: str) -> None:
    found = apply(api, space, workload(replicas=2), "me").body
    template = {
        "f:metadata": {"f:labels": {"f:app": {}}},
        "f:spec": {"f:containers": {'k:{"name":"api"}': {**NEW, "f:image": {}, "f:name": {}}}},
    }
    fields = {"f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": template}}
    assert owned(found) == {("me", "Apply"): fields}


def test_a_field_goes_when_its_last_owner_lets_it_go(api: Api, space: str) -> None:
    apply(api, space, config(data={"a": "1", "b": "2"}), "one")
    assert apply(api, space, config(data={"a": "1"}), "two").status == 200  # the same value: both own it
    assert apply(api, space, config(data={"b": "2"}), "one").body["data"] == {"a": "1", "b": "2"}
    assert apply(api, space, config(data={}), "two").body["data"] == {"b": "2"}


def test_force_takes_a_field_from_its_owner(api: Api, space: str) -> None:
    apply(api, space, config(data={"a": "1", "b": "2"}), "one")
    refused = apply(api, space, config(data={"a": "2"}), "two")
    assert (refused.status, refused.message) == (
        409,
        'Apply failed with 1 conflict: conflict with "one": .data.a',
    )
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"}
    assert refused.body["details"] == {"causes": [cause]}
    found = apply(api, space, config(data={"a": "2"}), "two", "&force=true").body
    assert owned(found) == {
        ("one", "Apply"): {"f:data": {"f:b": {}}},
        ("two", "Apply"): {"f:data": {"f:a": {}}},
    }


def test_an_update_takes_what_it_changes(api: Api, space: str) -> None:
    apply(api, space, config(data={"a": "1", "b": "2"}), "one")
    where = path(space, "configmaps", "settings") + "?fieldManager=other"
    found = api.ask("PATCH", where, {"data": {"b": "3", "c": "4"}}, MERGE)
    assert owned(found) == {
        ("one", "Apply"): {"f:data": {"f:a": {}}},
        ("other", "Update"): {"f:data": {"f:b": {}, "f:c": {}}},
    }
    found = api.ask("PATCH", where, {"data": {"c": None}}, MERGE)
    assert owned(found)["other", "Update"] == {"f:data": {"f:b": {}}}
    refused = apply(api, space, config(data={"a": "1", "b": "2"}), "one")
    assert refused.message == 'Apply failed with 1 conflict: conflict with "other" using v1: .data.b'


def test_the_controller_of_a_deployment_signs_its_status(api: Api, space: str) -> None:
    where = path(space, "deployments", "api")
    api.post(path(space, "deployments") + "?fieldManager=me", workload())
    eventually(lambda: api.get(where).get("status", {}).get("availableReplicas") == 1)
    found = owned(api.get(where))
    assert set(found) == {("me", "Update"), CONTROLLER}
    fields = {"lastTransitionTime", "lastUpdateTime", "message", "reason", "status", "type"}
    condition = {**NEW, **{f"f:{field}": {} for field in fields}}
    status = found[CONTROLLER]["f:status"]
    conditions = status.pop("f:conditions")
    assert conditions == {
        **NEW,
        'k:{"type":"Available"}': condition,
        'k:{"type":"Progressing"}': condition,
    }
    counts = {"availableReplicas", "observedGeneration", "readyReplicas", "replicas", "terminatingReplicas", "updatedReplicas"}  # fmt: skip
    assert counts <= {field.removeprefix("f:") for field in status} <= {*counts, "unavailableReplicas"}
    notes = {"f:annotations": {**NEW, "f:deployment.kubernetes.io/revision": {}}}
    assert found[CONTROLLER]["f:metadata"] == notes


def test_the_replica_set_is_its_controllers_own(api: Api, space: str) -> None:
    api.post(path(space, "deployments"), workload())
    eventually(
        lambda: [rs for rs in api.get(path(space, "replicasets"))["items"] if rs["status"].get("replicas")]
    )
    (replica_set,) = api.get(path(space, "replicasets"))["items"]
    assert set(owned(replica_set)) == {("kube-controller-manager", "Update"), CONTROLLER}
    made = owned(replica_set)["kube-controller-manager", "Update"]
    assert set(made["f:metadata"]["f:annotations"]) == {
        ".",
        "f:deployment.kubernetes.io/desired-replicas",
        "f:deployment.kubernetes.io/max-replicas",
        "f:deployment.kubernetes.io/revision",
    }
    (owner,) = [key for key in made["f:metadata"]["f:ownerReferences"] if key != "."]
    assert made["f:metadata"]["f:ownerReferences"] == {**NEW, owner: {}}
