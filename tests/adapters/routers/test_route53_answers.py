"""Where Route 53 sends users by the records that Drover wrote, while hosts die. Nobody changes a record for it."""

from collections.abc import Iterator
from fractions import Fraction

import pytest

from tests.adapters.routers.asking import ALL_ON_B, address_of, asked, publish
from tests.adapters.routers.on_route53 import router_on
from tests.adapters.routers.route53_answers import NOBODY, answers
from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.routers.route53 import Route53

A_1, B_1, C_1 = map(address_of, ("a-1", "b-1", "c-1"))
ALL = Fraction(1)


@pytest.fixture
def aws() -> Iterator[StrictRoute53]:
    server = StrictRoute53()
    yield server
    server.stop()


@pytest.fixture
def router(aws: StrictRoute53) -> Route53:
    return router_on(aws)


DEATHS = {
    "nobody": ((), {A_1: 50, B_1: 30, C_1: 20}),
    "one": ((A_1,), {B_1: 60, C_1: 40}),
    "two": ((A_1, C_1), {B_1: 100}),
    "all, who then count as healthy": ((A_1, B_1, C_1), {A_1: 50, B_1: 30, C_1: 20}),
}


@pytest.mark.parametrize(("dead", "percents"), DEATHS.values(), ids=DEATHS)
def test_who_is_alive_shares_the_requests_of_the_dead(
    aws: StrictRoute53, router: Route53, dead: tuple[str, ...], percents: dict[str, int]
) -> None:
    publish(router, asked(1, {"a-1": 50, "b-1": 30, "c-1": 20}))
    shares = {host: Fraction(percent, 100) for host, percent in percents.items()}
    assert answers(aws, "bakery.example", dead) == shares


def test_a_prod_that_was_drained_gets_nobody_even_when_all_others_are_dead(
    aws: StrictRoute53, router: Route53
) -> None:
    publish(router, asked(1))
    publish(router, asked(2, ALL_ON_B))
    assert answers(aws, "bakery.example") == answers(aws, "bakery.example", [B_1]) == {B_1: ALL}


def test_a_record_of_weight_0_would_have_got_them(aws: StrictRoute53, router: Route53) -> None:
    """Why there is none: the rule of Route 53 that the test above is about."""
    publish(router, asked(1))
    drained, other = aws.records("shop-r.routes.example")
    aws.change(("UPSERT", drained | {"Weight": 0}), ("UPSERT", other))
    assert answers(aws, "bakery.example") == {B_1: ALL}
    assert answers(aws, "bakery.example", [B_1]) == {A_1: ALL}


def test_a_record_without_a_check_counts_as_healthy(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    unchecked, _ = aws.records("shop-r.routes.example")
    del unchecked["HealthCheckId"]
    assert answers(aws, "bakery.example", [A_1, B_1]) == {A_1: ALL}


def test_the_name_of_the_zone_itself_fails_over_too(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1, hostnames=("example",)))
    assert answers(aws, "example", [A_1]) == {B_1: ALL}


def test_who_is_not_bound_is_nowhere(aws: StrictRoute53, router: Route53) -> None:
    publish(router, asked(1))
    publish(router, asked(2, hostnames=("bakery.example",)))
    assert answers(aws, "florist.example") == {NOBODY: ALL}
