"""While the line is stopped nobody moves users by hand; what an emergency needs passes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from journal.core.reasons import Refused
from journal.models import Event
from releases.actions import resume_the_line, stop_the_line
from tests import build
from tests.traffic.standing import standing_fleet
from traffic.actions import add_tenant, change_tenant, move_tenant, return_to_epoch, set_weights
from traffic.models import RouteMember, Tenant

pytestmark = pytest.mark.django_db
WHY = "alerts from everywhere"


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def moved_once(db: None) -> None:
    """One Route has an epoch to return to, and one Tenant can move."""
    build.fresh()
    set_weights(build.person("on-call"), "shop-r", {"a-2": 80, "b-1": 20}, "a test", 1)
    add_tenant(build.person("release-manager"), {"name": "acme", "hostnames": ["acme.example"]})


def who_is_where() -> tuple[Any, ...]:
    weights = RouteMember.objects.order_by("route", "prod").values_list("route__name", "prod__name", "weight")
    return (*weights, *Tenant.objects.order_by("name").values_list("name", "route__name"))


MOVES: dict[str, Callable[[], object]] = {
    "weights": lambda: set_weights(build.person("admin"), "shop-r", {"a-2": 50}, "a test", 2),
    "the weights of before": lambda: return_to_epoch(build.person("admin"), "shop-r", 1, "a test", 2),
    "a tenant": lambda: move_tenant(build.person("admin"), "acme", {"route": "shop-s"}),
    "a tenant of another kind": lambda: change_tenant(
        build.person("admin"), "acme", {"redundancy": "two-domain"}
    ),
}


@pytest.mark.parametrize("what", MOVES)
def test_nobody_moves_users_by_hand(what: str) -> None:
    stop_the_line(build.person("on-call"), WHY)
    before, told = who_is_where(), Event.objects.count()
    with pytest.raises(Refused) as refused:
        MOVES[what]()
    assert [reason.code for reason in refused.value.reasons] == ["line-stopped"]
    assert (who_is_where(), Event.objects.count()) == (before, told)
    resume_the_line(build.person("release-manager"), WHY)
    MOVES[what]()
    assert who_is_where() != before


def test_facts_that_move_nobody_may_change() -> None:
    stop_the_line(build.person("on-call"), WHY)
    change_tenant(build.person("admin"), "acme", {"load": 2})
    add_tenant(build.person("admin"), {"name": "later", "hostnames": ["later.example"]})
    assert Tenant.objects.get(name="acme").load == 2
