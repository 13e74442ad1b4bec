"""Route 53: settings, keys, and how calls are bounded in number, size and time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from journal.core.reasons import FieldErrors
from tests.adapters.kubernetes.scripted import Server
from tests.adapters.routers.asking import ALL_ON_B, asked, publish, published
from tests.adapters.routers.on_route53 import SETTINGS, client_to, impatient, router_on
from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.routers.protocol import Rejected, Unreachable
from traffic.routers.route53 import Route53
from traffic.routers.route53_api import Keys, connect
from traffic.routers.route53_settings import Health, Settings, parse_settings


@pytest.fixture
def aws() -> Iterator[StrictRoute53]:
    server = StrictRoute53()
    yield server
    server.stop()


@pytest.fixture
def router(aws: StrictRoute53) -> Route53:
    return router_on(aws)


def test_many_routes_move_in_one_call(aws: StrictRoute53, router: Route53) -> None:
    """Five calls a second are all that an account may make."""
    many = [asked(1, hostnames=(), route=f"shop-{n}") for n in range(90)]
    assert publish(router, *many) == 1
    moved = [replace(one, epoch=2, backends=asked(2, ALL_ON_B).backends) for one in many]
    (write,) = router.plan(moved, router.read())
    aws.calls.clear()
    router.apply(write)
    assert aws.calls.count("POST /hostedzone/Z1/rrset") == 1
    assert len(aws.calls) == 2
    assert set(router.verify(moved).values()) == {None}


def test_more_than_a_call_can_hold_is_divided(aws: StrictRoute53) -> None:
    """1,000 record elements and 32,000 characters a call; an UPSERT counts twice."""
    router = router_on(aws, replace(SETTINGS, health=None))
    names = tuple(f"tenant-{n:04}.{'x' * 40}.example" for n in range(500))
    weights = {f"a-{n}": 1 for n in range(1, 80)}
    routes = [asked(1, weights, (), f"shop-{n}") for n in range(13)]
    publish(router, asked(1, hostnames=names), *routes)
    assert len(aws.batches) == 4
    assert published(router)[2] == names
    assert set(router.verify(routes).values()) == {None}
    publish(router, asked(2, hostnames=names[:1]))
    assert published(router)[2] == names[:1]


THROTTLED = ["Throttling", "PriorRequestNotComplete"]


@pytest.mark.parametrize("code", THROTTLED)
def test_throttling_is_waited_for(aws: StrictRoute53, code: str) -> None:
    waits: list[float] = []
    router = Route53(client_to(aws.url), SETTINGS, impatient(waits, limit_s=5))
    aws.throttled = [code, code]
    publish(router, asked(1))
    assert waits == [0.2, 0.4]


def test_throttling_is_not_waited_for_beyond_the_limit(aws: StrictRoute53) -> None:
    waits: list[float] = []
    router = Route53(client_to(aws.url), SETTINGS, impatient(waits, limit_s=1))
    aws.throttled = ["Throttling"] * 9
    with pytest.raises(Unreachable) as caught:
        router.read()
    assert caught.value.reason.code == "route53-throttled"
    assert waits == [0.2, 0.4]


def test_silence_is_not_waited_for_beyond_the_limit() -> None:
    server = Server()
    server.serve()
    router = Route53(client_to(server.url, read_s=0.3), SETTINGS)
    (write,) = router.plan([asked(1, hostnames=())], {})
    with pytest.raises(Unreachable) as caught:
        router.apply(write)
    assert caught.value.maybe_done
    with pytest.raises(Unreachable) as caught:
        router.read()
    assert not caught.value.maybe_done
    assert len(server.requests) == 2
    server.door.close()


def test_a_zone_that_is_not_there_is_not_asked_for_again(aws: StrictRoute53) -> None:
    router = router_on(aws, replace(SETTINGS, zone_id="Z9"))
    with pytest.raises(Rejected) as caught:
        router.read()
    assert dict(caught.value.reason.params)["error"] == "NoSuchHostedZone"
    assert len(aws.calls) == 1


def test_nothing_of_the_keys_is_shown() -> None:
    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI")
    client = connect(keys, "http://127.0.0.1:1")
    with pytest.raises(Unreachable) as caught:
        Route53(client, SETTINGS).read()
    assert not caught.value.maybe_done
    assert "wJalrXUtnFEMI" not in f"{keys!r} {caught.value!r} {caught.value.__cause__!r}"


CONFIG = {"zone": "example.com", "zone_id": "/hostedzone/Z1", "domain": "routes.example.com"}


def test_settings_are_read_from_config() -> None:
    assert parse_settings(CONFIG) == Settings("example.com", "Z1", "routes.example.com")
    health = parse_settings(CONFIG | {"health": {"path": "/healthz", "interval_s": 10}}).health
    assert health == Health("https", "/healthz", 10, 3)


WRONG = {
    "zone": {"zone": "EXAMPLE com"},
    "zone_id": {"zone_id": "../Z1"},
    "domain": {"domain": "routes.elsewhere"},
    "ttl": {"ttl": 86400},
    "binds": {"binds": "yes"},
    "checks": {"checks": ["id"]},
    "health": {"health": "yes"},
    "health.scheme": {"health": {"scheme": "ftp"}},
    "health.path": {"health": {"path": "healthz"}},
    "health.interval_s": {"health": {"interval_s": 7}},
    "health.failures": {"health": {"failures": 0}},
    "health.port": {"health": {"port": 1}},
    "zoneid": {"zoneid": "Z1"},
}


@pytest.mark.parametrize(("field", "change"), WRONG.items(), ids=WRONG)
def test_wrong_config_is_told_by_field(field: str, change: dict[str, object]) -> None:
    with pytest.raises(FieldErrors) as caught:
        parse_settings(CONFIG | change)
    assert field in {path for path, _ in caught.value.errors}
