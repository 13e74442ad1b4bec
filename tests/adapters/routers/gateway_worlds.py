"""Gateway routers on a fake cluster and on a simulated one."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest, key_of, kind_of, name_of
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Granted, Kube, Right, Unavailable
from journal.core.reasons import because
from simulator.testing import Fleet
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.routers.faults import Faults
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import MEMBER_LABEL, ROUTE_LABEL, Edge, label

# What somebody else says of an object: kind, namespace, name, the fields.
Outsider = Callable[[Manifest], None]


class FaultyKube:
    """A Kube with the Faults of the contract before it."""

    def __init__(self, kube: Kube) -> None:
        self.kube, self.faults = kube, Faults()

    def _call(self, act: Callable[[], Any], *, write: bool, lie: Any = None) -> Any:
        def silent(maybe_done: bool) -> Unavailable:
            return Unavailable(because("cluster-no-answer", error="fault"), maybe_done=maybe_done)

        return self.faults.call(act, write=write, silent=silent, lie=lambda: lie)

    def get(self, kind: str, namespace: str, name: str) -> Manifest:
        return self._call(lambda: self.kube.get(kind, namespace, name), write=False)

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        return self._call(lambda: self.kube.list(kind, namespace, label_selector), write=False)

    def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        return self._call(lambda: self.kube.apply(manifest, **options), write=True, lie=manifest)

    def delete(self, kind: str, namespace: str, name: str, **options: Any) -> None:
        self._call(lambda: self.kube.delete(kind, namespace, name, **options), write=True)

    def remove_fields(
        self, kind: str, namespace: str, name: str, pointers: Sequence[str], *, resource_version: str
    ) -> Manifest:
        raise NotImplementedError

    def version(self) -> str:
        raise NotImplementedError

    def ready(self) -> None:
        raise NotImplementedError

    def allowed(self, right: Right, namespace: str = "") -> bool:
        raise NotImplementedError

    def granted(self, namespace: str) -> tuple[Granted, ...]:
        raise NotImplementedError


class GatewayWorld:
    """The namespace of an edge cluster. `outsider` applies as another field manager, by force."""

    def __init__(self, kube: FaultyKube, namespace: str, outsider: Outsider) -> None:
        self.kube, self.faults, self.namespace, self._outsider = kube.kube, kube.faults, namespace, outsider

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        services = self.kube.list("Service", self.namespace, f"{ROUTE_LABEL}={route}")
        prods = {name_of(one): label(one, MEMBER_LABEL) for one in services}
        for found in self.slots(route):
            (rule,) = found["spec"]["rules"]
            references = [{**one, "weight": weights[prods[one["name"]]]} for one in rule["backendRefs"]]
            self.apply_from_outside(found, epoch, {"rules": [{**rule, "backendRefs": references}]})

    def apply_from_outside(self, found: Manifest, epoch: int, spec: Manifest) -> None:
        metadata = {"name": name_of(found), "namespace": self.namespace}
        metadata["annotations"] = {"drover.dev/epoch": str(epoch)}
        self._outsider(
            {"apiVersion": found["apiVersion"], "kind": kind_of(found), "metadata": metadata, "spec": spec}
        )

    def slots(self, route: str = "shop-r") -> list[Manifest]:
        found = self.kube.list("HTTPRoute", self.namespace, f"{ROUTE_LABEL}={route}")
        return sorted(found, key=name_of)

    def names(self, kind: str) -> list[str]:
        return sorted(name_of(one) for one in self.kube.list(kind, self.namespace))


def edge_of(namespace: str) -> Edge:
    return Edge(namespace=namespace, gateway="edge", gateway_namespace=namespace)


def gateway_on_fake(request: pytest.FixtureRequest) -> tuple[GatewayRouter, GatewayWorld]:
    kube = FakeKube()
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}})
    faulty = FaultyKube(kube)

    def outsider(manifest: Manifest) -> None:
        kube.apply_as("kubectl", manifest, force=True)

    return GatewayRouter(faulty, edge_of("edge"), health_checks=True), GatewayWorld(faulty, "edge", outsider)


def gateway_on_simulator(request: pytest.FixtureRequest) -> tuple[GatewayRouter, GatewayWorld]:
    """In a namespace of its own, with a Gateway that takes its HTTPRoutes."""
    fleet: Fleet = request.getfixturevalue("edge_fleet")
    access = fleet.clusters["edge-1"]
    kube = Client(Credentials(access.server, token=access.token), limits=Limits(loopback_allowed=True))
    request.addfinalizer(kube.close)
    namespace = f"edge-{secrets.token_hex(4)}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
               "metadata": {"name": "edge", "namespace": namespace},
               "spec": {"gatewayClassName": "simulated", "listeners": listeners}}  # fmt: skip
    kube.apply(gateway)

    def outsider(manifest: Manifest) -> None:
        plural = {"HTTPRoute": "httproutes"}[key_of(manifest)]
        path = f"/apis/{manifest['apiVersion']}/namespaces/{namespace}/{plural}/{name_of(manifest)}"
        query = "?fieldManager=kubectl&force=true"
        status, answer = fleet.request(
            "edge-1", "PATCH", path + query, manifest, "application/apply-patch+yaml"
        )
        assert status == 200, answer

    faulty = FaultyKube(kube)
    return GatewayRouter(faulty, edge_of(namespace), health_checks=True), GatewayWorld(
        faulty, namespace, outsider
    )
