"""What every Kube does with objects: the fake, a simulated cluster, and a real API server where there is one."""

from contextlib import closing
from copy import deepcopy

import pytest

from clusters.core.evidence import applied_from_answer
from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Conflict, Denied, Invalid, Kube, NotFound
from simulator.testing import Fleet

LOOPBACK = Limits(loopback_allowed=True)


def deployment(namespace: str, image: str = "shop/api:v1") -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": namespace, "labels": {"drover.dev/prod": namespace}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "api"}},
            "template": {
                "metadata": {"labels": {"app": "api"}, "annotations": {"drover.dev/digest": image}},
                "spec": {"containers": [{"name": "api", "image": image}]},
            },
        },
    }


def config(namespace: str, **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": data,
    }


def test_what_is_applied_is_there(kube: Kube, namespace: str) -> None:
    answer = kube.apply(deployment(namespace))
    found = kube.get("Deployment", namespace, "api")
    assert found["metadata"]["uid"] == answer["metadata"]["uid"]
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "shop/api:v1"
    assert (found["kind"], found["apiVersion"]) == ("Deployment", "apps/v1")


def test_a_change_raises_the_generation_and_the_same_again_does_not(kube: Kube, namespace: str) -> None:
    first = kube.apply(deployment(namespace))["metadata"]["generation"]
    assert kube.apply(deployment(namespace))["metadata"]["generation"] == first
    assert kube.apply(deployment(namespace, "shop/api:v2"))["metadata"]["generation"] > first


def test_the_answer_to_an_apply_is_evidence(kube: Kube, namespace: str) -> None:
    applied = applied_from_answer(kube.apply(deployment(namespace)))
    assert (applied.kind, applied.name, applied.digest) == ("Deployment", "api", "shop/api:v1")
    assert applied.images == (("api", "shop/api:v1"),)
    assert applied.uid
    assert applied.generation >= 1


def test_a_field_that_is_no_longer_applied_goes(kube: Kube, namespace: str) -> None:
    kube.apply(config(namespace, a="1", b="2"))
    assert kube.apply(config(namespace, a="1"))["data"] == {"a": "1"}


def test_a_dry_run_changes_nothing(kube: Kube, namespace: str) -> None:
    kube.apply(config(namespace, a="1"))
    assert kube.apply(config(namespace, a="2"), dry_run=True)["data"] == {"a": "2"}
    assert kube.get("ConfigMap", namespace, "settings")["data"] == {"a": "1"}


def test_what_is_not_there_is_not_found(kube: Kube, namespace: str) -> None:
    with pytest.raises(NotFound):
        kube.get("Deployment", namespace, "nothing")


def test_a_missing_namespace_is_not_found(kube: Kube) -> None:
    with pytest.raises(NotFound):
        kube.apply(config("no-such-namespace"))


def test_a_write_with_the_seen_version_passes_once(kube: Kube, namespace: str) -> None:
    seen = kube.apply(config(namespace, a="1"))["metadata"]["resourceVersion"]
    kube.apply(config(namespace, a="2"), resource_version=seen)
    with pytest.raises(Conflict) as caught:
        kube.apply(config(namespace, a="3"), resource_version=seen)
    assert caught.value.fields == ()
    assert kube.get("ConfigMap", namespace, "settings")["data"] == {"a": "2"}


def test_a_write_that_names_the_object_it_saw_never_makes_another(kube: Kube, namespace: str) -> None:
    """The resourceVersion alone would not do: the API server makes anew what has gone."""
    seen = kube.apply(config(namespace, a="1"))["metadata"]
    late = config(namespace, a="2")
    late["metadata"]["uid"] = seen["uid"]
    kube.delete("ConfigMap", namespace, "settings")
    with pytest.raises(Conflict):
        kube.apply(late, resource_version=seen["resourceVersion"])
    with pytest.raises(NotFound):
        kube.get("ConfigMap", namespace, "settings")
    kube.apply(config(namespace, a="3"))
    with pytest.raises(Conflict):
        kube.apply(late, resource_version=seen["resourceVersion"])


