"""What controllers put right after somebody's hand, on a simulated cluster and on a real one."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import path, service, workload
from tests.adapters.kubernetes.test_contract_lifecycle import is_gone, running
from tests.adapters.kubernetes.watched import eventually

MANY_S = 40.0


def slices_of(api: Api, space: str) -> list[Manifest]:
    return api.get(f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices")["items"]  # type: ignore[no-any-return]


def ends_of(api: Api, space: str) -> list[Any]:
    return [end for found in slices_of(api, space) for end in found["endpoints"] or ()]


def serving(api: Api, space: str, **port: Any) -> None:
    """A Deployment of two behind a Service, whose slice has both."""
    api.post(path(space, "services"), service(ports=[{"port": 80, **port}]))
    running(api, space, replicas=2)
    eventually(lambda: [end["conditions"]["ready"] for end in ends_of(api, space)] == [True, True], MANY_S)


def test_a_port_name_that_no_container_has_leads_nowhere(api: Api, space: str) -> None:
    serving(api, space, targetPort="nowhere")
    assert [found["ports"] for found in slices_of(api, space)] == [None]
    assert not api.get(f"/api/v1/namespaces/{space}/endpoints/api").get("subsets")


def test_a_service_without_pods_has_an_empty_slice(api: Api, space: str) -> None:
    api.post(path(space, "services"), service(ports=[{"port": 80, "targetPort": "web"}]))
    eventually(lambda: slices_of(api, space))
    assert [(found["ports"], found["endpoints"]) for found in slices_of(api, space)] == [(None, None)]


def named(number: int) -> Manifest:
    """A bare pod `web-NUMBER` whose port `web` has the number."""
    spec = {"name": "web", "image": "shop/web:v1", "ports": [{"name": "web", "containerPort": number}]}
    meta = {"name": f"web-{number}", "labels": {"app": "api"}}
    return {"metadata": meta, "spec": {"containers": [spec]}}


def test_pods_with_other_numbers_for_a_port_name_are_in_other_slices(api: Api, space: str) -> None:
    api.post(path(space, "services"), service(ports=[{"port": 80, "targetPort": "web"}]))
    for number in (8080, 9090):
        api.post(path(space, "pods"), named(number))
    eventually(lambda: len(ends_of(api, space)) == 2, MANY_S)
    found = {found["ports"][0]["port"]: len(found["endpoints"]) for found in slices_of(api, space)}
    assert found == {8080: 1, 9090: 1}
    subsets = api.get(f"/api/v1/namespaces/{space}/endpoints/api")["subsets"]
    assert {subset["ports"][0]["port"] for subset in subsets} == {8080, 9090}


def test_a_slice_that_is_deleted_or_emptied_is_made_anew(api: Api, space: str) -> None:
    serving(api, space)
    where = f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices/"
    api.delete(where + slices_of(api, space)[0]["metadata"]["name"])
    eventually(lambda: len(ends_of(api, space)) == 2)
    api.merge(where + slices_of(api, space)[0]["metadata"]["name"], {"endpoints": []})
    eventually(lambda: len(ends_of(api, space)) == 2)


def test_endpoints_that_are_deleted_come_again(api: Api, space: str) -> None:
    serving(api, space)
    where = f"/api/v1/namespaces/{space}/endpoints/api"
    api.delete(where)
    eventually(lambda: not is_gone(api, where) and api.get(where)["subsets"])


FURNITURE = ("serviceaccounts/default", "configmaps/kube-root-ca.crt")


@pytest.mark.parametrize("name", FURNITURE)
def test_what_a_namespace_comes_with_comes_again(name: str, api: Api, space: str) -> None:
    where = f"/api/v1/namespaces/{space}/{name}"
    eventually(lambda: not is_gone(api, where))
    before = api.get(where)["metadata"]["uid"]
    api.delete(where)
    eventually(lambda: not is_gone(api, where) and api.get(where)["metadata"]["uid"] != before)


def test_the_certificates_of_a_namespace_are_those_of_the_cluster(api: Api, space: str) -> None:
    where = f"/api/v1/namespaces/{space}/configmaps/kube-root-ca.crt"
    eventually(lambda: not is_gone(api, where))
    before = api.get(where)["data"]
    api.merge(where, {"data": {"ca.crt": "another"}})
    eventually(lambda: api.get(where)["data"] == before)


# --- who controls a pod ---------------------------------------------------------------------------


def pods_of(api: Api, space: str, app: str) -> list[tuple[str, bool]]:
    """(name, whether it has an owner) of the pods with a label `app` that are to stay."""
    found = api.get(f"{path(space, 'pods')}?labelSelector=app%3D{app}")["items"]
    staying = [one["metadata"] for one in found if not one["metadata"].get("deletionTimestamp")]
    return sorted((meta["name"], bool(meta.get("ownerReferences"))) for meta in staying)


def owned(api: Api, space: str, app: str = "api") -> list[bool]:
    return [has_owner for _, has_owner in pods_of(api, space, app)]


def relabel(api: Api, space: str, name: str, app: str) -> None:
    api.merge(path(space, "pods", name), {"metadata": {"labels": {"app": app}}})


def test_a_pod_that_is_relabelled_is_let_go_and_replaced(api: Api, space: str) -> None:
    where = running(api, space, replicas=2)
    relabel(api, space, pods_of(api, space, "api")[0][0], "free")
    eventually(lambda: owned(api, space, "free") == [False] and owned(api, space) == [True, True], MANY_S)
    eventually(lambda: api.get(where)["status"].get("readyReplicas") == 2, MANY_S)
    relabel(api, space, pods_of(api, space, "free")[0][0], "api")
    eventually(lambda: not owned(api, space, "free") and owned(api, space) == [True, True], MANY_S)


def test_a_replica_set_takes_in_pods_that_nobody_controls(api: Api, space: str) -> None:
    for number in (8080, 9090):
        api.post(path(space, "pods"), named(number))
    api.post(path(space, "replicasets"), workload("ReplicaSet", replicas=2))
    eventually(lambda: pods_of(api, space, "api") == [("web-8080", True), ("web-9090", True)], MANY_S)
    (owner,) = api.get(path(space, "pods", "web-8080"))["metadata"]["ownerReferences"]
    uid = api.get(path(space, "replicasets", "api"))["metadata"]["uid"]
    assert owner == {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "api",
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    api.merge(path(space, "replicasets", "api"), {"spec": {"replicas": 1}})
    eventually(lambda: owned(api, space) == [True], MANY_S)


def test_a_stateful_set_waits_for_the_name_of_a_pod_that_it_let_go(api: Api, space: str) -> None:
    where = path(space, "statefulsets", "api")
    api.post(path(space, "statefulsets"), workload("StatefulSet", serviceName="api", replicas=1))
    eventually(lambda: api.get(where).get("status", {}).get("readyReplicas") == 1, MANY_S)
    relabel(api, space, "api-0", "free")
    eventually(lambda: pods_of(api, space, "free") == [("api-0", False)])
    eventually(lambda: api.get(where)["status"]["replicas"] == 0)
    assert pods_of(api, space, "free") == [("api-0", False)]
    api.delete(path(space, "pods", "api-0"))
    eventually(lambda: pods_of(api, space, "api") == [("api-0", True)], MANY_S)


@pytest.mark.parametrize("kind", ["DaemonSet", "Job"])
def test_others_let_go_of_a_pod_as_well(kind: str, api: Api, space: str) -> None:
    plural = f"{kind.lower()}s"
    body = workload(kind, "shop/api:v1-neverready")
    if kind == "Job":
        template = body["spec"]["template"]
        template["spec"]["restartPolicy"] = "Never"
        body = {"metadata": {"name": "api"}, "spec": {"template": template}}
    uid = api.post(path(space, plural), body)["metadata"]["uid"]

    def wanted() -> int:
        status = api.get(path(space, plural, "api")).get("status") or {}
        return int(status.get("desiredNumberScheduled") or status.get("active") or 0)

    eventually(lambda: len(pods_of(api, space, "api")) == wanted() > 0, MANY_S)
    count = wanted()
    name = pods_of(api, space, "api")[0][0]
    label = "batch.kubernetes.io/controller-uid" if kind == "Job" else "app"
    api.merge(path(space, "pods", name), {"metadata": {"labels": {label: "free"}}})
    eventually(lambda: not api.get(path(space, "pods", name))["metadata"].get("ownerReferences"))
    owners = [one for pod in api.get(path(space, "pods"))["items"]
              for one in pod["metadata"].get("ownerReferences") or ()]  # fmt: skip
    eventually(lambda: len(api.get(path(space, "pods"))["items"]) == count + 1, MANY_S)
    assert {one["uid"] for one in owners} <= {uid}
