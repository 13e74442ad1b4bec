"""A gateway on cluster `a` in front of Prods on cluster `b`, and users who ask it."""

import http.client
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from simulator.testing import Fleet
from tests.simulator.space import Space, deployment, service, until

GROUP = "gateway.networking.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a user got."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def prod(self) -> str:
        return self.headers.get("x-prod", "")


def ask(port: int, host: str = "shop.example", path: str = "/", method: str = "GET", **headers: str) -> Reply:
    """One request of a user to a port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, headers={"Host": host, **headers})
        answer = connection.getresponse()
        text = answer.read()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, named, json.loads(text) if text else None)
    finally:
        connection.close()


def counted(port: int, times: int = 100, host: str = "shop.example") -> Counter[str]:
    """How many of so many requests each Prod has answered; errors count by their status."""
    replies = [ask(port, host) for _ in range(times)]
    return Counter(reply.prod if reply.status == 200 else str(reply.status) for reply in replies)


class Edge:
    """A Gateway in a namespace of cluster `a`."""

    def __init__(self, space: Space) -> None:
        self.space, self.fleet = space, space.fleet

    def gateway(self, name: str = "edge", **listener: Any) -> int:
        """Create a Gateway; the port at which it listens."""
        first = {"name": "http", "port": 80, "protocol": "HTTP", **listener}
        spec = {"gatewayClassName": "simulated", "listeners": [first]}
        self.space.create("gateways", {"metadata": {"name": name}, "spec": spec})
        return int(until(lambda: self.ports(name).get("http"), "the gateway listens"))

    def ports(self, name: str = "edge") -> dict[str, int]:
        """What the Gateway's annotation says."""
        annotations = self.space.get("gateways", name)["metadata"].get("annotations") or {}
        return dict(json.loads(annotations.get("simulator.example/ports", "{}")))

    def route(self, weights: dict[str, int], name: str = "shop", **spec: Any) -> None:
        """Apply an HTTPRoute that sends `shop.example` to Services by weight."""
        backends = [{"name": prod, "port": 80, "weight": weight} for prod, weight in weights.items()]
        body = {"apiVersion": GROUP, "kind": "HTTPRoute", "metadata": {"name": name},
                "spec": {"parentRefs": [{"name": "edge"}], "hostnames": ["shop.example"],
                         "rules": [{"backendRefs": backends}], **spec}}  # fmt: skip
        status, answer = self.space.apply("httproutes", body, force=True)
        assert status < 300, answer

    def backend(self, prod: str, *ports: int, labels: dict[str, str] | None = None) -> None:
        """A Service without selector whose EndpointSlice leads to ports of this machine."""
        body = {
            "metadata": {"name": prod, "labels": labels or {}},
            "spec": {"ports": [{"name": "http", "port": 80}]},
        }
        self.space.create("services", body)
        for number, port in enumerate(ports):
            self.space.create("endpointslices", {
                "metadata": {"name": f"{prod}-{number}", "labels": {"kubernetes.io/service-name": prod}},
                "addressType": "IPv4", "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
                "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
            })  # fmt: skip

    def until_up(self, port: int, up: bool, within_s: float = 10.0) -> None:
        """Wait until the gateways' checks have found a port of this machine up, or down."""
        wanted = {"address": f"127.0.0.1:{port}", "up": up}
        until(lambda: any(wanted in one["health"] for one in self.fleet.gateways()), f"{wanted}", within_s)


def prod(fleet: Fleet, name: str, tag: str = "v1.0.0", cluster: str = "b") -> int:
    """A Prod of one ready pod on a cluster; the node port at which it answers."""

    def put(path: str, body: Any) -> Any:
        return fleet.request(cluster, "POST", path, body)[1]

    put("/api/v1/namespaces", {"metadata": {"name": name}})
    body = deployment(tag=tag, replicas=1)
    body["spec"]["template"]["metadata"]["labels"]["drover.dev/prod"] = name
    put(f"/apis/apps/v1/namespaces/{name}/deployments", body)
    port = int(
        put(f"/api/v1/namespaces/{name}/services", service(kind="NodePort"))["spec"]["ports"][0]["nodePort"]
    )
    until(lambda: ask(port).status != 503, f"{name} is ready")
    return port
