"""set_version with Jobs, autoscaled workloads and custom resources, against a real API."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, render
from clusters.kube.connect import connect
from clusters.kube.protocol import Kube, NotFound
from releases.core.answers import Failed, Succeeded
from releases.steps.context import StepContext
from releases.steps.set_version import act
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.custom import definition, once_served
from tests.core.clusters.shop import deployment

IMAGES = {"api": "registry.example/shop/api:v1.0.0"}


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.02, 0.05)) as started:
        yield started


@pytest.fixture
def kube(fleet: Fleet) -> Kube:
    access = fleet.clusters["a"]
    return connect(1, Credentials(server=access.server, token=access.token))


@pytest.fixture
def context(kube: Kube, request: pytest.FixtureRequest) -> StepContext:
    name = f"p-{abs(hash(request.node.name)) % 10**8}"
    return StepContext(name, f"prod-{name}", "1.1.1", kube, (), (), False, False, lambda *_: None)


def migration(command: str = "up") -> Manifest:
    container = {"name": "migrate", "image": "registry.example/shop/migrate:v1.0.0", "args": [command]}
    pods = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate"},
        "spec": {"template": pods, "backoffLimit": 0},
    }


def autoscaler() -> Manifest:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "api"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 9},
    }


def of(context: StepContext, *more: Manifest, **changes: Any) -> StepContext:
    """The context with the shop and `more` rendered."""
    target = ProdTarget(context.prod, context.namespace, "v1")
    manifests = [deployment("api"), *more]
    return replace(context, rendered=render(manifests, IMAGES, target), **changes)


def jobs(context: StepContext) -> list[str]:
    return sorted(item["metadata"]["name"] for item in context.kube.list("Job", context.namespace))


def replicas(context: StepContext) -> int:
    found: int = context.kube.get("Deployment", context.namespace, "api")["spec"]["replicas"]
    return found


def test_a_job_that_is_there_is_adopted_and_one_of_other_content_takes_its_place(
    context: StepContext,
) -> None:
    first = of(context, migration())
    act(first)
    (name,) = jobs(context)
    uid = context.kube.get("Job", context.namespace, name)["metadata"]["uid"]
    act(replace(first, token="1.1.2"))
    assert context.kube.get("Job", context.namespace, name)["metadata"]["uid"] == uid
    outcome = act(of(context, migration("down"), token="2.1.1"))
    assert isinstance(outcome.answer, Succeeded)
    (other,) = jobs(context)
    assert other != name


def test_a_job_that_left_the_blueprint_goes_and_foreign_ones_stay(context: StepContext) -> None:
    act(of(context, migration()))
    foreign = {**migration(), "metadata": {"name": "theirs", "namespace": context.namespace}}
    context.kube.apply(foreign)
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "c", "uid": "u", "controller": True}
    labels = {"drover.dev/prod": context.prod}
    metadata = {"name": "owned", "namespace": context.namespace, "labels": labels, "ownerReferences": [owner]}
    context.kube.apply({**migration(), "metadata": metadata})
    act(of(context, former=(("Job", "migrate"),), token="1.1.2"))
    assert "theirs" in jobs(context)
    assert not [name for name in jobs(context) if name.startswith("migrate-")]


def test_only_another_attempt_tries_a_failed_job_anew(context: StepContext, fleet: Fleet) -> None:
    first = of(context, migration())
    act(first)
    (name,) = jobs(context)
    path = f"/apis/batch/v1/namespaces/{context.namespace}/jobs/{name}/status"
    body = {"status": {"conditions": [{"type": "Failed", "status": "True", "message": "no"}]}}
    status, _ = fleet.request("a", "PATCH", path, body, "application/merge-patch+json")
    assert status == 200
    uid = context.kube.get("Job", context.namespace, name)["metadata"]["uid"]
    act(replace(first, token="1.1.2"))
    assert context.kube.get("Job", context.namespace, name)["metadata"]["uid"] == uid
    outcome = act(replace(first, token="1.1.3", again=True))
    assert isinstance(outcome.answer, Succeeded)
    assert context.kube.get("Job", context.namespace, name)["metadata"]["uid"] != uid


def test_replicas_are_ours_at_first_and_the_autoscalers_from_then_on(
    context: StepContext, fleet: Fleet
) -> None:
    act(of(context))
    assert replicas(context) == 3
    act(of(context, autoscaler(), token="1.1.2"))
    assert replicas(context) == 3, "leaving the field out must not set it back to 1"
    path = f"/apis/apps/v1/namespaces/{context.namespace}/deployments/api?fieldManager=hpa"
    body = {"spec": {"replicas": 7}}
    assert fleet.request("a", "PATCH", path, body, "application/merge-patch+json")[0] == 200
    outcome = act(of(context, autoscaler(), token="1.1.3"))
    assert isinstance(outcome.answer, Succeeded)
    assert replicas(context) == 7


def test_a_new_autoscaled_workload_begins_with_the_replicas_of_the_blueprint(context: StepContext) -> None:
    act(of(context, autoscaler()))
    assert replicas(context) == 3


def test_a_custom_resource_is_applied_and_removed_by_its_key(context: StepContext) -> None:
    kind = "Cache.steps.drover.test/v1"
    cache = {"apiVersion": "steps.drover.test/v1", "kind": "Cache", "metadata": {"name": "it"}, "spec": {}}
    missing = act(of(context, cache))
    assert isinstance(missing.answer, Failed)
    assert missing.answer.reason.code == "kind-absent"
    context.kube.apply(definition("steps.drover.test"))
    once_served(lambda: context.kube.list(kind, context.namespace))
    outcome = act(of(context, cache, token="1.1.2"))
    assert isinstance(outcome.answer, Succeeded)
    assert kind in [item["kind"] for item in outcome.result["applied"]]
    act(of(context, former=((kind, "it"),), token="1.1.3"))
    with pytest.raises(NotFound):
        context.kube.get(kind, context.namespace, "it")
