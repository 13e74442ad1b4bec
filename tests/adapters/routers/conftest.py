"""Where the contract suite runs. A router joins by one line in FACTORIES."""

from collections.abc import Callable, Iterator

import pytest

from simulator.testing import Fleet, start_fleet
from tests.adapters.routers.fake_router import FakeRouter
from tests.adapters.routers.faults import World
from tests.adapters.routers.gateway_worlds import gateway_on_fake, gateway_on_simulator
from tests.adapters.routers.haproxy_worlds import haproxy_stand_in
from tests.adapters.routers.on_external_dns import external_dns_on_fake, external_dns_on_simulator
from tests.adapters.routers.on_route53 import route53
from traffic.routers.protocol import Router

Pair = tuple[Router, World]


def fake(request: pytest.FixtureRequest) -> Pair:
    router = FakeRouter()
    return router, router


# Each makes a router instance with nothing published. What it starts it ends by `request.addfinalizer`.
FACTORIES: dict[str, Callable[[pytest.FixtureRequest], Pair]] = {
    "fake": fake,
    "route-53": route53,
    "external-dns": external_dns_on_fake,
    "external-dns-simulator": external_dns_on_simulator,
    "gateway-api": gateway_on_fake,
    "gateway-api-simulator": gateway_on_simulator,
    "haproxy": haproxy_stand_in,
}


@pytest.fixture(scope="session")
def edge_fleet() -> Iterator[Fleet]:
    with start_fleet(["edge-1"]) as fleet:
        yield fleet


@pytest.fixture(params=FACTORIES)
def pair(request: pytest.FixtureRequest) -> Pair:
    return FACTORIES[request.param](request)


@pytest.fixture
def router(pair: Pair) -> Router:
    return pair[0]


@pytest.fixture
def world(pair: Pair) -> World:
    return pair[1]
