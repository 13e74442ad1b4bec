"""Routes that share a call to Route 53: what is wrong with one of them is told of that one, and the others are published."""

from collections.abc import Iterator

import pytest

from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, asked, published
from tests.adapters.routers.on_route53 import router_on
from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.engine.bringing import State, bring
from traffic.routers.protocol import Asked
from traffic.routers.route53 import Route53

NEW = ("grocer.example",)
ROUTES = ("shop-r", "shop-s", "shop-t")


@pytest.fixture
def aws() -> Iterator[StrictRoute53]:
    world = StrictRoute53()
    yield world
    world.stop()


@pytest.fixture
def router(aws: StrictRoute53) -> Route53:
    return router_on(aws)


def three(epoch: int, weights: dict[str, int], *bound: str) -> list[Asked]:
    """The Routes; all of `bound` are the last one's."""
    return [asked(epoch, weights, bound if route == ROUTES[-1] else (), route) for route in ROUTES]


def told(router: Route53, routes: list[Asked]) -> dict[str, tuple[str, str]]:
    """Route -> (its state, the code of why)."""
    found, _ = bring(router, routes)
    return {route: (one.state, one.reason.code if one.reason else "") for route, one in found.items()}


DONE = (State.PUBLISHED, "")


def overtake(aws: StrictRoute53, *routes: str) -> None:
    """Somebody publishes something newer of these, after the next write has been planned."""

    def publish() -> None:
        for route in routes:
            aws.publish_from_outside(route, 3, {"a-1": 90, "b-1": 10})

    aws.before_change = publish


@pytest.mark.parametrize("stale", [["shop-r"], ["shop-s"], ["shop-r", "shop-s"]], ids=" ".join)
def test_only_the_stale_say_so_and_the_others_are_published_hostnames_too(
    aws: StrictRoute53, router: Route53, stale: list[str]
) -> None:
    assert set(told(router, three(1, HALVES)).values()) == {DONE}
    overtake(aws, *stale)
    found = told(router, three(2, ALL_ON_B, *NEW))
    assert found == {
        **dict.fromkeys(ROUTES, DONE),
        **dict.fromkeys(stale, (State.PENDING, "router-moved-on")),
    }
    assert published(router, "shop-t") == (2, ALL_ON_B, NEW)
    assert {published(router, route)[0] for route in stale} == {3}


def test_a_stale_one_does_not_hold_up_the_hostnames_of_the_others(
    aws: StrictRoute53, router: Route53
) -> None:
    first = [asked(1, HALVES, (), route) for route in ROUTES]
    assert set(told(router, first).values()) == {DONE}
    overtake(aws, "shop-r")
    hostnames = {"shop-r": HOSTS, "shop-s": NEW, "shop-t": ()}
    found = told(router, [asked(1, HALVES, hostnames[route], route) for route in ROUTES])
    assert found == {"shop-r": (State.PENDING, "router-moved-on"), "shop-s": DONE, "shop-t": DONE}
    assert published(router, "shop-s") == (1, HALVES, NEW)


def test_names_that_others_have_are_told_of_their_routes_alone(aws: StrictRoute53, router: Route53) -> None:
    taken = ("_drover.shop-r.routes.example.", "_drover.shop-s.routes.example.")
    for name in taken:
        aws.change(("CREATE", {"Name": name, "Type": "CNAME", "TTL": 1, "ResourceRecords": ("x.",)}))
    refused = (State.REFUSED, "route53-refused")
    found = told(router, three(1, HALVES, *NEW))
    assert found == {"shop-r": refused, "shop-s": refused, "shop-t": DONE}
    assert published(router, "shop-t") == (1, HALVES, NEW)


def test_of_two_that_are_wrong_for_different_reasons_each_has_its_own(
    aws: StrictRoute53, router: Route53
) -> None:
    assert set(told(router, three(1, HALVES)[:1]).values()) == {DONE}
    aws.change(
        (
            "CREATE",
            {"Name": "shop-s.routes.example.", "Type": "A", "TTL": 1, "ResourceRecords": ("192.0.2.99",)},
        )
    )
    overtake(aws, "shop-r")
    found = told(router, three(2, ALL_ON_B, *NEW))
    assert found == {
        "shop-r": (State.PENDING, "router-moved-on"),
        "shop-s": (State.REFUSED, "dns-name-taken"),
        "shop-t": DONE,
    }
