"""What an API server takes from nobody: a simulated one and a real one refuse the same, for the same field."""

from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from clusters.kube.client import Client
from clusters.kube.protocol import Conflict, Invalid
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.watched import Site, deployment

CONTAINER = "spec.template.spec.containers[0]"
TYPED = '.spec.template.spec.containers[name="api"]'


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with closing(site.client()) as client:
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"prod-{site.prod}"}})
        yield client


def container(site: Site, **fields: Any) -> Manifest:
    """The Deployment `api`, its container with these fields."""
    found = deepcopy(deployment(site.prod))
    found["spec"]["template"]["spec"]["containers"][0].update(fields)
    return found


def config(site: Site, data: Any) -> Manifest:
    metadata = {"name": "settings", "namespace": f"prod-{site.prod}"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def service(site: Site, *ports: Manifest, **spec: Any) -> Manifest:
    metadata = {"name": "api", "namespace": f"prod-{site.prod}"}
    spec = {"selector": {"app": "api"}, "ports": list(ports), **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def spec(site: Site, **fields: Any) -> Manifest:
    found = deployment(site.prod)
    return {**found, "spec": {**found["spec"], **fields}}


def labelled(site: Site, **labels: Any) -> Manifest:
    found = deepcopy(deployment(site.prod))
    found["metadata"]["labels"].update(labels)
    return found


TWICE = {"containerPort": 80}
LESS = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}
REFUSED = {
    "a variable twice": (lambda s: container(s, env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
                         f'{TYPED}.env: duplicate entries for key [name="A"]'),
    "a port twice": (lambda s: container(s, ports=[TWICE, {**TWICE, "name": "b"}]),
                     f'{TYPED}.ports: duplicate entries for key [containerPort=80,protocol="TCP"]'),
    "a mount twice": (lambda s: container(s, volumeMounts=[{"name": "v", "mountPath": "/x"}] * 2),
                      f'{TYPED}.volumeMounts: duplicate entries for key [mountPath="/x"]'),
    "a variable that is a number": (lambda s: container(s, env=[{"name": "A", "value": 1}]),
                                    f'{TYPED}.env[name="A"].value: expected string'),
    "an argument that is a number": (lambda s: container(s, args=[1]), f"{TYPED}.args[0]: expected string"),
    "an image that is a number": (lambda s: container(s, image=3), f"{TYPED}.image: expected string"),
    "a number in a ConfigMap": (lambda s: config(s, {"a": 1}), ".data.a: expected string"),
    "a ConfigMap that is a list": (lambda s: config(s, ["a"]), ".data: expected map"),
    "a label that is a number": (lambda s: labelled(s, tier=1), ".metadata.labels.tier: expected string"),
    "replicas as text": (lambda s: spec(s, replicas="3"), ".spec.replicas: expected numeric"),
    "a quantity that is none": (lambda s: container(s, resources={"requests": {"cpu": "lots"}}),
                                "failed to convert new object"),
    "an unknown field": (lambda s: spec(s, replicaz=1), ".spec.replicaz: field not declared in schema"),
    "port 0": (lambda s: container(s, ports=[{"containerPort": 0}]), f"{CONTAINER}.ports[0].containerPort: Required"),
    "a port beyond the last": (lambda s: container(s, ports=[{"containerPort": 70000}]),
                               f"{CONTAINER}.ports[0].containerPort: Invalid value: 70000"),
    "a request above its limit": (lambda s: container(s, resources=LESS),
                                  "must be less than or equal to cpu limit of 1"),
    "a mount without its volume": (lambda s: container(s, volumeMounts=[{"name": "v", "mountPath": "/x"}]),
                                   f'{CONTAINER}.volumeMounts[0].name: Not found: "v"'),
    "a variable without a name": (lambda s: container(s, env=[{"value": "1"}]), f"{CONTAINER}.env[0].name: Required"),
    "a label with a space": (lambda s: labelled(s, tier="b c"), 'metadata.labels: Invalid value: "b c"'),
    "a key that is no file name": (lambda s: config(s, {"a b": "1"}), 'data[a b]: Invalid value: "a b"'),
    "Service ports without names": (lambda s: service(s, {"port": 1}, {"port": 2}), "spec.ports[0].name: Required"),
    "a Service's port twice": (lambda s: service(s, {"name": "a", "port": 1}, {"name": "b", "port": 1}),
                               '.spec.ports: duplicate entries for key [port=1,protocol="TCP"]'),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, site: Site, client: Client) -> None:
    make, words = REFUSED[name]
    with pytest.raises(Invalid) as caught:
        client.apply(make(site))
    assert words in dict(caught.value.reason.params)["message"]


def test_what_has_no_kind_is_a_bad_request(site: Site, client: Client) -> None:
    path = f"/api/v1/namespaces/prod-{site.prod}/configmaps/settings?fieldManager=drover"
    body = config(site, {"a": "1"})
    del body["kind"]
    with pytest.raises(LookupError, match=r"400 .*invalid object type: /v1, Kind="):
        Api(site.credentials).ask("PATCH", path, body, "application/apply-patch+yaml")


def test_the_manager_of_a_field_is_named_with_the_door_it_came_by(site: Site, client: Client) -> None:
    client.apply(deployment(site.prod))
    path = f"/apis/apps/v1/namespaces/prod-{site.prod}/deployments/api/scale?fieldManager=autoscaler"
    Api(site.credentials).merge(path, {"spec": {"replicas": 4}})
    with pytest.raises(Conflict) as caught:
        client.apply(deployment(site.prod))
    (contested,) = caught.value.fields
    words = 'conflict with "autoscaler" with subresource "scale" using apps/v1'
    assert (contested.field, contested.message) == (".spec.replicas", words)


def test_an_item_that_was_removed_is_nobodys(site: Site, client: Client) -> None:
    applied = client.apply(service(site, {"name": "a", "port": 1}, {"name": "b", "port": 2}))
    version = applied["metadata"]["resourceVersion"]
    found = client.remove_fields(
        "Service", f"prod-{site.prod}", "api", ["/spec/ports/0"], resource_version=version
    )
    (own,) = [entry for entry in found["metadata"]["managedFields"] if entry["manager"] == "drover"]
    assert list(own["fieldsV1"]["f:spec"]["f:ports"]) == ['k:{"port":2,"protocol":"TCP"}']


def test_a_service_forgets_what_only_its_former_type_had(site: Site, client: Client) -> None:
    client.apply(service(site, {"port": 80}, type="LoadBalancer"))
    spec = client.apply(service(site, {"port": 80}, type="ClusterIP"))["spec"]
    assert spec["type"] == "ClusterIP"
    assert not {"allocateLoadBalancerNodePorts", "externalTrafficPolicy"} & spec.keys()
    assert "nodePort" not in spec["ports"][0]


def test_a_headless_service_stays_so_when_nobody_says_so_any_more(site: Site, client: Client) -> None:
    client.apply(service(site, {"port": 80}, clusterIP="None"))
    assert client.apply(service(site, {"port": 80}))["spec"]["clusterIP"] == "None"
