"""Fields that are removed whoever owns them: the fake, a simulated cluster, and a real API server."""

import pytest

from clusters.core.manifests import Manifest
from clusters.kube.protocol import Conflict, Kube, NotFound


def config(namespace: str) -> Manifest:
    metadata = {"name": "settings", "namespace": namespace, "labels": {"shop.example/tier": "gold"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a_b": "1", "c": "2"}}


def test_fields_are_removed_and_the_rest_stays(kube: Kube, namespace: str) -> None:
    version = kube.apply(config(namespace))["metadata"]["resourceVersion"]
    gone = ("/data/a_b", "/metadata/labels/shop.example~1tier")
    answer = kube.remove_fields("ConfigMap", namespace, "settings", gone, resource_version=version)
    assert answer["metadata"]["resourceVersion"] != version
    found = kube.get("ConfigMap", namespace, "settings")
    assert found["data"] == {"c": "2"}
    assert not found["metadata"].get("labels")


def test_an_object_that_has_moved_on_is_left_as_it_is(kube: Kube, namespace: str) -> None:
    version = kube.apply(config(namespace))["metadata"]["resourceVersion"]
    kube.apply({**config(namespace), "data": {"c": "3"}})
    with pytest.raises(Conflict):
        kube.remove_fields("ConfigMap", namespace, "settings", ["/data/c"], resource_version=version)
    assert kube.get("ConfigMap", namespace, "settings")["data"] == {"c": "3"}


def test_an_object_that_is_not_there_is_not_found(kube: Kube, namespace: str) -> None:
    with pytest.raises(NotFound):
        kube.remove_fields("ConfigMap", namespace, "nothing", ["/data"], resource_version="1")
