"""Weights of a Route whose data have a single writer: one Prod, and another only where a person vouches."""

from typing import Any

import pytest

from clusters.models import Cluster, Prod
from journal.core.reasons import FieldErrors
from tests import build
from traffic.actions import return_to_epoch, set_weights
from traffic.models import Route, RouteMember

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet() -> None:
    """a-1 serves shop-s; c-1 stands by."""
    build.fleet(whole_groups=True)
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    RouteMember.objects.create(
        route=Route.objects.get(name="shop-s"), prod=Prod.objects.get(name="c-1"), weight=0, target=100
    )


def shift(weights: Any, epoch: int = 1, **more: Any) -> Any:
    return set_weights(build.person("on-call"), "shop-s", weights, "a test", epoch, **more)


def back(epoch: int, seen: int, **more: Any) -> Any:
    return return_to_epoch(build.person("on-call"), "shop-s", epoch, "a test", seen, **more)


def serving() -> dict[str, int]:
    rows = RouteMember.objects.filter(route__name="shop-s", weight__gt=0)
    return dict(rows.values_list("prod__name", "weight"))


def faults(error: FieldErrors) -> dict[str, str]:
    return {path: reason.code for path, reason in error.errors}


def c_1_writes() -> None:
    shift({"a-1": 0, "c-1": 100}, confirm="shop-s")


@pytest.mark.parametrize(
    "weights", [{"a-1": 50, "c-1": 50}, {"c-1": 1}, {"a-1": 100, "b-1": 1}], ids=["half", "a bit", "newcomer"]
)
@pytest.mark.parametrize("confirm", ["", "shop-s"], ids=["in silence", "vouched"])
def test_two_never_write_at_once(weights: dict[str, int], confirm: str) -> None:
    with pytest.raises(FieldErrors) as error:
        shift(weights, confirm=confirm)
    assert faults(error.value) == {"weights": "writer-split"}
    assert serving() == {"a-1": 100}


@pytest.mark.parametrize("confirm", ["", "shop-r", "SHOP-S", "a-1"])
@pytest.mark.parametrize("to", ["c-1", "b-2"], ids=["a member", "a newcomer"])
def test_another_writer_takes_a_person_who_vouches(to: str, confirm: str) -> None:
    with pytest.raises(FieldErrors) as error:
        shift({"a-1": 0, to: 100}, confirm=confirm)
    assert faults(error.value) == {"confirm": "writer-unconfirmed"}
    assert serving() == {"a-1": 100}
    shift({"a-1": 0, to: 100}, confirm="shop-s")
    assert serving() == {to: 100}


def test_a_word_that_is_none_is_told() -> None:
    with pytest.raises(FieldErrors) as error:
        shift({"a-1": 0, "c-1": 100}, confirm=["shop-s"])
    assert faults(error.value) == {"confirm": "not-a-text"}


def test_a_newcomer_has_to_fit() -> None:
    Prod.objects.filter(name="b-2").update(capacity=10)
    with pytest.raises(FieldErrors) as error:
        shift({"a-1": 0, "b-2": 100}, confirm="shop-s")
    assert faults(error.value) == {"weights.b-2": "prod-has-no-room"}


def test_other_weights_of_the_same_writer_take_no_word() -> None:
    shift({"a-1": 7})
    assert serving() == {"a-1": 7}


def test_where_two_write_already_one_of_them_may_go_without_a_word() -> None:
    RouteMember.objects.filter(route__name="shop-s").update(weight=50)
    shift({"a-1": 0})
    assert serving() == {"c-1": 50}


def test_other_routes_need_no_word() -> None:
    set_weights(build.person("on-call"), "shop-r", {"a-2": 0, "b-1": 100}, "", 1)
    assert Route.objects.get(name="shop-r").epoch == 2


def test_the_way_back_to_another_writer_takes_a_person_who_vouches() -> None:
    c_1_writes()
    with pytest.raises(FieldErrors) as error:
        back(1, 2)
    assert faults(error.value) == {"confirm": "writer-unconfirmed"}
    assert serving() == {"c-1": 100}
    back(1, 2, confirm="shop-s")
    assert serving() == {"a-1": 100}


def test_there_is_no_way_back_to_two_that_write() -> None:
    Route.objects.filter(name="shop-s").update(data_class="replicated")
    shift({"a-1": 50, "c-1": 50})
    shift({"a-1": 100, "c-1": 0}, 2)
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    with pytest.raises(FieldErrors) as error:
        back(2, 3, confirm="shop-s")
    assert faults(error.value) == {"epoch": "writer-split"}
    assert serving() == {"a-1": 100}


NO_HOME = {
    "its Cluster is being emptied": (
        lambda: Cluster.objects.filter(name="b").update(intent="draining"),
        "prod-on-closed-cluster",
    ),
    "it has no room": (lambda: Prod.objects.filter(name="b-1").update(capacity=1), "prod-has-no-room"),
}


@pytest.mark.parametrize("case", NO_HOME)
def test_who_was_a_member_then_has_to_fit_to_be_one_again(case: str) -> None:
    spoil, code = NO_HOME[case]
    who = build.person("on-call")
    set_weights(who, "shop-u", {"c-1": 90, "b-1": 10}, "", 1)
    set_weights(who, "shop-u", {"c-1": 100, "b-1": 0}, "", 2)
    spoil()
    with pytest.raises(FieldErrors) as error:
        return_to_epoch(who, "shop-u", 2, "", 3)
    assert faults(error.value) == {"epoch": code}
    assert Route.objects.get(name="shop-u").epoch == 3
