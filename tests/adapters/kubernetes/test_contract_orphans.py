"""Owners that are not there and ServiceAccounts that are missing, on a simulated cluster and on a real one."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import config, path, workload
from tests.adapters.kubernetes.test_contract_lifecycle import is_gone, is_settled
from tests.adapters.kubernetes.test_contract_workloads import MANY_S, ONCE
from tests.adapters.kubernetes.watched import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"


def owner(api: Api, space: str) -> Manifest:
    """The reference to a ConfigMap `owner`."""
    uid = api.post(path(space, "configmaps"), config("owner"))["metadata"]["uid"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}


def owned_by(*references: Manifest, name: str = "settings") -> Manifest:
    return config(metadata={"name": name, "ownerReferences": list(references)})


@pytest.mark.parametrize("wrong", [{"uid": NOBODY}, {"name": "another"}, {"kind": "Secret"}], ids=str)
def test_an_owner_that_is_not_there_takes_its_dependent_along(wrong: Manifest, api: Api, space: str) -> None:
    api.post(path(space, "configmaps"), owned_by(owner(api, space) | wrong))
    eventually(lambda: is_gone(api, path(space, "configmaps", "settings")), MANY_S)


def test_of_several_owners_those_that_are_not_there_are_taken_away(api: Api, space: str) -> None:
    there = owner(api, space)
    where = path(space, "configmaps", "settings")
    api.post(path(space, "configmaps"), owned_by(there, there | {"uid": NOBODY}))
    eventually(lambda: api.get(where)["metadata"]["ownerReferences"] == [there], MANY_S)


def test_an_owner_in_another_namespace_is_none(api: Api, space: str) -> None:
    other = f"{space}-x"
    api.post("/api/v1/namespaces", {"metadata": {"name": other}})
    api.post(path(other, "configmaps"), owned_by(owner(api, space)))
    eventually(lambda: is_gone(api, path(other, "configmaps", "settings")), MANY_S)
    reasons = [event["reason"] for event in api.get(f"/api/v1/namespaces/{other}/events")["items"]]
    assert reasons == ["OwnerRefInvalidNamespace"]


REFUSED: dict[str, tuple[Any, list[str]]] = {
    "no uid": (lambda one: [one | {"uid": ""}], ["uid"]),
    "nothing": (lambda one: [{}], ["apiVersion", "kind", "name", "uid"]),
    "a bad version": (lambda one: [one | {"apiVersion": "a/b/c"}], ["apiVersion"]),
    "an event": (lambda one: [{"apiVersion": "v1", "kind": "Event", "name": "e", "uid": NOBODY}], [""]),
    "two controllers": (
        lambda one: [one | {"controller": True}, one | {"uid": NOBODY, "controller": True}],
        [""],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_owners_that_make_no_sense_are_refused(name: str, api: Api, space: str) -> None:
    make, fields = REFUSED[name]
    answer = api.answer("POST", path(space, "configmaps"), owned_by(*make(owner(api, space))))
    assert answer.status == 422
    causes = {(cause["field"], cause["message"]) for cause in answer.body["details"]["causes"]}
    assert {field for field, _ in causes} == {f"metadata.ownerReferences.{one}".rstrip(".") for one in fields}
    words = {
        "no uid": 'Invalid value: "": must not be empty',
        "nothing": 'Invalid value: "": version must not be empty',
        "a bad version": 'Invalid value: "a/b/c": version must not be empty',
        "an event": f'{{"apiVersion":"v1","kind":"Event","name":"e","uid":"{NOBODY}"}}: '
        "/v1, Kind=Event is disallowed from being an owner",
        "two controllers": 'Found "true" in references for ConfigMap/owner and ConfigMap/owner',
    }
    assert any(message.endswith(words[name]) for _, message in causes)


# --- a ServiceAccount that is missing -------------------------------------------------------------


def haunted(kind: str) -> Manifest:
    """A workload that is to run as somebody whom nobody knows."""
    body = workload(kind)
    if kind == "Job":
        body = {"metadata": {"name": "api"}, "spec": {"template": {"spec": ONCE}}}
    body["spec"]["template"]["spec"] = {**body["spec"]["template"]["spec"], "serviceAccountName": "ghost"}
    return body


def refusals(api: Api, space: str) -> dict[str, str]:
    """What is said in FailedCreate, by kind; the name of a pod becomes POD."""
    found = api.get(f"/api/v1/namespaces/{space}/events")["items"]
    said = {one["involvedObject"]["kind"]: one["message"] for one in found if one["reason"] == "FailedCreate"}
    return {kind: unnamed(message) for kind, message in said.items()}


def unnamed(message: str) -> str:
    before, quote, rest = message.partition('"')
    return f"{before}POD{rest.partition(quote)[2]}"


WHERE = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs"}


@pytest.mark.parametrize("kind", WHERE)
def test_without_its_service_account_a_workload_gets_no_pods(kind: str, api: Api, space: str) -> None:
    api.post(path(space, WHERE[kind]), haunted(kind))
    says = "Create Pod api-0 in StatefulSet api failed error" if kind == "StatefulSet" else "Error creating"
    why = f'error looking up service account {space}/ghost: serviceaccount "ghost" not found'
    told = {"ReplicaSet" if kind == "Deployment" else kind: f"{says}: pods POD is forbidden: {why}"}
    eventually(lambda: refusals(api, space) == told)
    assert api.get(path(space, "pods"))["items"] == []
    api.post(f"/api/v1/namespaces/{space}/serviceaccounts", {"metadata": {"name": "ghost"}})
    eventually(lambda: api.get(path(space, "pods"))["items"], MANY_S)


def failures(obj: Manifest) -> list[tuple[str, str, str]]:
    conditions = obj.get("status", {}).get("conditions", ())
    return [
        (one["status"], one["reason"], unnamed(one["message"]))
        for one in conditions
        if one["type"] == "ReplicaFailure"
    ]


def test_a_deployment_says_that_its_pods_cannot_be_made(api: Api, space: str) -> None:
    where = path(space, "deployments", "api")
    api.post(path(space, "deployments"), haunted("Deployment"))
    why = f'pods POD is forbidden: error looking up service account {space}/ghost: serviceaccount "ghost" not found'
    eventually(lambda: failures(api.get(where)) == [("True", "FailedCreate", why)])
    (replica_set,) = api.get(path(space, "replicasets"))["items"]
    assert failures(replica_set) == failures(api.get(where))
    api.post(f"/api/v1/namespaces/{space}/serviceaccounts", {"metadata": {"name": "ghost"}})
    eventually(lambda: is_settled(api.get(where)) and not failures(api.get(where)), MANY_S)