def test_what_the_server_will_never_take_is_invalid(kube: Kube, namespace: str) -> None:
    kube.apply(deployment(namespace))
    manifest = deepcopy(deployment(namespace))
    manifest["spec"]["selector"]["matchLabels"] = {"app": "other"}  # immutable
    with pytest.raises(Invalid):
        kube.apply(manifest)


@pytest.mark.parametrize("kind", ["Widget", "Deployment"])
def test_what_has_no_place_is_invalid(kube: Kube, kind: str) -> None:
    with pytest.raises(Invalid):
        kube.get(kind, "", "api")


def test_deleting_is_repeatable(kube: Kube, namespace: str) -> None:
    kube.apply(config(namespace, a="1"))
    kube.delete("ConfigMap", namespace, "settings")
    kube.delete("ConfigMap", namespace, "settings")
    with pytest.raises(NotFound):
        kube.get("ConfigMap", namespace, "settings")


def test_another_object_of_that_name_is_not_deleted(kube: Kube, namespace: str) -> None:
    kube.apply(config(namespace, a="1"))
    with pytest.raises(Conflict):
        kube.delete("ConfigMap", namespace, "settings", uid="00000000-0000-0000-0000-000000000000")
    assert kube.get("ConfigMap", namespace, "settings")


def test_what_was_written_since_it_was_seen_is_not_deleted(kube: Kube, namespace: str) -> None:
    seen = kube.apply(config(namespace, a="1"))["metadata"]
    now = kube.apply(config(namespace, a="2"))["metadata"]
    with pytest.raises(Conflict) as caught:
        kube.delete(
            "ConfigMap", namespace, "settings", uid=seen["uid"], resource_version=seen["resourceVersion"]
        )
    assert caught.value.fields == ()
    assert kube.get("ConfigMap", namespace, "settings")["data"] == {"a": "2"}
    kube.delete("ConfigMap", namespace, "settings", resource_version=now["resourceVersion"])
    with pytest.raises(NotFound):
        kube.get("ConfigMap", namespace, "settings")


def test_list_takes_a_selector_and_gives_whole_objects(kube: Kube, namespace: str) -> None:
    kube.apply(deployment(namespace))
    (found,) = kube.list("Deployment", namespace, f"drover.dev/prod={namespace}")
    assert (found["kind"], found["metadata"]["name"]) == ("Deployment", "api")
    assert kube.list("Deployment", namespace, "drover.dev/prod=other") == []
    (same,) = kube.list("Deployment", namespace, f"drover.dev/prod in (other,{namespace})")
    assert same["metadata"]["uid"] == found["metadata"]["uid"]
    assert kube.list("Deployment", namespace, "drover.dev/prod in (other,another)") == []
    everywhere = kube.list("Deployment", None, "drover.dev/prod")
    assert namespace in [item["metadata"]["namespace"] for item in everywhere]


def test_the_server_tells_its_version_and_that_it_is_ready(kube: Kube) -> None:
    assert kube.version().startswith("v1.")
    kube.ready()


def test_another_managers_field_is_contested_until_forced(kube: Kube, namespace: str) -> None:
    kube.apply(config(namespace, a="1"))
    kube.apply(config(namespace, a="theirs"), force=True, manager="kubectl")
    with pytest.raises(Conflict) as caught:
        kube.apply(config(namespace, a="1"))
    assert [contested.field for contested in caught.value.fields] == [".data.a"]
    assert "kubectl" in caught.value.fields[0].message
    assert kube.apply(config(namespace, a="1"), force=True)["data"] == {"a": "1"}


def test_a_wrong_token_is_denied(contract_fleet: Fleet) -> None:
    stranger = Client(Credentials(contract_fleet.clusters["a"].server, token="wrong"), limits=LOOPBACK)
    with closing(stranger), pytest.raises(Denied):
        stranger.list("Deployment")


def test_the_cluster_sees_who_asks_and_one_request_per_call(contract_fleet: Fleet) -> None:
    access = contract_fleet.clusters["a"]
    before = max((entry["seq"] for entry in contract_fleet.audit()), default=0)
    with closing(Client(Credentials(access.server, token=access.token), limits=LOOPBACK)) as client:
        client.list("Deployment")
    # The pods of earlier tests may still come and go.
    (entry,) = [entry for entry in contract_fleet.audit(before) if entry["type"] == "request"]
    assert "drover/" in str(entry)
