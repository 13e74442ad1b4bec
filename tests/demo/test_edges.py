"""The demo's edge clusters, their gateways, and the users who come through them."""

import httpx
import pytest

from clusters.core.credentials import Credentials
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from orchestrator.embedded import edges
from orchestrator.embedded.layout import free_ports
from orchestrator.embedded.stack import wait_until
from orchestrator.embedded.trouble import Trouble
from simulator.testing import start_fleet
from simulator.users.testing import PLAN, start_users
from tests.simulator import edge as users_side
from tests.simulator.edge import ask, counted, prod
from tests.simulator.space import Space
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import Edge
from traffic.routers.protocol import Asked, Backend

SOON_S = 20


def drover(stack, path):
    headers = {"Authorization": f"Bearer {stack.demo['token']}"}
    answer = httpx.get(f"{stack.url}/api/v1/{path}", headers=headers, trust_env=False)
    return answer.raise_for_status().json()["results"]


def test_the_edges_are_clusters_of_their_own_kind_and_domain(stack):
    found = {cluster["name"]: cluster for cluster in drover(stack, "clusters/")}
    assert sorted(found) == ["a", "b", "c", "edge-1", "edge-2"]
    assert {name for name, cluster in found.items() if cluster["purpose"] == "edge"} == {"edge-1", "edge-2"}
    assert len({cluster["failure_domain"] for cluster in found.values()}) == 5
    assert {found[name]["health"] for name in ("edge-1", "edge-2")} == {"healthy"}


def test_their_gateways_listen(stack):
    addresses = edges.gateway_addresses(stack.demo["simulator"], ["edge-1", "edge-2"])
    assert len(set(addresses)) == 2
    for address in addresses:
        answer = httpx.get(f"http://{address}/", headers={"Host": "nobody.example"}, trust_env=False)
        assert answer.status_code == 404
        assert answer.headers["x-gateway"].endswith(f"/{edges.NAMESPACE}/{edges.GATEWAY}")


def test_the_users_answer_for_what_they_do(stack):
    counters = httpx.get(f"{stack.demo['users']}/counters", trust_env=False).raise_for_status().json()
    assert counters["trouble"] == ""


@pytest.mark.parametrize(
    ("page", "said"), [("/", "c-2"), ("/clusters/", "edge-1"), ("/clusters/edge-1/", "edge-1")]
)
def test_pages_bear_clusters_without_prods(stack, page, said):
    login = stack.demo["logins"]["viewer"]
    with httpx.Client(trust_env=False, base_url=stack.url) as browser:
        browser.get("/login/").raise_for_status()
        form = {**login, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post("/login/", data=form, headers={"Referer": stack.url})
        answer = browser.get(page)
    assert answer.status_code == 200
    assert said in answer.text


def test_users_are_let_in_to_what_the_gateways_serve():
    with start_fleet(["a", "b"]) as fleet, start_users() as users:
        where = {name: {"server": c.server, "token": c.token} for name, c in fleet.clusters.items()}
        port = free_ports(1)[0]
        for _ in range(2):
            edges.raise_gateways(["a"], where, port)
        assert edges.gateway_addresses(fleet.control, ["a"]) == [f"127.0.0.1:{port}"]
        edge = users_side.Edge(Space(fleet, edges.NAMESPACE))
        edge.backend("b-1", prod(fleet, "b-1"))
        edge.route({"b-1": 1}, parentRefs=[{"name": edges.GATEWAY}])
        edges.let_users_in(users.folder / PLAN, fleet.control, ["a"], {"shop": ["shop.example"]}, rate=50)
        wait_until(lambda: users.counters()["requests"] > 60, SOON_S, "they come")
        assert {(e["group"], e["prod"], e["status"]) for e in users.log()} == {("shop", "b-1", 200)}


def test_what_the_router_publishes_is_what_users_get():
    with start_fleet(["a", "b"]) as fleet:
        access = fleet.clusters["a"]
        where = {"a": {"server": access.server, "token": access.token}}
        edges.raise_gateways(["a"], where, free_ports(1)[0])
        (address,) = edges.gateway_addresses(fleet.control, ["a"])
        gateway = int(address.partition(":")[2])
        ports = {name: prod(fleet, name) for name in ("a-1", "b-1")}
        kube = Client(Credentials(access.server, token=access.token), limits=Limits(loopback_allowed=True))
        router = GatewayRouter(
            kube, Edge(edges.NAMESPACE, edges.GATEWAY, edges.NAMESPACE), health_checks=True
        )
        hostnames = tuple(f"t{number:02}.shop.example" for number in range(20))
        for epoch, weights in enumerate([(100, 0), (90, 10), (0, 100)], start=1):
            backends = tuple(
                Backend(name, weight, "127.0.0.1", ports[name])
                for name, weight in zip(ports, weights, strict=True)
            )
            asked = Asked("shop-r", epoch, backends, hostnames)
            for write in router.plan([asked], router.read(["shop-r"])):
                router.apply(write)
            for host in (hostnames[0], hostnames[-1]):
                found = counted(gateway, 50, host)
                assert [round(found[name] / 5) * 10 for name in ports] == list(weights)
            assert ask(gateway, hostnames[0]).headers["x-gateway-prod"] in ports
        kube.close()


def test_a_gateway_that_is_not_there_is_named():
    with start_fleet(["a"]) as fleet, pytest.raises(Trouble, match=r"No gateway listens .*: a\."):
        edges.gateway_addresses(fleet.control, ["a"], within_s=0.1)
