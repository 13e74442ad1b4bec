"""Bad Versions on a real control plane, and back: Deployments, and a StatefulSet that would stay broken."""

from collections.abc import Iterator

import pytest

from clusters.models import Cluster
from tests import build
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.story import (
    blueprint,
    built,
    carry_out,
    images,
    kube_of,
    registered,
    released,
    rolled_back,
    step_of,
    watched,
)
from tests.adapters.kubernetes.watched import eventually

pytestmark = pytest.mark.django_db(transaction=True)

STORE = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: sql, port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: unset, readinessProbe: {tcpSocket: {port: 5432}}}]}
"""


@pytest.fixture
def cluster(control_plane: ControlPlane, transactional_db: None) -> Iterator[Cluster]:
    cluster = registered("real", control_plane.credentials)
    with watched(cluster):
        yield cluster


def test_a_deployment_that_crashes_goes_back(cluster: Cluster) -> None:
    build.shop(build.person("admin"))
    prod = built("back-shop", cluster.name)
    bad = carry_out(released("shop", "v1.2.0"))
    assert (bad.state, step_of(bad, "wait_ready").reason["code"]) == ("failed", "pod-failing")
    assert images(prod)["api"] == {"v1.0.0", "v1.2.0-crash"}  # maxUnavailable 0: the old pod still serves
    back = rolled_back(bad)
    assert back.state == "succeeded", back.reason
    assert images(prod) == {"api": {"v1.0.0"}, "frontend": {"v1.0.0"}}
    prod.refresh_from_db()
    assert prod.version.name == "v1.0.0"


def test_a_stateful_set_that_crashes_goes_back_without_the_pod_that_it_waits_for(cluster: Cluster) -> None:
    blueprint("store", STORE, v1={"db": "registry.example/db:v1"}, v2={"db": "registry.example/db:v2-crash"})
    prod = built("back-store", cluster.name, blueprint="store", version="v1")
    bad = carry_out(released("store", "v2"))
    assert (bad.state, step_of(bad, "wait_ready").reason["code"]) == ("failed", "pod-failing")
    assert images(prod) == {"db": {"v1", "v2-crash"}}
    broken = kube_of(prod).get("Pod", prod.namespace, "db-1")["metadata"]["uid"]
    back = rolled_back(bad)
    assert back.state == "succeeded", back.reason
    assert step_of(back, "set_version").result["replaced"] == [broken]
    assert images(prod) == {"db": {"v1"}}


def test_a_stateful_set_whose_pod_never_gets_ready_goes_back_too(cluster: Cluster) -> None:
    """Such a pod says nothing of a failure; its controller waits for it all the same."""
    bad_image = {"db": "registry.example/db:v2-neverready"}
    blueprint("store", STORE, v1={"db": "registry.example/db:v1"}, v2=bad_image)
    prod = built("wait-store", cluster.name, blueprint="store", version="v1")
    run = released("store", "v2")
    carry_out(run, until=lambda: images(prod)["db"] == {"v1", "v2-neverready"})
    assert run.state == "running"
    assert rolled_back(run).state == "succeeded"
    assert images(prod) == {"db": {"v1"}}


def test_without_drover_that_pod_stays_for_ever(cluster: Cluster) -> None:
    """What `releases/steps/stuck_pods.py` is for: the controller alone does not go back."""
    blueprint("store", STORE, v1={"db": "registry.example/db:v1"}, v2={"db": "registry.example/db:v2-crash"})
    prod = built("stay-store", cluster.name, blueprint="store", version="v1")
    carry_out(released("store", "v2"))
    kube = kube_of(prod)
    broken = kube.get("Pod", prod.namespace, "db-1")["metadata"]["uid"]
    found = kube.get("StatefulSet", prod.namespace, "db")
    found["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/db:v1"
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
    went_back = kube.apply(
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": found["spec"]},
        force=True,
    )

    def seen() -> bool:
        status = kube.get("StatefulSet", prod.namespace, "db")["status"]
        return bool(status["observedGeneration"] >= went_back["metadata"]["generation"])

    eventually(seen)
    restarts = kube.get("Pod", prod.namespace, "db-1")["status"]["containerStatuses"][0]["restartCount"]

    def crashed_again() -> bool:
        pod = kube.get("Pod", prod.namespace, "db-1")
        assert pod["metadata"]["uid"] == broken
        return bool(pod["status"]["containerStatuses"][0]["restartCount"] >= min(restarts + 2, 5))

    eventually(crashed_again)
    assert images(prod) == {"db": {"v1", "v2-crash"}}
