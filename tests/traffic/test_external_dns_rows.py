"""From rows to ExternalDNS: a router as people register it, published by the publisher itself as DNSEndpoints of a
simulated cluster, with somebody who says what ExternalDNS says of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube
from clusters.models import Cluster
from clusters.vault import encrypt
from simulator.testing import Fleet, start_fleet
from tests import build
from tests.adapters.kubernetes.custom import once_served
from tests.adapters.routers.on_external_dns import endpoints_definition
from tests.traffic.by_dns import ninety_ten, publish, register, weigh
from traffic.models import RouterInstance
from traffic.routers.external_dns_objects import KIND

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def edge() -> Iterator[Fleet]:
    with start_fleet(["edge-1"]) as fleet:
        yield fleet


class ExternalDns:
    """The DNSEndpoints of a namespace, and ExternalDNS saying that it has read them."""

    def __init__(self, fleet: Fleet, kube: Kube) -> None:
        self._fleet, self._kube = fleet, kube

    def reads(self) -> None:
        for one in self._kube.list(KIND, "dns"):
            path = f"/apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints/{one['metadata']['name']}"
            body = {"status": {"observedGeneration": one["metadata"]["generation"]}}
            status, said = self._fleet.request(
                "edge-1", "PATCH", f"{path}/status", body, "application/merge-patch+json"
            )
            assert status == 200, said

    def endpoints(self, name: str) -> list[dict[str, Any]]:
        found: Manifest = self._kube.get(KIND, "dns", name)
        return list(found["spec"]["endpoints"])

    def weights(self) -> dict[str, str]:
        """Prod -> its weight, of the records that are weighted."""
        return {
            one["setIdentifier"]: value["value"]
            for one in self.endpoints("shop")
            for value in one.get("providerSpecific", [])
            if value["name"] == "aws/weight"
        }


@pytest.fixture
def external_dns(db: None, edge: Fleet) -> Iterator[tuple[RouterInstance, ExternalDns]]:
    ninety_ten()
    access = edge.clusters["edge-1"]
    row = build.cluster("edge-1", reached={"server": access.server, "token": access.token})
    kube = connect_cluster(row)
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dns"}})
    kube.apply(endpoints_definition())
    once_served(lambda: kube.list(KIND, "dns"))
    settings = {"namespace": "dns", "domain": "routes.example.com"}
    yield register("external-dns", cluster="edge-1", settings=settings), ExternalDns(edge, kube)
    for one in kube.list(KIND, "dns"):
        kube.delete(KIND, "dns", one["metadata"]["name"], uid=one["metadata"]["uid"])


def test_a_route_becomes_dns_endpoints_and_is_published_once_external_dns_has_read_them(
    external_dns: tuple[RouterInstance, ExternalDns],
) -> None:
    instance, dns = external_dns
    found = publish(instance)
    assert (found.state, found.reason["code"]) == ("pending", "external-dns-behind")
    assert dns.weights() == {"on-premises": "90", "nlb": "10"}
    assert [(one["dnsName"], one["targets"]) for one in dns.endpoints("shop.hostnames")] == [
        (f"shop-000{number}.example.com", ["shop.routes.example.com"]) for number in (1, 2)
    ]
    dns.reads()
    found = publish(instance)
    assert (found.state, found.weights, found.epoch) == ("published", {"on-premises": 90, "nlb": 10}, 2)


def test_a_change_of_weights_reaches_external_dns_in_one_write(
    external_dns: tuple[RouterInstance, ExternalDns], edge: Fleet
) -> None:
    instance, dns = external_dns
    publish(instance)
    dns.reads()
    weigh(100, 0)
    before = edge.audit()[-1]["seq"]
    publish(instance)
    written = [one for one in edge.audit(before) if one["verb"] == "patch" and one["code"] == 200]
    assert [(one["resource"], one["name"]) for one in written] == [("dnsendpoints", "shop")]
    assert dns.weights() == {"on-premises": "100"}
    dns.reads()
    found = publish(instance)
    assert (found.state, found.weights) == ("published", {"nlb": 0, "on-premises": 100})


def test_what_a_stranger_did_to_a_dns_endpoint_is_found_and_mended(
    external_dns: tuple[RouterInstance, ExternalDns], edge: Fleet
) -> None:
    instance, dns = external_dns
    publish(instance)
    path = "/apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints/shop"
    edge.request("edge-1", "PATCH", path, {"spec": {"endpoints": []}}, "application/merge-patch+json")
    assert dns.weights() == {}
    publish(instance)
    assert dns.weights() == {"on-premises": "90", "nlb": "10"}


def test_a_cluster_that_lets_us_in_no_more_is_told_and_holds_up_nothing_else(
    external_dns: tuple[RouterInstance, ExternalDns], edge: Fleet
) -> None:
    instance, dns = external_dns
    publish(instance)
    weak = edge.mint_token("edge-1", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])
    good = Credentials(server=edge.clusters["edge-1"].server, token=weak)
    Cluster.objects.filter(name="edge-1").update(credentials=encrypt(good))
    weigh(50, 50)
    found = publish(instance)
    assert (found.state, found.instance.health) == ("unreachable", "unreachable")
    assert dns.weights() == {"on-premises": "90", "nlb": "10"}, "what is there stays and serves"
