"""Route 53 as moto plays it: the ordinary calls, as somebody else understood them. It checks no changes; for
those there is the strict stand-in."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from traffic.routers.route53 import Route53
from traffic.routers.route53_api import Keys, connect
from traffic.routers.route53_settings import Health, Settings


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield connect(Keys("AKIDEXAMPLE", "secret"))


@pytest.fixture
def router(client: Any) -> Route53:
    made = client.create_hosted_zone(Name="example", CallerReference="1")
    zone_id = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    return Route53(client, Settings("example", zone_id, "routes.example", health=Health("http", "/")))


def test_a_route_is_published_moved_and_removed(router: Route53, client: Any) -> None:
    publish(router, asked(1, hostnames=MANY))
    assert router.verify([asked(1, hostnames=MANY)]) == {"shop-r": None}
    publish(router, asked(2, {"a-1": 10, "b-1": 90}, MANY))
    assert published(router) == (2, {"a-1": 10, "b-1": 90}, MANY)
    publish(router, asked(3, ALL_ON_B, HOSTS))
    assert published(router) == (3, ALL_ON_B, HOSTS)
    router.remove(["shop-r"])
    assert router.read() == {}


def test_a_zone_of_many_pages_is_read(router: Route53) -> None:
    names = tuple(f"tenant-{n:04}.example" for n in range(700))
    publish(router, asked(1, hostnames=names))
    assert published(router) == (1, HALVES, names)


def test_health_checks_are_found_again(router: Route53, client: Any) -> None:
    publish(router, asked(1))
    checks = client.list_health_checks()["HealthChecks"]
    assert {(one["HealthCheckConfig"]["IPAddress"], one["HealthCheckConfig"]["Port"]) for one in checks} == {
        ("192.0.2.11", 8080),
        ("192.0.2.21", 8080),
    }
    again = Route53(client, router._settings)
    publish(again, asked(2, ALL_ON_B))
    assert len(client.list_health_checks()["HealthChecks"]) == 2


def test_keys_come_from_the_environment_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDFROMENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    credentials = connect(Keys())._request_signer._credentials
    assert credentials.access_key == "AKIDFROMENV"
    assert connect(Keys("AKIDGIVEN", "other"))._request_signer._credentials.access_key == "AKIDGIVEN"
