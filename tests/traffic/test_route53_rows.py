"""From rows to Route 53: a router as people register it, its keys encrypted, published by the publisher itself with boto3
over HTTP to the strict stand-in."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from clusters.models import Cluster
from journal.core.reasons import FieldErrors, reason_from_json
from journal.sentences import sentence
from tests import build
from tests.adapters.routers.route53_answers import NOBODY, answers
from tests.adapters.routers.signed import is_signed
from tests.adapters.routers.strict_route53 import StrictRoute53
from tests.traffic.by_dns import NLB, ON_PREMISES, ninety_ten, publish, register, weigh
from traffic.actions import unpublish_routes
from traffic.engine.instances import connect_instance
from traffic.models import Publication, RouterInstance, Tenant

pytestmark = pytest.mark.django_db

HOSTNAME = "shop-0001.example.com"
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "kept/at+home/" + "A" * 27}
ZONE = {
    "zone": "example.com",
    "zone_id": "Z1",
    "domain": "routes.example.com",
    "health": {"scheme": "https", "path": "/healthz", "interval_s": 10, "failures": 3},
}


@pytest.fixture
def aws() -> Iterator[StrictRoute53]:
    server = StrictRoute53("example.com")
    yield server
    server.stop()


@pytest.fixture
def route53(db: None, aws: StrictRoute53) -> RouterInstance:
    ninety_ten()
    return register("route53", settings={**ZONE, "endpoint_url": aws.url}, credentials=KEYS)


def shares(**percents: int) -> dict[str, Fraction]:
    hosts = {"on_premises": ON_PREMISES, "nlb": NLB}
    return {hosts[name]: Fraction(percent, 100) for name, percent in percents.items()}


PATHS_THAT_DIE = {
    "the one on premises": ("on-premises", [ON_PREMISES], shares(nlb=100)),
    "the one to the cloud": ("nlb", [NLB], shares(on_premises=100)),
    "both, as if neither had": ("", [ON_PREMISES, NLB], shares(on_premises=90, nlb=10)),
}


@pytest.mark.parametrize(("dies", "dead", "left"), PATHS_THAT_DIE.values(), ids=PATHS_THAT_DIE)
def test_ten_percent_go_to_the_cloud_and_either_path_survives_the_other_without_a_change_of_records(
    aws: StrictRoute53,
    route53: RouterInstance,
    dies: str,
    dead: list[str],
    left: dict[str, Fraction],
) -> None:
    assert publish(route53).state == "published"
    assert answers(aws, HOSTNAME) == shares(on_premises=90, nlb=10)
    before, written = dict(aws.sets), len(aws.batches)
    assert answers(aws, HOSTNAME, dead) == left
    Cluster.objects.filter(name=f"{dies}-1").update(health="unreachable")
    for _ in range(3):
        assert publish(route53).state == "published"
    assert (aws.sets, len(aws.batches)) == (before, written), "nobody changed a record"
    assert answers(aws, HOSTNAME, dead) == left
    assert answers(aws, HOSTNAME) == shares(on_premises=90, nlb=10), "and back once it passes its checks"


def test_each_path_has_the_check_of_its_own_host_and_port(
    aws: StrictRoute53, route53: RouterInstance
) -> None:
    publish(route53)
    checked = {
        record["SetIdentifier"]: aws.checks[record["HealthCheckId"]]["HealthCheckConfig"]
        for record in aws.records("shop.routes.example.com")
    }
    assert (checked["on-premises"]["IPAddress"], checked["nlb"]["FullyQualifiedDomainName"]) == (
        ON_PREMISES,
        NLB,
    )
    assert {(one["Port"], one["Type"], one["ResourcePath"]) for one in checked.values()} == {
        ("443", "HTTPS", "/healthz")
    }


def test_a_change_of_weights_reaches_route_53_and_is_read_back(
    aws: StrictRoute53, route53: RouterInstance
) -> None:
    publish(route53)
    weigh(0, 100)
    found = publish(route53)
    assert (found.state, found.weights) == ("published", {"nlb": 100, "on-premises": 0})
    assert answers(aws, HOSTNAME, [NLB]) == shares(nlb=100), "a Prod that was drained gets nobody"


def test_the_keys_of_the_row_sign_and_stay_there(
    aws: StrictRoute53, route53: RouterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    secret = KEYS["secret_access_key"]
    assert secret.encode() not in bytes(route53.credentials)
    with caplog.at_level("DEBUG", "traffic"):
        publish(route53)
    assert aws.requests and all(is_signed(one, **KEYS) for one in aws.requests)
    assert not is_signed(aws.requests[0], KEYS["access_key_id"], "another")
    assert secret not in caplog.text + repr([one.headers for one in aws.requests])


def test_outside_a_demo_keys_go_to_no_other_address(
    aws: StrictRoute53, route53: RouterInstance, settings: Any
) -> None:
    settings.DEMO = False
    found = publish(route53)
    assert (found.state, found.reason["code"]) == ("unreachable", "endpoint-not-allowed")
    assert aws.calls == []


@pytest.mark.parametrize(
    "wrong", [{"domain": "routes.elsewhere"}, {"endpoint_url": "nowhere"}, {"ttl": "long"}]
)
def test_settings_that_cannot_be_used_are_told_by_field_and_nothing_is_asked(
    aws: StrictRoute53, route53: RouterInstance, wrong: dict[str, Any]
) -> None:
    RouterInstance.objects.update(settings={**route53.settings, **wrong})
    found = publish(route53)
    assert (found.state, found.reason["code"]) == ("unreachable", "router-settings-wrong")
    assert {found.reason["params"]["field"]} == wrong.keys() and aws.calls == []
    reason = reason_from_json(found.reason)
    assert reason and f"router dns-1 cannot be used. {next(iter(wrong))}: " in sentence(reason)


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1", "http://", "http://[", 5])
def test_an_endpoint_that_is_no_address_is_not_registered(db: None, url: object) -> None:
    ninety_ten()
    with pytest.raises(FieldErrors) as error:
        register("route53", settings={**ZONE, "endpoint_url": url}, credentials=KEYS)
    assert dict(error.value.errors)["instances[0].settings.endpoint_url"].code == "route53-endpoint"


def test_keys_that_no_key_of_ours_opens_are_told_and_nothing_is_asked(
    aws: StrictRoute53, route53: RouterInstance
) -> None:
    RouterInstance.objects.update(credentials=b"of another installation")
    found = publish(route53)
    assert (found.state, found.reason["code"]) == ("unreachable", "router-keys-locked")
    assert found.instance.health == "unreachable" and aws.calls == []


def test_an_account_that_refuses_says_so_and_serves_what_it_has(
    aws: StrictRoute53, route53: RouterInstance
) -> None:
    publish(route53)
    weigh(50, 50)
    aws.throttled = ["AccessDenied"]
    found = publish(route53)
    assert found.reason["code"] == "route53-refused" and found.reason["params"]["error"] == "AccessDenied"
    assert answers(aws, HOSTNAME) == shares(on_premises=90, nlb=10)
    assert publish(route53).state == "published" and answers(aws, HOSTNAME) == shares(on_premises=50, nlb=50)


def test_a_route_that_is_taken_off_leaves_nothing_in_the_zone(
    aws: StrictRoute53, route53: RouterInstance
) -> None:
    empty = dict(aws.sets)
    publish(route53)
    Tenant.objects.all().delete()
    unpublish_routes(build.person("admin"), "dns", ["shop"], connect_instance)
    assert aws.sets == empty and not Publication.objects.exists()
    assert answers(aws, HOSTNAME) == {NOBODY: Fraction(1)}
