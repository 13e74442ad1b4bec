"""Changes of Prods on a real control plane: by a patch of one Prod, and of what a Blueprint consists of."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube, NotFound
from clusters.models import Cluster, Prod
from releases import actions
from releases.prod_previews import preview_change
from tests import build
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.custom import definition, once_served
from tests.adapters.kubernetes.story import (
    ONE_EACH,
    blueprint,
    built,
    carry_out,
    drift_of,
    kube_of,
    one_tick,
    registered,
    released,
    rolled_back,
    watched,
)
from tests.adapters.kubernetes.watched import eventually

pytestmark = pytest.mark.django_db(transaction=True)

API = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: unset}]}
"""
IMAGE = {"api": "registry.example/cached/api:v1"}


@pytest.fixture
def cluster(control_plane: ControlPlane, transactional_db: None) -> Iterator[Cluster]:
    cluster = registered("real", control_plane.credentials)
    with watched(cluster):
        yield cluster


def deployment(prod: Prod) -> Manifest:
    return kube_of(prod).get("Deployment", prod.namespace, "api")


def variables(prod: Prod) -> dict[str, str]:
    containers = deployment(prod)["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one["value"] for one in containers[0].get("env", ())}


def test_a_patch_of_one_prod_runs_and_is_taken_back(cluster: Cluster) -> None:
    build.shop(build.person("admin"))
    prod = built("patched", cluster.name)
    own: dict[str, Any] = {"name": "api", "env": [{"name": "CURRENCY", "value": "EUR"}]}
    template = {"spec": {"containers": [own], "terminationGracePeriodSeconds": 5}}
    patch = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": template}}
    overrides = ONE_EACH | {"patches": [patch]}
    digest = preview_change(prod.name, overrides, 0).plan.digest
    run = actions.start_change(build.person("release-manager"), prod.name, overrides, digest, soak_s=0)
    before = deployment(prod)["metadata"]["generation"]
    assert carry_out(run).state == "succeeded", run.reason
    assert variables(prod) == {"CURRENCY": "EUR"}
    assert deployment(prod)["metadata"]["generation"] == before + 1
    eventually(lambda: one_tick() or drift_of(prod) == [])
    assert rolled_back(run).state == "succeeded"
    assert variables(prod) == {}
    assert deployment(prod)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30


def test_a_custom_resource_that_is_allowed_comes_changes_and_goes(cluster: Cluster) -> None:
    group = f"g{secrets.token_hex(4)}.drover.test"
    kind = f"Cache.{group}/v1"
    cache = f"---\napiVersion: {group}/v1\nkind: Cache\nmetadata: {{name: sessions}}\nspec: {{size: 1}}\n"
    admin = with_caches(cluster, group)
    blueprint("cached", API + cache, (kind,), v1=IMAGE)
    prod = built("cached", cluster.name, blueprint="cached", version="v1")
    kube = kube_of(prod)
    first = kube.get(kind, prod.namespace, "sessions")
    assert (first["spec"], first["metadata"]["labels"]["drover.dev/prod"]) == ({"size": 1}, "cached")
    eventually(lambda: one_tick() or drift_of(prod) == [])

    blueprint("cached", API + cache.replace("size: 1", "size: 2"), (kind,), v2=IMAGE)
    assert carry_out(released("cached", "v2")).state == "succeeded"
    second = kube.get(kind, prod.namespace, "sessions")
    assert (second["spec"], second["metadata"]["uid"]) == ({"size": 2}, first["metadata"]["uid"])

    blueprint("cached", API, v3=IMAGE)
    assert carry_out(released("cached", "v3")).state == "succeeded"
    with pytest.raises(NotFound):
        kube.get(kind, prod.namespace, "sessions")
    eventually(lambda: one_tick() or drift_of(prod) == [])
    assert admin.list(kind) == []


def with_caches(cluster: Cluster, group: str) -> Kube:
    """The cluster, on which somebody has defined Caches."""
    kube = connect_cluster(cluster)
    kube.apply(definition(group))
    once_served(lambda: kube.list(f"Cache.{group}/v1"))
    return kube
