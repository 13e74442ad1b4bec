"""Weights by hand, and the way back to an epoch: what is refused, and what the history says."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.permissions import Denied
from clusters.models import Prod
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build
from tests.traffic.standing import standing_fleet
from traffic.actions import return_to_epoch, set_weights
from traffic.models import Route, RouteEpoch, RouteMember, RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def now() -> tuple[int, dict[str, int]]:
    """Epoch and weights of shop-r."""
    rows = RouteMember.objects.filter(route__name="shop-r")
    return Route.objects.get(name="shop-r").epoch, dict(rows.values_list("prod__name", "weight"))


def targets() -> dict[str, int]:
    return dict(RouteMember.objects.filter(route__name="shop-r").values_list("prod__name", "target"))


def shift(weights: Any, epoch: Any = 1, role: str = "on-call", **more: Any) -> Any:
    return set_weights(build.person(role), "shop-r", weights, "a test", epoch, **more)


def faults(error: FieldErrors) -> dict[str, str]:
    return {path: reason.code for path, reason in error.errors}


def test_weights_are_stored_with_a_new_epoch_its_history_and_an_event() -> None:
    shift({"a-2": 90, "b-1": 10})
    assert now() == (2, {"a-2": 90, "b-1": 10})
    last = RouteEpoch.objects.get(route__name="shop-r", epoch=2)
    assert (last.weights, last.actor.username) == ({"a-2": 90, "b-1": 10}, "on-call")
    assert (last.reason["code"], last.reason["params"]["why"]) == ("weights-set", "a test")
    assert Event.objects.filter(kind="route", reason__code="weights-set").count() == 1


def test_weights_need_not_sum_to_a_hundred() -> None:
    shift({"a-2": 3, "b-1": 1})
    assert now() == (2, {"a-2": 3, "b-1": 1})


def test_a_member_that_is_not_named_keeps_its_weight() -> None:
    shift({"a-2": "80"})
    assert now() == (2, {"a-2": 80, "b-1": 50})


def test_the_same_weights_make_no_epoch_and_no_event() -> None:
    shift({"a-2": 50, "b-1": 50})
    assert now()[0] == 1
    assert not Event.objects.filter(reason__code="weights-set").exists()


def test_normal_times_change_only_for_good() -> None:
    shift({"a-2": 90, "b-1": 10})
    assert targets() == {"a-2": 50, "b-1": 50}
    shift({"a-2": 80, "b-1": 20}, 2, for_good=True)
    assert targets() == {"a-2": 80, "b-1": 20}


def test_to_keep_what_is_now_is_an_epoch_of_its_own() -> None:
    shift({"a-2": 90, "b-1": 10})
    shift({"a-2": 90, "b-1": 10}, 2, for_good=True)
    assert (now()[0], targets()) == (3, {"a-2": 90, "b-1": 10})
    assert RouteEpoch.objects.get(route__name="shop-r", epoch=3).reason["code"] == "weights-set-for-good"
    shift({"a-2": 90, "b-1": 10}, 3, for_good=True)
    assert now()[0] == 3, "they are those of normal times already"


def test_who_is_not_named_has_what_it_has_now_in_normal_times_too() -> None:
    shift({"a-2": 0, "b-1": 100})
    shift({"a-2": 0}, 2, for_good=True)
    assert targets() == {"a-2": 0, "b-1": 100}, "never all of them nothing"


def test_while_a_run_has_a_member_out_nothing_is_kept_for_good() -> None:
    route, prod = Route.objects.get(name="shop-r"), Prod.objects.get(name="a-2")
    RouteOut.objects.create(route=route, prod=prod, run_id=7)
    with pytest.raises(Refused) as refused:
        shift({"a-2": 0, "b-1": 100}, for_good=True)
    assert refused.value.reasons[0].code == "member-is-out"
    assert targets() == {"a-2": 50, "b-1": 50}


@pytest.mark.parametrize(
    ("weights", "epoch", "wrong"),
    [
        pytest.param({"a-2": 0, "b-1": 0}, 1, {"weights": "weights-sum-to-nothing"}, id="sum 0"),
        pytest.param({"a-2": 101}, 1, {"weights.a-2": "weight-no-percent"}, id="101"),
        pytest.param({"a-2": -1}, 1, {"weights.a-2": "weight-no-percent"}, id="-1"),
        pytest.param({"a-2": 1.5}, 1, {"weights.a-2": "weight-no-percent"}, id="a fraction"),
        pytest.param({"a-2": True}, 1, {"weights.a-2": "weight-no-percent"}, id="a switch"),
        pytest.param({"a-2": "many"}, 1, {"weights.a-2": "weight-no-percent"}, id="a text"),
        pytest.param({"zzz": 5}, 1, {"weights.zzz": "no-such-prod-here"}, id="no Prod"),
        pytest.param({5: 5}, 1, {"weights.5": "no-such-prod-here"}, id="no name"),
        pytest.param({}, 1, {"weights": "weights-needed"}, id="none"),
        pytest.param([5], 1, {"weights": "weights-needed"}, id="a list"),
        pytest.param({"a-2": 90}, None, {"epoch": "epoch-needed"}, id="no epoch"),
        pytest.param({"a-2": 90}, "now", {"epoch": "epoch-no-number"}, id="an epoch in words"),
        pytest.param({"a-2": 90}, 0, {"epoch": "epoch-no-number"}, id="epoch 0"),
        pytest.param(
            {"a-2": 200}, -1, {"epoch": "epoch-no-number", "weights.a-2": "weight-no-percent"}, id="two"
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(weights: Any, epoch: Any, wrong: dict[str, str]) -> None:
    with pytest.raises(FieldErrors) as error:
        shift(weights, epoch)
    assert faults(error.value) == wrong
    assert now() == (1, {"a-2": 50, "b-1": 50})


def test_a_route_without_members_cannot_be_weighed() -> None:
    Route.objects.create(name="empty", redundancy="none")
    with pytest.raises(FieldErrors) as error:
        set_weights(build.person("on-call"), "empty", {"a-2": 5}, "", 1)
    assert faults(error.value) == {"weights": "route-without-members"}


@pytest.mark.parametrize("seen", [1, 3], ids=["from the past", "from the future"])
def test_another_epoch_than_that_of_the_route_is_refused(seen: int) -> None:
    shift({"a-2": 90, "b-1": 10})
    with pytest.raises(Refused) as refused:
        shift({"a-2": 10, "b-1": 90}, seen)
    assert [reason.code for reason in refused.value.reasons] == ["route-moved-on"]
    assert now() == (2, {"a-2": 90, "b-1": 10})


def test_a_route_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="route-unknown"):
        set_weights(build.person("on-call"), "zzz", {"a-2": 5}, "", 1)


def test_nobody_is_sent_to_a_member_that_a_run_has_taken_out() -> None:
    shift({"a-2": 0, "b-1": 100})
    RouteOut.objects.create(
        route=Route.objects.get(name="shop-r"), prod=Prod.objects.get(name="a-2"), run_id=7
    )
    with pytest.raises(Refused, match="member-is-out"):
        shift({"a-2": 10, "b-1": 90}, 2)
    with pytest.raises(Refused, match="member-is-out"):
        return_to_epoch(build.person("on-call"), "shop-r", 1, "", 2)
    assert now() == (2, {"a-2": 0, "b-1": 100})


def test_a_viewer_may_neither_shift_nor_return() -> None:
    with pytest.raises(Denied):
        shift({"a-2": 90}, role="viewer")
    with pytest.raises(Denied):
        return_to_epoch(build.person("viewer"), "shop-r", 1, "", 1)


def test_going_back_is_a_new_epoch_with_the_weights_of_then() -> None:
    shift({"a-2": 90, "b-1": 10})
    return_to_epoch(build.person("on-call"), "shop-r", 1, "it was better", 2)
    assert now() == (3, {"a-2": 50, "b-1": 50})
    why = RouteEpoch.objects.get(route__name="shop-r", epoch=3).reason
    assert (why["code"], why["params"]["epoch"], why["params"]["why"]) == (
        "weights-returned",
        1,
        "it was better",
    )


def test_going_back_takes_the_weight_of_members_that_were_none() -> None:
    RouteMember.objects.create(
        route=Route.objects.get(name="shop-r"), prod=Prod.objects.get(name="c-1"), weight=0, target=0
    )
    shift({"a-2": 40, "b-1": 40, "c-1": 20})
    return_to_epoch(build.person("on-call"), "shop-r", 1, "", 2)
    assert now() == (3, {"a-2": 50, "b-1": 50, "c-1": 0})


def test_going_back_to_what_is_so_already_changes_nothing() -> None:
    return_to_epoch(build.person("on-call"), "shop-r", 1, "", 1)
    assert now()[0] == 1


@pytest.mark.parametrize(
    ("epoch", "seen", "wrong"),
    [
        pytest.param(9, 2, {"epoch": "epoch-unknown"}, id="none there"),
        pytest.param("x", 2, {"epoch": "epoch-no-number"}, id="no number"),
        pytest.param(1, None, {"seen": "epoch-needed"}, id="nothing read"),
    ],
)
def test_an_epoch_that_is_none_is_told_at_its_field(epoch: Any, seen: Any, wrong: dict[str, str]) -> None:
    shift({"a-2": 90, "b-1": 10})
    with pytest.raises(FieldErrors) as error:
        return_to_epoch(build.person("on-call"), "shop-r", epoch, "", seen)
    assert faults(error.value) == wrong


def test_the_way_back_of_a_person_who_has_not_seen_the_newest_is_refused() -> None:
    shift({"a-2": 90, "b-1": 10})
    with pytest.raises(Refused, match="route-moved-on"):
        return_to_epoch(build.person("on-call"), "shop-r", 1, "", 1)
    assert now()[0] == 2


def test_there_is_no_way_back_to_a_prod_that_is_gone() -> None:
    shift({"a-2": 0, "b-1": 100})
    Prod.objects.filter(name="a-2").update(lifecycle="retired")
    with pytest.raises(Refused, match="epoch-prods-gone"):
        return_to_epoch(build.person("on-call"), "shop-r", 1, "", 2)
    assert now() == (2, {"a-2": 0, "b-1": 100})
