"""ExternalDNS routers on a fake cluster and on a simulated one, each with somebody who reads the DNSEndpoints."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest, name_of
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Kube
from simulator.testing import Fleet
from tests.adapters.kubernetes.custom import definition, once_served
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.routers.gateway_worlds import FaultyKube
from traffic.routers.external_dns import ExternalDns
from traffic.routers.external_dns_objects import KIND
from traffic.routers.external_dns_settings import Place

DOMAIN = "routes.example"


def endpoints_definition() -> Manifest:
    """What an installation of ExternalDNS has, as far as it matters here."""
    texts = {"type": "array", "items": {"type": "string"}, "maxItems": 1000}
    pair = {"type": "object", "required": ["name"], "x-kubernetes-preserve-unknown-fields": True}
    endpoint = {
        "type": "object",
        "required": ["dnsName", "recordType"],
        "properties": {
            "dnsName": {"type": "string", "minLength": 1, "maxLength": 254},
            "recordType": {"type": "string", "enum": ["A", "AAAA", "CNAME", "TXT"]},
            "recordTTL": {"type": "integer", "format": "int64", "minimum": 0},
            "setIdentifier": {"type": "string", "maxLength": 255},
            "targets": texts,
            "providerSpecific": {"type": "array", "items": pair, "maxItems": 100},
        },
    }
    endpoints = {"type": "array", "items": endpoint, "maxItems": 1000}
    status = {"type": "object", "properties": {"observedGeneration": {"type": "integer", "format": "int64"}}}
    spec = {"type": "object", "properties": {"endpoints": endpoints}}
    made = definition("externaldns.k8s.io", "dnsendpoints", "DNSEndpoint")
    made["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, for a test"}
    (version,) = made["spec"]["versions"]
    version |= {"name": "v1alpha1", "subresources": {"status": {}}}
    version["schema"] = {
        "openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}
    }
    return made


class Reader:
    """A Kube beside which ExternalDNS runs: while it is `awake`, what is applied is read at once.

    `say` writes the status of an object.
    """

    def __init__(self, kube: Kube, say: Callable[[Manifest, int], None]) -> None:
        self._kube, self.say, self.awake = kube, say, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kube, name)

    def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        answer = self._kube.apply(manifest, **options)
        if self.awake:
            self.say(answer, answer["metadata"]["generation"])
        return answer


class EndpointsWorld:
    """The DNSEndpoints of a namespace, for whoever else may write to it."""

    def __init__(self, reader: Reader, namespace: str) -> None:
        self.reader, self.kube, self.namespace = reader, FaultyKube(reader), namespace
        self.faults = self.kube.faults

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        def changed(endpoint: dict[str, Any]) -> dict[str, Any]:
            if "setIdentifier" not in endpoint:
                return endpoint
            value = {"name": "aws/weight", "value": str(weights[endpoint["setIdentifier"]])}
            rest = [one for one in endpoint.get("providerSpecific", []) if one["name"] != "aws/weight"]
            return endpoint | {"providerSpecific": [*rest, value]}

        old = self.object(route)
        labels, annotations = old["metadata"]["labels"], old["metadata"]["annotations"]
        metadata = {"name": route, "namespace": self.namespace, "labels": labels}
        metadata["annotations"] = annotations | {"drover.dev/epoch": str(epoch)}
        spec = {"endpoints": [changed(endpoint) for endpoint in old["spec"]["endpoints"]]}
        self.reader.apply(
            {**{part: old[part] for part in ("apiVersion", "kind")}, "metadata": metadata, "spec": spec}
        )

    def object(self, name: str) -> Manifest:
        return self.reader.get(KIND, self.namespace, name)

    def names(self) -> list[str]:
        return sorted(map(name_of, self.reader.list(KIND, self.namespace)))


def place_in(namespace: str) -> Place:
    return Place("dns-1", namespace, DOMAIN)


def external_dns_on_fake(request: pytest.FixtureRequest) -> tuple[ExternalDns, EndpointsWorld]:
    kube = FakeKube()
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}})
    kube.apply(endpoints_definition())

    def say(manifest: Manifest, generation: int) -> None:
        key = (KIND, "edge", name_of(manifest))
        kube.objects[key] = kube.objects[key] | {"status": {"observedGeneration": generation}}

    world = EndpointsWorld(Reader(kube, say), "edge")
    return ExternalDns(world.kube, place_in("edge")), world


def external_dns_on_simulator(request: pytest.FixtureRequest) -> tuple[ExternalDns, EndpointsWorld]:
    fleet: Fleet = request.getfixturevalue("edge_fleet")
    access = fleet.clusters["edge-1"]
    kube = Client(Credentials(access.server, token=access.token), limits=Limits(loopback_allowed=True))
    request.addfinalizer(kube.close)
    namespace = f"dns-{secrets.token_hex(4)}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    kube.apply(endpoints_definition())
    once_served(lambda: kube.list(KIND, namespace))

    def say(manifest: Manifest, generation: int) -> None:
        path = f"/apis/externaldns.k8s.io/v1alpha1/namespaces/{namespace}/dnsendpoints/{name_of(manifest)}/status"
        body = {"status": {"observedGeneration": generation}}
        status, answer = fleet.request("edge-1", "PATCH", path, body, "application/merge-patch+json")
        assert status == 200, answer

    world = EndpointsWorld(Reader(kube, say), namespace)
    return ExternalDns(world.kube, place_in(namespace)), world
