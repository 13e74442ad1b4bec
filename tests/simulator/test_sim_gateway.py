"""A Gateway listens and sends requests where its HTTPRoutes say."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulator.testing import Fleet, start_fleet
from tests.simulator.edge import Edge, ask, counted, prod
from tests.simulator.space import Space, deployment, service, until

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def prods(running_fleet: Fleet) -> dict[str, int]:
    """Two Prods on cluster `b` and their node ports."""
    names = [f"p{next(NUMBERS)}-one", f"p{next(NUMBERS)}-two"]
    return {name: prod(running_fleet, name) for name in names}


@pytest.fixture
def edge(space: Space) -> Edge:
    return Edge(space)


@pytest.fixture
def both(edge: Edge, prods: dict[str, int]) -> tuple[Edge, int, str, str]:
    """A gateway with a backend for each of the two Prods."""
    port = edge.gateway()
    for name, node_port in prods.items():
        edge.backend(name, node_port)
    one, two = prods
    return edge, port, one, two


def test_a_request_reaches_the_prod_and_says_by_which_way(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, two = both
    edge.route({one: 1, two: 0})
    reply = ask(port, path="/cart?item=7")
    space = edge.space.name
    assert (reply.status, reply.prod, reply.body["path"]) == (200, one, "/cart")
    assert {name: value for name, value in reply.headers.items() if name.startswith("x-gateway")} == {
        "x-gateway": f"a/{space}/edge", "x-gateway-route": f"{space}/shop", "x-gateway-prod": one,
        "x-gateway-backend": f"{space}/{one}:80",
    }  # fmt: skip
    assert reply.body["host"] == "shop.example"
    assert reply.headers["x-version"] == "v1.0.0"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [((90, 10), (90, 10)), ((1, 1), (50, 50)), ((100, 0), (100, 0)), ((1, 3), (25, 75))],
    ids=str,
)
def test_requests_are_shared_out_by_weight(
    both: tuple[Edge, int, str, str], weights: tuple[int, int], expected: tuple[int, int]
) -> None:
    edge, port, one, two = both
    edge.route(dict(zip((one, two), weights, strict=True)))
    found = counted(port)
    for name, share in zip((one, two), expected, strict=True):
        assert abs(found[name] - share) <= 1, found
        assert bool(share) is bool(found[name]), found


def test_new_weights_hold_for_the_next_request(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, two = both
    for asked in ({one: 100, two: 0}, {one: 0, two: 100}) * 3:
        edge.route(asked)
        assert counted(port, 5) == {name: 5 for name, weight in asked.items() if weight}


@pytest.mark.parametrize(
    ("hostnames", "host", "status"),
    [
        (["shop.example"], "shop.example", 200),
        (["shop.example"], "SHOP.example:8080", 200),
        (["shop.example"], "other.example", 404),
        (["*.example"], "a.b.example", 200),
        (["*.example"], "example", 404),
        (["shop.example", "*.test"], "x.test", 200),
        ([], "anything", 200),
    ],
    ids=str,
)
def test_hosts_are_matched(
    both: tuple[Edge, int, str, str], hostnames: list[str], host: str, status: int
) -> None:
    edge, port, one, _ = both
    edge.route({one: 1}, hostnames=hostnames)
    assert ask(port, host).status == status


def test_the_most_exact_hostname_wins(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, two = both
    edge.route({one: 1}, name="wide", hostnames=["*.example"])
    edge.route({two: 1}, name="exact", hostnames=["a.shop.example"])
    assert [ask(port, host).prod for host in ("a.shop.example", "b.shop.example")] == [two, one]
    edge.space.ask("DELETE", "httproutes", "exact")
    assert ask(port, "a.shop.example").prod == one


def test_the_longest_path_wins_and_a_header_decides_among_equals(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, two = both

    def rule(name: str, **match: Any) -> dict[str, Any]:
        return {"matches": [match], "backendRefs": [{"name": name, "port": 80}]}

    beta = {"headers": [{"name": "X-Beta", "value": "yes"}]}
    edge.route(
        {}, rules=[rule(one, path={"value": "/"}), rule(two, path={"value": "/api"}), rule(two, **beta)]
    )
    assert [ask(port, path=path).prod for path in ("/", "/apis", "/api", "/api/x")] == [one, one, two, two]
    assert ask(port, **{"X-Beta": "yes"}).prod == two


def test_what_a_route_cannot_do_is_answered_as_the_gateway_api_says(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, two = both
    edge.route({one: 0, two: 0})
    assert ask(port).status == 500
    edge.route({"absent": 1})
    assert ask(port).status == 500
    edge.route({one: 1, "absent": 1})
    assert counted(port, 20) == {one: 10, "500": 10}
    edge.route({}, rules=[{"backendRefs": []}])
    assert ask(port).status == 500
    edge.space.ask("DELETE", "httproutes", "shop")
    assert ask(port).status == 404


def test_a_service_with_a_selector_is_served_by_its_ready_pods(edge: Edge) -> None:
    port = edge.gateway()
    edge.space.create("services", service(kind="ClusterIP"))
    edge.route({"api": 1})
    assert ask(port).status == 503
    edge.space.create("deployments", deployment(replicas=1))
    until(lambda: ask(port).status == 200, "served")
    assert ask(port).prod == "a-1"


def test_endpoints_that_are_not_ready_or_elsewhere_get_nothing(edge: Edge, prods: dict[str, int]) -> None:
    port, name = edge.gateway(), next(iter(prods))
    edge.backend(name, prods[name])
    edge.route({name: 1})
    assert ask(port).status == 200
    for change in ({"conditions": {"ready": False}}, {"addresses": ["192.0.2.1"]}):
        ends = [{"addresses": ["127.0.0.1"], **change}]
        assert edge.space.patch("endpointslices", f"{name}-0", {"endpoints": ends})[0] == 200
        assert ask(port).status == 503


def test_a_gateways_hostname_and_namespaces_bound_its_routes(both: tuple[Edge, int, str, str]) -> None:
    edge, _, one, _ = both
    port = edge.gateway("narrow", hostname="*.shop.example")
    edge.route({one: 1}, parentRefs=[{"name": "narrow"}], hostnames=["a.shop.example", "other.example"])
    assert [ask(port, host).status for host in ("a.shop.example", "other.example")] == [200, 404]
    edge.route({one: 1}, parentRefs=[{"name": "narrow"}], hostnames=["other.example"])

    def reason() -> str:
        parents = edge.space.get("httproutes", "shop")["status"].get("parents") or [{"conditions": []}]
        return next((c["reason"] for c in parents[0]["conditions"] if c["type"] == "Accepted"), "")

    until(lambda: reason() == "NoMatchingListenerHostname", "refused")


def test_two_gateways_that_want_one_port_both_listen(edge: Edge, prods: dict[str, int]) -> None:
    first, second = edge.gateway("edge"), edge.gateway("other")
    assert first != second
    assert {first, second} <= {one["port"] for one in edge.fleet.gateways()}
    edge.space.ask("DELETE", "gateways", "other")
    until(lambda: second not in {one["port"] for one in edge.fleet.gateways()}, "its port is closed")
    with pytest.raises(ConnectionRefusedError):
        ask(second)
    assert ask(first).status == 404


def test_a_protocol_that_is_not_served_is_not_accepted(edge: Edge) -> None:
    listener = {"name": "tls", "port": 443, "protocol": "HTTPS"}
    edge.space.create(
        "gateways", {"metadata": {"name": "edge"}, "spec": {"gatewayClassName": "x", "listeners": [listener]}}
    )
    status = until(lambda: edge.space.get("gateways", "edge")["status"].get("listeners"), "judged")[0]
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Accepted": "False",
        "Programmed": "False",
    }
    assert edge.ports() == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hostnames": [f"t{n}.example" for n in range(17)]}, "spec.hostnames"),
        (
            {"rules": [{"backendRefs": [{"name": "x", "port": 80, "weight": -1}]}]},
            "spec.rules[0].backendRefs[0].weight",
        ),
        ({"rules": [{"backendRefs": [{"name": "x", "port": 80}] * 17}]}, "spec.rules[0].backendRefs"),
    ],
    ids=["17 hostnames", "a weight below 0", "17 backends"],
)
def test_a_route_beyond_the_bounds_of_its_definition_is_refused(
    edge: Edge, change: dict[str, Any], field: str
) -> None:
    body = {"metadata": {"name": "shop"}, "spec": {"parentRefs": [{"name": "edge"}], **change}}
    status, answer = edge.space.ask("POST", "httproutes", body=body)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, field)


def test_a_body_and_a_method_go_through_and_a_head_has_no_body(both: tuple[Edge, int, str, str]) -> None:
    edge, port, one, _ = both
    edge.route({one: 1})
    assert ask(port, method="POST").status == 200
    head = ask(port, method="HEAD")
    assert (head.status, head.body) == (200, None)
    assert int(head.headers["content-length"]) == len(json.dumps(ask(port).body, separators=(",", ":"))) + 1


def test_a_restarted_fleet_serves_the_same_routes_at_the_same_port(tmp_path: Path) -> None:
    def seen(port: int) -> Counter[str]:
        return until(lambda: counted(port, 4) == {"p": 4} and counted(port, 4), "served")

    with start_fleet(["a", "b"], state=tmp_path) as fleet:
        fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "edge"}})
        edge = Edge(Space(fleet, "edge"))
        edge.backend("p", prod(fleet, "p"))
        port = edge.gateway()
        edge.route({"p": 1})
        assert seen(port)
    with start_fleet(["a", "b"], state=tmp_path) as fleet:
        until(fleet.gateways, "the gateway is back")
        assert [one["port"] for one in fleet.gateways()] == [port]
        assert seen(port)
