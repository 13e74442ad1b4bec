"""lightkube, a client of other people than the official one's, unmodified: as its users use it."""

from collections.abc import Iterator

import pytest
from lightkube import ApiError, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import ConfigMap, Event, Node, Pod, Service
from lightkube.types import CascadeType, PatchType

from simulator.testing import Fleet
from tests.simulator.space import Space, deployment, job, service, until


@pytest.fixture
def kube(fleet: Fleet, space: Space) -> Iterator[Client]:
    access = KubeConfig.from_file(str(fleet.kubeconfig)).get(context_name="a")
    with Client(config=access, namespace=space.name, field_manager="lightkube", trust_env=False) as found:
        yield found


def rolled_out(kube: Client, tag: str = "v1.0.0", replicas: int = 3) -> Deployment:
    """`api`, applied and available."""
    kube.apply(codecs.from_dict(deployment(tag=tag, replicas=replicas)))
    return kube.wait(Deployment, "api", for_conditions=["Available"])


def pods(kube: Client) -> list[Pod]:
    return list(kube.list(Pod, labels={"app": "api"}))


def test_create_get_replace_and_delete(kube: Client) -> None:
    made = kube.create(ConfigMap(metadata=ObjectMeta(name="settings"), data={"a": "1"}))
    made.data = {"a": "2"}
    assert kube.replace(made).data == {"a": "2"}
    with pytest.raises(ApiError) as caught:
        kube.replace(made)  # of the old resourceVersion
    assert (caught.value.status.code, caught.value.status.reason) == (409, "Conflict")
    kube.delete(ConfigMap, "settings")
    with pytest.raises(ApiError, match='configmaps "settings" not found'):
        kube.get(ConfigMap, "settings")


def test_apply_takes_over_only_by_force(kube: Client) -> None:
    assert rolled_out(kube).status.readyReplicas == 3
    with pytest.raises(ApiError, match='conflict with "lightkube"'):
        kube.apply(codecs.from_dict(deployment(tag="v2")), field_manager="other")
    taken = kube.apply(codecs.from_dict(deployment(tag="v2")), field_manager="other", force=True)
    assert {entry.manager for entry in taken.metadata.managedFields if entry.operation == "Apply"} == {
        "lightkube",
        "other",
    }


def test_a_list_comes_in_pages_and_by_selector(kube: Client) -> None:
    for number in range(7):
        kube.create(ConfigMap(metadata=ObjectMeta(name=f"page-{number}", labels={"odd": str(number % 2)})))
    names = [one.metadata.name for one in kube.list(ConfigMap, chunk_size=2)]
    assert [name for name in names if name.startswith("page-")] == [f"page-{number}" for number in range(7)]
    assert len(list(kube.list(ConfigMap, labels={"odd": "1"}))) == 3
    assert [one.metadata.name for one in kube.list(ConfigMap, fields={"metadata.name": "page-4"})] == [
        "page-4"
    ]
    assert len(list(kube.list(Node))) == 3


def test_a_watch_sees_a_rollout_to_its_end(kube: Client) -> None:
    start = rolled_out(kube).metadata.resourceVersion
    kube.apply(codecs.from_dict(deployment(tag="v2")))
    for type_, seen in kube.watch(Deployment, fields={"metadata.name": "api"}, resource_version=start):
        assert type_ == "MODIFIED"
        assert seen.status.availableReplicas >= 3  # surge 1, nothing unavailable
        if seen.status.observedGeneration == 2 and seen.status.updatedReplicas == seen.status.replicas == 3:
            break
    until(lambda: {pod.spec.containers[0].image[-2:] for pod in pods(kube)} == {"v2"}, "the old pods went")


def test_scale_by_the_subresource(kube: Client) -> None:
    rolled_out(kube)
    scale = kube.get(Deployment.Scale, "api")
    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector) == (3, 3, "app=api")
    scale.spec.replicas = 1
    kube.replace(scale, "api")
    until(lambda: len(pods(kube)) == 1, "scaled down")


def test_logs_are_read_and_followed(kube: Client) -> None:
    rolled_out(kube)
    name = pods(kube)[0].metadata.name
    assert list(kube.log(name))[-1] == "listening on :8080\n"
    assert list(kube.log(name, tail_lines=1)) == ["listening on :8080\n"]
    lines = kube.log(name, follow=True)
    assert [next(lines).split()[0] for _ in range(3)] == ["starting", "pod", "listening"]
    kube.delete(Pod, name)
    assert list(lines) == []  # it ended, with the pod


def test_patches_of_all_four_kinds(kube: Client) -> None:
    rolled_out(kube)
    kube.patch(Deployment, "api", {"metadata": {"labels": {"a": "1"}}}, patch_type=PatchType.MERGE)
    kube.patch(
        Deployment,
        "api",
        [{"op": "add", "path": "/metadata/labels/b", "value": "2"}],
        patch_type=PatchType.JSON,
    )
    container = {"name": "api", "env": [{"name": "A", "value": "1"}]}
    template = {"spec": {"template": {"spec": {"containers": [container]}}}}
    found = kube.patch(Deployment, "api", template, patch_type=PatchType.STRATEGIC)
    assert found.spec.template.spec.containers[0].image.endswith("api:v1.0.0")
    labels = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "labels": {"c": "3"}},
    }
    found = kube.patch(Deployment, "api", labels, patch_type=PatchType.APPLY, field_manager="labels")
    assert found.metadata.labels == {"app": "api", "a": "1", "b": "2", "c": "3"}


def test_a_job_is_waited_for(kube: Client) -> None:
    kube.create(codecs.from_dict(job()))
    kube.wait(Job, "migrate", for_conditions=["Complete"], raise_for_conditions=["Failed"])
    assert kube.get(Job, "migrate").status.succeeded == 1


@pytest.mark.parametrize(("cascade", "left"), [(CascadeType.ORPHAN, 3), (CascadeType.FOREGROUND, 0)])
def test_delete_takes_the_pods_or_leaves_them(kube: Client, cascade: CascadeType, left: int) -> None:
    rolled_out(kube)
    kube.delete(Deployment, "api", cascade=cascade)
    until(lambda: not list(kube.list(Deployment)), "the Deployment is gone")
    assert len(pods(kube)) == left


def test_what_the_controllers_write_fits_the_models(kube: Client) -> None:
    rolled_out(kube)
    kube.create(codecs.from_dict(service()))
    until(lambda: kube.get(Service, "api").status.loadBalancer.ingress, "an address")
    assert {event.reason for event in kube.list(Event)} >= {"ScalingReplicaSet", "Scheduled", "Started"}
    conditions = {one.type: one.status for one in pods(kube)[0].status.conditions}
    assert conditions["Ready"] == conditions["ContainersReady"] == conditions["PodScheduled"] == "True"


def test_resources_it_has_no_model_of(kube: Client) -> None:
    routes = create_namespaced_resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
    body = {"metadata": {"name": "shop"}, "spec": {"parentRefs": [{"name": "edge"}]}}
    assert kube.create(routes(body))["spec"]["rules"]  # the default one
    assert [one.metadata.name for one in kube.list(routes)] == ["shop"]
