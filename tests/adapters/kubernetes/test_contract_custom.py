"""What every Kube does with custom resources: found by discovery, and absent ones named."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from clusters.core.manifests import Manifest, key_of
from clusters.kube.protocol import Invalid, Kube, NotFound
from tests.adapters.kubernetes.custom import definition, once_served
from tests.adapters.kubernetes.fake_kube import DEFINITION
from tests.adapters.kubernetes.watched import eventually


def cache(group: str, namespace: str = "", size: int = 1) -> Manifest:
    metadata = {"name": "sessions", "labels": {"app": "shop"}}
    if namespace:
        metadata["namespace"] = namespace  # type: ignore[assignment]
    return {"apiVersion": f"{group}/v1", "kind": "Cache", "metadata": metadata, "spec": {"size": size}}


@pytest.fixture
def group() -> str:
    return f"g{secrets.token_hex(4)}.drover.test"


def test_a_custom_resource_is_applied_read_listed_and_deleted(kube: Kube, namespace: str, group: str) -> None:
    kube.apply(definition(group))
    manifest = cache(group, namespace)
    kind = key_of(manifest)
    applied = once_served(lambda: kube.apply(manifest))
    assert applied["metadata"]["uid"]
    assert kube.get(kind, namespace, "sessions")["spec"] == {"size": 1}
    (listed,) = kube.list(kind, namespace, "app=shop")
    assert (listed["kind"], listed["apiVersion"]) == ("Cache", f"{group}/v1")
    assert kube.list(kind, namespace, "app=other") == []
    changed = kube.apply(cache(group, namespace, size=2))
    assert changed["metadata"]["generation"] > applied["metadata"]["generation"]
    kube.delete(kind, namespace, "sessions")
    kube.delete(kind, namespace, "sessions")
    with pytest.raises(NotFound):
        kube.get(kind, namespace, "sessions")


def test_a_custom_resource_of_the_whole_cluster_needs_no_namespace(kube: Kube, group: str) -> None:
    kube.apply(definition(group, scope="Cluster"))
    once_served(lambda: kube.apply(cache(group)))
    kind = f"Cache.{group}/v1"
    assert kube.get(kind, "", "sessions")["spec"] == {"size": 1}
    assert len(kube.list(kind)) == 1


def test_a_kind_that_the_cluster_does_not_have_is_named(kube: Kube, namespace: str, group: str) -> None:
    kind = f"Cache.{group}/v1"
    calls: list[Callable[[], Any]] = [
        lambda: kube.get(kind, namespace, "sessions"),
        lambda: kube.list(kind, namespace),
        lambda: kube.apply(cache(group, namespace)),
    ]
    for call in calls:
        with pytest.raises(NotFound) as caught:
            call()
        assert (caught.value.reason.code, dict(caught.value.reason.params)) == ("kind-absent", {"kind": kind})
    kube.delete(kind, namespace, "sessions")


def test_a_version_that_a_group_does_not_have_is_absent(kube: Kube, namespace: str) -> None:
    with pytest.raises(NotFound) as caught:
        kube.get("Deployment.apps/v1beta1", namespace, "api")
    assert caught.value.reason.code == "kind-absent"


@pytest.mark.parametrize("kind", ["Cache", "Cache.", ".example/v1", ""])
def test_what_names_no_kind_is_invalid(kube: Kube, kind: str) -> None:
    with pytest.raises(Invalid):
        kube.get(kind, "prod-a-1", "sessions")


def test_a_definition_that_comes_back_as_another_is_found_again(
    kube: Kube, namespace: str, group: str
) -> None:
    kube.apply(definition(group))
    once_served(lambda: kube.apply(cache(group, namespace)))
    kube.delete(DEFINITION, "", f"caches.{group}")
    kind = f"Cache.{group}/v1"

    def gone() -> bool:
        try:
            kube.get(kind, namespace, "sessions")
        except NotFound:
            return True
        return False

    eventually(gone)
    eventually(lambda: _is_gone(kube, f"caches.{group}"))
    kube.apply(definition(group, plural="stores"))
    applied = once_served(lambda: kube.apply(cache(group, namespace)))
    assert kube.get(kind, namespace, "sessions")["metadata"]["uid"] == applied["metadata"]["uid"]


def _is_gone(kube: Kube, name: str) -> bool:
    try:
        kube.get(DEFINITION, "", name)
    except NotFound:
        return True
    return False


def test_an_object_without_the_namespace_it_needs_is_invalid(kube: Kube, group: str) -> None:
    kube.apply(definition(group))
    once_served(lambda: kube.list(f"Cache.{group}/v1"))
    with pytest.raises(Invalid):
        kube.get(f"Cache.{group}/v1", "", "sessions")
