"""A/B by hand: a Prod that is no member of the Route gets a part of its requests."""

from typing import Any

import pytest

from clusters.models import Cluster, Prod
from journal.core.reasons import FieldErrors
from tests import build
from tests.traffic.edge import Edge
from traffic.actions import return_to_epoch, set_weights
from traffic.models import Route, RouteEpoch, RouteMember

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet() -> None:
    build.fleet()


def shift(weights: Any, epoch: int = 1, route: str = "shop-u", **more: Any) -> Any:
    return set_weights(build.person("on-call"), route, weights, "a test", epoch, **more)


def members(route: str = "shop-u") -> dict[str, tuple[int, int]]:
    rows = RouteMember.objects.filter(route__name=route)
    return {
        prod: (weight, target) for prod, weight, target in rows.values_list("prod__name", "weight", "target")
    }


def test_a_newcomer_shares_for_a_while_and_leaves_with_one_return() -> None:
    shift({"c-1": 90, "b-1": 10})
    assert members() == {"c-1": (90, 100), "b-1": (10, 0)}
    assert RouteEpoch.objects.get(route__name="shop-u", epoch=2).weights == {"b-1": 10, "c-1": 90}
    return_to_epoch(build.person("on-call"), "shop-u", 1, "", 2)
    assert members() == {"c-1": (100, 100), "b-1": (0, 0)}


def test_who_has_left_is_in_no_later_epoch() -> None:
    shift({"c-1": 90, "b-1": 10})
    shift({"c-1": 100, "b-1": 0}, 2)
    assert RouteEpoch.objects.get(route__name="shop-u", epoch=3).weights == {"c-1": 100}


def test_a_newcomer_for_good_has_a_target() -> None:
    shift({"c-1": 90, "b-1": 10}, for_good=True)
    assert members() == {"c-1": (90, 90), "b-1": (10, 10)}


def test_one_who_came_for_a_while_may_stay_for_good() -> None:
    shift({"c-1": 90, "b-1": 10})
    shift({"c-1": 80, "b-1": 20}, 2, for_good=True)
    assert members() == {"c-1": (80, 80), "b-1": (20, 20)}


def test_a_weight_of_nothing_makes_no_member() -> None:
    shift({"c-1": 90, "b-1": 0})
    assert members() == {"c-1": (90, 100)}


def test_each_who_may_not_is_named_with_why_and_nothing_changes() -> None:
    Prod.objects.filter(name="a-1").update(capacity=10)
    Cluster.objects.filter(name="b").update(intent="cordoned")
    with pytest.raises(FieldErrors) as error:
        shift({"c-1": 40, "a-1": 20, "b-2": 20, "c-2": 20})
    assert {path: reason.code for path, reason in error.value.errors} == {
        "weights.a-1": "prod-has-no-room",
        "weights.b-2": "prod-on-closed-cluster",
        "weights.c-2": "prod-of-another-kind",
    }
    assert {path: dict(reason.params)["prod"] for path, reason in error.value.errors} == {
        "weights.a-1": "a-1", "weights.b-2": "b-2", "weights.c-2": "c-2"
    }  # fmt: skip
    assert members() == {"c-1": (100, 100)}
    assert Route.objects.get(name="shop-u").epoch == 1


def test_nobody_is_led_to_a_prod_that_is_not_known_where() -> None:
    Edge()
    Prod.objects.filter(name="b-1").update(endpoint="")
    with pytest.raises(FieldErrors) as error:
        shift({"c-1": 90, "b-1": 10})
    assert [(path, reason.code) for path, reason in error.value.errors] == [
        ("weights.b-1", "prod-without-endpoint")
    ]


def test_a_retired_prod_is_none() -> None:
    Prod.objects.filter(name="b-1").update(lifecycle="retired")
    with pytest.raises(FieldErrors) as error:
        shift({"b-1": 10})
    assert [(path, reason.code) for path, reason in error.value.errors] == [
        ("weights.b-1", "no-such-prod-here")
    ]
