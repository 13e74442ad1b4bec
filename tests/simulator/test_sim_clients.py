"""Programs that nobody here wrote: the official Kubernetes client, unmodified."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, dynamic, watch
from kubernetes.dynamic.exceptions import ConflictError

from simulator.testing import Fleet
from tests.simulator.space import Space, deployment, until


@pytest.fixture
def api(fleet: Fleet) -> Iterator[client.ApiClient]:
    found = config.new_client_from_config(str(fleet.kubeconfig), context="a")
    yield found
    found.close()


@pytest.fixture
def deployments(api: client.ApiClient, tmp_path: Path) -> Any:
    found = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery.json"))
    return found.resources.get(api_version="apps/v1", kind="Deployment")


def apply(
    deployments: Any, space: Space, body: dict[str, Any], manager: str = "drover", force: bool = False
) -> Any:
    return deployments.server_side_apply(
        body=body, namespace=space.name, field_manager=manager, force_conflicts=force
    )


def test_a_token_and_a_host_are_enough(fleet: Fleet) -> None:
    access = fleet.clusters["a"]
    settings = client.Configuration(host=access.server)
    settings.api_key = {"authorization": f"Bearer {access.token}"}
    with client.ApiClient(settings) as api:
        assert client.VersionApi(api).get_code().git_version == "v1.36.2"
        assert len(client.CoreV1Api(api).list_node().items) == 3


def test_server_side_apply_creates_and_changes(deployments: Any, space: Space) -> None:
    assert apply(deployments, space, deployment()).metadata.generation == 1
    assert apply(deployments, space, deployment(tag="v2")).metadata.generation == 2
    assert apply(deployments, space, deployment(tag="v2")).metadata.generation == 2


def test_a_conflict_is_told_with_its_field(deployments: Any, space: Space) -> None:
    apply(deployments, space, deployment())
    with pytest.raises(ConflictError) as caught:
        apply(deployments, space, deployment(tag="v2"), manager="other")
    assert '[name=\\"api\\"].image' in str(caught.value.body)
    assert (
        apply(deployments, space, deployment(tag="v2"), manager="other", force=True).metadata.generation == 2
    )


def test_an_apply_with_an_old_version_is_a_conflict_even_when_forced(deployments: Any, space: Space) -> None:
    seen = apply(deployments, space, deployment()).metadata.resourceVersion
    apply(deployments, space, deployment(tag="v2"))
    body = deployment(tag="v3")
    body["metadata"]["resourceVersion"] = seen
    with pytest.raises(ConflictError):
        apply(deployments, space, body, force=True)


def test_the_typed_client_reads_what_the_controllers_write(api: client.ApiClient, space: Space) -> None:
    apps = client.AppsV1Api(api)
    apps.create_namespaced_deployment(space.name, deployment())
    until(space.rolled_out, "rolled out")
    status = apps.read_namespaced_deployment_status("api", space.name).status
    assert (status.ready_replicas, status.updated_replicas, status.available_replicas) == (3, 3, 3)
    apps.patch_namespaced_deployment_scale("api", space.name, {"spec": {"replicas": 1}})
    until(lambda: len(space.list("pods")) == 1, "scaled down")
    pod = client.CoreV1Api(api).list_namespaced_pod(space.name, label_selector="app=api").items[0]
    assert pod.status.container_statuses[0].ready
    assert "listening" in client.CoreV1Api(api).read_namespaced_pod_log(pod.metadata.name, space.name)
    assert client.CoreV1Api(api).list_namespaced_event(space.name).items


def test_the_watch_of_the_client_sees_pods_become_ready(api: client.ApiClient, space: Space) -> None:
    space.create("deployments", deployment(replicas=2))
    ready = set()
    stream = watch.Watch()
    for event in stream.stream(client.CoreV1Api(api).list_namespaced_pod, space.name, timeout_seconds=10):
        pod = event["object"]
        if any(entry.type == "Ready" and entry.status == "True" for entry in pod.status.conditions or ()):
            ready.add(pod.metadata.name)
        if len(ready) == 2:
            stream.stop()
    assert len(ready) == 2


def test_the_dynamic_client_knows_every_kind_by_name(api: client.ApiClient, tmp_path: Path) -> None:
    kinds = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery.json")).resources
    for version, kind, plural in [
        ("v1", "Pod", "pods"), ("apps/v1", "StatefulSet", "statefulsets"), ("batch/v1", "CronJob", "cronjobs"),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
    ]:  # fmt: skip
        assert kinds.get(api_version=version, kind=kind).name == plural
    assert set(kinds.get(api_version="apps/v1", kind="Deployment").subresources) >= {
        "scale", "status"}  # fmt: skip


def test_the_dynamic_client_scales_patches_and_deletes(deployments: Any, space: Space) -> None:
    apply(deployments, space, deployment())
    scale = deployments.scale.patch(
        name="api",
        namespace=space.name,
        body={"spec": {"replicas": 1}},
        content_type="application/merge-patch+json",
    )
    assert (scale.kind, scale.spec.replicas) == ("Scale", 1)
    until(space.rolled_out, "scaled")
    assert deployments.status.get(name="api", namespace=space.name).status.readyReplicas == 1
    deployments.delete(name="api", namespace=space.name, body={"propagationPolicy": "Foreground"})
    until(lambda: not deployments.get(namespace=space.name).items, "gone")
    assert space.list("pods") == []


def test_the_dynamic_client_watches_from_a_version(deployments: Any, space: Space) -> None:
    seen = apply(deployments, space, deployment(replicas=1)).metadata.resourceVersion
    apply(deployments, space, deployment(tag="v2", replicas=1))
    tags = []
    for event in deployments.watch(namespace=space.name, name="api", resource_version=seen, timeout=10):
        assert event["type"] == "MODIFIED"
        image = event["object"].spec.template.spec.containers[0].image
        tags.append(image.rpartition(":")[2])
        if event["object"].status.availableReplicas and tags[-1] == "v2":
            break
    assert tags == sorted(tags)
    assert set(tags) >= {"v2"}


def test_the_dynamic_client_is_told_where_the_list_in_a_watch_ends(deployments: Any, space: Space) -> None:
    apply(deployments, space, deployment("one", replicas=0))
    apply(deployments, space, deployment("two", replicas=0))
    names = []
    for event in deployments.watch(
        namespace=space.name, timeout=10, allow_watch_bookmarks=True, send_initial_events=True,
        resource_version_match="NotOlderThan",
    ):  # fmt: skip
        if event["type"] == "BOOKMARK":
            assert event["raw_object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
            break
        names.append((event["type"], event["object"].metadata.name))
    assert names == [("ADDED", "one"), ("ADDED", "two")]


def test_the_client_follows_a_log_until_the_pod_is_gone(api: client.ApiClient, space: Space) -> None:
    core = client.CoreV1Api(api)
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    (pod,) = space.list("pods")
    lines = []
    for line in watch.Watch().stream(core.read_namespaced_pod_log, pod["metadata"]["name"], space.name):
        lines.append(line.split()[0])
        if len(lines) == 3:
            core.delete_namespaced_pod(pod["metadata"]["name"], space.name)
    assert lines == ["starting", "pod", "listening"]
