"""Route 53: what its records are, on a stand-in that refuses what the real one refuses."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, asked, publish, published
from tests.adapters.routers.on_route53 import SETTINGS, router_on
from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.routers.protocol import Asked, Backend, Rejected, Stale
from traffic.routers.route53 import Route53


@pytest.fixture
def aws() -> Iterator[StrictRoute53]:
    server = StrictRoute53()
    yield server
    server.stop()


@pytest.fixture
def router(aws: StrictRoute53) -> Route53:
    return router_on(aws)


def route(epoch: int, *backends: Backend, hostnames: tuple[str, ...] = HOSTS) -> Asked:
    return Asked("shop-r", epoch, backends, hostnames)


# R20: most requests to the load balancer on premises, 10 % to a cloud that is so always known to work.
NINETY_TEN = route(
    1,
    Backend("nlb", 10, "nlb-1.elb.eu-central-1.amazonaws.com", 443),
    Backend("on-premises", 90, "192.0.2.10", 443),
)


def test_ten_percent_go_to_the_cloud_and_each_path_has_a_check_of_its_own(
    aws: StrictRoute53, router: Route53
) -> None:
    publish(router, NINETY_TEN)
    cloud, premises = aws.records("shop-r.routes.example")
    assert (cloud["SetIdentifier"], cloud["Weight"], cloud["Type"]) == ("nlb", 10, "CNAME")
    assert (premises["SetIdentifier"], premises["Weight"], premises["Type"]) == ("on-premises", 90, "CNAME")
    assert cloud["ResourceRecords"] == ("nlb-1.elb.eu-central-1.amazonaws.com",)
    assert premises["ResourceRecords"] == ("on-premises.shop-r.routes.example",)
    (address,) = aws.records("on-premises.shop-r.routes.example")
    assert (address["Type"], address["ResourceRecords"]) == ("A", ("192.0.2.10",))
    checked = [aws.checks[record["HealthCheckId"]]["HealthCheckConfig"] for record in (cloud, premises)]
    assert [one.get("FullyQualifiedDomainName") for one in checked] == [
        "nlb-1.elb.eu-central-1.amazonaws.com",
        None,
    ]
    assert [one.get("IPAddress") for one in checked] == [None, "192.0.2.10"]
    assert {(one["Type"], one["Port"], one["ResourcePath"]) for one in checked} == {
        ("HTTPS", "443", "/healthz")
    }
    assert [aws.records(name)[0]["ResourceRecords"] for name in HOSTS] == [("shop-r.routes.example",)] * 2
    assert router.verify([NINETY_TEN]) == {"shop-r": None}


def test_addresses_alike_are_records_of_their_own(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked())
    records = aws.records("shop-r.routes.example")
    assert [(one["Type"], one["ResourceRecords"]) for one in records] == [
        ("A", ("192.0.2.11",)),
        ("A", ("192.0.2.21",)),
    ]


def test_a_prod_without_weight_has_no_record_that_could_answer(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked())
    publish(router, asked(2, ALL_ON_B))
    assert [one["SetIdentifier"] for one in aws.records("shop-r.routes.example")] == ["b-1"]
    assert published(router) == (2, ALL_ON_B, HOSTS)


def test_a_move_is_one_batch_that_replaces_the_epoch(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked())
    aws.batches.clear()
    publish(router, asked(2, {"a-1": 30, "b-1": 70}))
    ((first, *middle, last),) = aws.batches
    assert (first[0], first[1]["Type"], last[0], last[1]["Type"]) == ("DELETE", "TXT", "CREATE", "TXT")
    assert first[1]["ResourceRecords"] != last[1]["ResourceRecords"]
    assert {(action, record["Weight"]) for action, record in middle} == {("UPSERT", 30), ("UPSERT", 70)}


def test_a_writer_that_was_held_up_within_its_call_is_refused(aws: StrictRoute53, router: Route53) -> None:
    """It has looked, and then something newer comes: only the exact value of the mark can stop it."""
    publish(router, asked(1))
    (write,) = router.plan([asked(2, {"a-1": 30, "b-1": 70})], router.read())
    aws.before_change = lambda: aws.publish_from_outside("shop-r", 3, {"a-1": 90, "b-1": 10})
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router) == (3, {"a-1": 90, "b-1": 10}, HOSTS)


def test_of_two_first_writers_the_one_that_was_held_up_is_refused(
    aws: StrictRoute53, router: Route53
) -> None:
    write, *_ = router.plan([asked(1)], {})
    other = router_on(aws)
    aws.before_change = lambda: publish(other, asked(2, {"c-1": 100})) and None
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router) == (2, {"c-1": 100}, HOSTS)


def test_hostnames_of_a_writer_that_was_held_up_are_refused(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    (write,) = router.plan([asked(1, hostnames=(*HOSTS, "grocer.example"))], router.read())
    aws.before_change = lambda: aws.publish_from_outside("shop-r", 2, HALVES)
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router) == (2, HALVES, HOSTS)


def test_what_is_stale_does_not_hold_up_the_other_routes_of_a_write(
    aws: StrictRoute53, router: Route53
) -> None:
    publish(router, asked(1), asked(1, hostnames=(), route="shop-s"))
    (write,) = router.plan([asked(2, ALL_ON_B), asked(2, ALL_ON_B, (), "shop-s")], router.read())
    assert write.routes == ("shop-r", "shop-s")
    aws.before_change = lambda: aws.publish_from_outside("shop-r", 3, {"a-1": 90, "b-1": 10})
    with pytest.raises(Stale):
        router.apply(write)
    assert published(router)[0] == 3
    assert published(router, "shop-s") == (2, ALL_ON_B, ())


def test_what_the_zone_refuses_does_not_hold_up_the_other_routes_of_a_write(
    aws: StrictRoute53, router: Route53
) -> None:
    aws.change(
        (
            "CREATE",
            {"Name": "_drover.shop-r.routes.example.", "Type": "CNAME", "TTL": 1, "ResourceRecords": ("x.",)},
        )
    )
    (write,) = router.plan([asked(1, hostnames=()), asked(1, hostnames=(), route="shop-s")], router.read())
    with pytest.raises(Rejected) as caught:
        router.apply(write)
    assert caught.value.reason.code == "route53-refused"
    assert router.read().keys() == {"shop-s"}


def test_a_change_of_type_or_ttl_replaces_all_records_at_once(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    publish(router, replace(NINETY_TEN, epoch=2))
    assert {one["Type"] for one in aws.records("shop-r.routes.example")} == {"CNAME"}
    slower = router_on(aws, replace(SETTINGS, ttl=120))
    publish(slower, replace(NINETY_TEN, epoch=3))
    assert {one["TTL"] for one in aws.records("shop-r.routes.example")} == {120}
    publish(router, asked(4))
    assert {(one["Type"], one["TTL"]) for one in aws.records("shop-r.routes.example")} == {("A", 60)}
    assert aws.records("on-premises.shop-r.routes.example") == []


def test_the_zone_is_read_page_by_page(aws: StrictRoute53, router: Route53) -> None:
    aws.page_max = 2
    publish(router, asked(1), Asked("staff", 4, NINETY_TEN.backends, ("staff.example",)))
    assert published(router) == (1, HALVES, HOSTS)
    assert published(router_on(aws, replace(SETTINGS, binds=False)), "staff") == (
        4,
        {"nlb": 10, "on-premises": 90},
        (),
    )


def test_health_checks_are_made_once(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    publish(router, asked(2, ALL_ON_B))
    publish(router_on(aws), asked(3), asked(1, route="shop-s", hostnames=()))
    assert len(aws.checks) == 2
    assert sum(call == "POST /healthcheck" for call in aws.calls) == 2


def test_a_health_check_that_somebody_deleted_is_made_again(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    gone = aws.records("shop-r.routes.example")[0]["HealthCheckId"]
    aws.delete_check(gone)
    publish(router, asked(2, {"a-1": 60, "b-1": 40}))
    assert aws.records("shop-r.routes.example")[0]["HealthCheckId"] in aws.checks
    assert router.verify([asked(2, {"a-1": 60, "b-1": 40})]) == {"shop-r": None}


def test_a_prod_at_another_address_gets_another_health_check(aws: StrictRoute53, router: Route53) -> None:
    publish(router, route(1, Backend("a-1", 100, "192.0.2.11", 443)))
    publish(router, route(2, Backend("a-1", 100, "192.0.2.12", 443)))
    (record,) = aws.records("shop-r.routes.example")
    assert aws.checks[record["HealthCheckId"]]["HealthCheckConfig"]["IPAddress"] == "192.0.2.12"


def test_health_checks_may_be_given(aws: StrictRoute53) -> None:
    aws.checks["mine"] = {"CallerReference": "me", "HealthCheckConfig": {}}
    router = router_on(aws, replace(SETTINGS, health=None, checks={"a-1": "mine"}))
    assert router.traits.health_checks
    publish(router, asked(1, {"a-1": 100}))
    assert aws.records("shop-r.routes.example")[0]["HealthCheckId"] == "mine"
    with pytest.raises(Rejected) as caught:
        router.plan([asked(2)], router.read())
    assert dict(caught.value.reason.params) == {"prod": "b-1"}


def test_without_health_checks_it_says_so(aws: StrictRoute53) -> None:
    router = router_on(aws, replace(SETTINGS, health=None))
    assert not router.traits.health_checks
    publish(router, asked(1))
    assert "HealthCheckId" not in aws.records("shop-r.routes.example")[0]


def test_a_record_that_leads_elsewhere_is_told_and_mended(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    (old, _) = aws.records("shop-r.routes.example")
    aws.change(("UPSERT", old | {"ResourceRecords": ("192.0.2.99",)}))
    reason = router.verify([asked(1)])["shop-r"]
    assert reason and reason.code == "dns-record-differs"
    publish(router, asked(1))
    assert router.verify([asked(1)]) == {"shop-r": None}


def test_a_record_that_lost_its_health_check_is_told_and_mended(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    (old, _) = aws.records("shop-r.routes.example")
    del old["HealthCheckId"]
    reason = router.verify([asked(1)])["shop-r"]
    assert reason and reason.code == "dns-record-differs"
    publish(router, asked(1))
    assert router.verify([asked(1)]) == {"shop-r": None}


def test_names_of_others_are_neither_read_nor_overwritten(aws: StrictRoute53, router: Route53) -> None:
    others = [
        {"Name": "shop-r.routes.example.", "Type": "A", "TTL": 60, "ResourceRecords": ("192.0.2.1",)},
        {"Name": "bakery.example.", "Type": "CNAME", "TTL": 60, "ResourceRecords": ("old.example.",)},
        {"Name": "mail.shop-s.routes.example.", "Type": "A", "TTL": 60, "ResourceRecords": ("192.0.2.1",)},
    ]
    aws.change(*(("CREATE", one) for one in others))
    assert router.read() == {}
    for one in (asked(1), asked(1, route="shop-s")):
        with pytest.raises(Rejected) as caught:
            publish(router, one)
        assert caught.value.reason.code == "dns-name-taken"
    router.remove(["shop-r", "shop-s"])
    assert [aws.records(one["Name"].rstrip("."))[0] for one in others] == others


def test_a_route_whose_mark_was_lost_is_taken_up_again(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    aws.change(("DELETE", aws.records("_drover.shop-r.routes.example")[0]))
    assert router.read() == {}
    publish(router, asked(2, ALL_ON_B))
    assert published(router) == (2, ALL_ON_B, HOSTS)


def test_the_name_of_the_zone_itself_is_an_alias(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1, hostnames=("example",)))
    alias = next(one for one in aws.records("example") if one["Type"] == "A")
    assert alias["AliasTarget"]["DNSName"] == "shop-r.routes.example."
    assert published(router) == (1, HALVES, ("example",))
    assert router.verify([asked(1, hostnames=("example",))]) == {"shop-r": None}
    router.remove(["shop-r"])
    assert {one["Type"] for one in aws.records("example")} == {"NS", "SOA"}
    with pytest.raises(Rejected):
        router.plan([replace(NINETY_TEN, hostnames=("example",))], {})


@pytest.mark.parametrize("hostname", ["shop.elsewhere", "shop-r.routes.example", "routes.example"])
def test_hostnames_that_are_not_for_this_zone_are_rejected(router: Route53, hostname: str) -> None:
    with pytest.raises(Rejected):
        router.plan([asked(1, hostnames=(hostname,))], {})


@pytest.mark.parametrize("host", ["not_a_name", "192.0.2", "1.2.3.4.5"])
def test_a_host_that_is_neither_name_nor_address_is_rejected(router: Route53, host: str) -> None:
    with pytest.raises(Rejected):
        router.plan([route(1, Backend("a-1", 100, host, 443))], {})


def test_hostnames_may_be_left_to_others(aws: StrictRoute53) -> None:
    router = router_on(aws, replace(SETTINGS, binds=False))
    one = asked(1, hostnames=("shop.elsewhere",))
    publish(router, one)
    assert router.verify([one]) == {"shop-r": None}
    assert router.plan([one], router.read()) == ()
