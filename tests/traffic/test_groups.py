"""Groups of tenants alike are cut into Routes, as the design says of the example fleet."""

import pytest
from django.db.models import Count

from clusters.models import Prod
from journal.core.reasons import Refused
from journal.models import Event
from tests import build
from traffic.actions import TenantGroup, load_tenants
from traffic.models import Route, RouteMember, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def load(name: str, count: int, load: int = 1, redundancy: str = "none", *prods: str) -> None:
    load_tenants(build.person("admin"), [TenantGroup(name, count, load, redundancy, prods or ("a-1",))])


def cut(name: str) -> dict[str, list[str]]:
    """Route -> the first and the last of its Tenants, of those whose name begins so."""
    found: dict[str, list[str]] = {}
    for route, tenant in Tenant.objects.filter(name__startswith=name).values_list("route__name", "name"):
        found.setdefault(route, []).append(tenant)
    return {route: [tenants[0], tenants[-1]] for route, tenants in sorted(found.items())}


def rows() -> list[object]:
    tables = (Route, RouteMember, Tenant, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def refused(*args: object) -> list[str]:
    before = rows()
    with pytest.raises(Refused) as found:
        load(*args)  # type: ignore[arg-type]
    assert rows() == before
    return [reason.code for reason in found.value.reasons]


def test_the_example_fleet_has_the_routes_of_the_design() -> None:
    sizes = Route.objects.annotate(size=Count("tenants")).values_list("name", "size")
    assert dict(sizes) == {
        **{f"shop-r-{number}": 100 for number in (1, 2, 3)},
        **{f"shop-s-{number}": 100 for number in (1, 2, 3, 4)},
        **{f"shop-t-{number}": 100 for number in (1, 2, 3, 4)},
        "shop-u": 20,
        "staff": 3,
    }


def test_tenants_fill_the_routes_in_the_order_of_their_names() -> None:
    assert cut("shop-s") == {
        "shop-s-1": ["shop-s-0001", "shop-s-0100"],
        "shop-s-2": ["shop-s-0101", "shop-s-0200"],
        "shop-s-3": ["shop-s-0201", "shop-s-0300"],
        "shop-s-4": ["shop-s-0301", "shop-s-0400"],
    }


def test_every_route_of_a_group_has_its_members() -> None:
    members = RouteMember.objects.filter(route__name__startswith="shop-r-")
    assert sorted(members.values_list("route__name", "prod__name", "weight", "target")) == [
        (f"shop-r-{number}", prod, 50, 50) for number in (1, 2, 3) for prod in ("a-2", "b-1")
    ]


# a-1 ... c-1 carry 1000 each, the test Prod c-2 carries 100. (tenants, load of each, redundancy) -> Tenants per Route
CUTS = {
    "as many as fit": ((100, 1, "none"), [100]),
    "one more": ((101, 1, "none"), [100, 1]),
    "of 30 load units each": ((7, 30, "none"), [3, 3, 1]),
    "larger than a Route": ((3, 101, "none"), [1, 1, 1]),
    "of test tenants": ((11, 1, "test"), [10, 1]),
    "of nobody": ((0, 1, "none"), [0]),
}


@pytest.mark.parametrize("which", CUTS)
def test_a_route_holds_a_tenth_of_the_smallest_prod_of_fitting_role(which: str) -> None:
    asked, wanted = CUTS[which]
    load("more", *asked)
    names = ["more"] if len(wanted) == 1 else [f"more-{number}" for number in range(1, len(wanted) + 1)]
    found = Route.objects.filter(name__startswith="more").annotate(size=Count("tenants"))
    assert [(route.name, route.size) for route in found.order_by("name")] == [
        *zip(names, wanted, strict=True)
    ]


@pytest.mark.parametrize("capacity", [1000, 100, 5000])
def test_the_same_again_changes_nothing_whatever_the_limit_is_by_then(capacity: int) -> None:
    Prod.objects.update(capacity=capacity)
    before = rows()
    load("shop-s", 400)
    load("shop-u", 20, 1, "none", "c-1")
    assert rows() == before


def test_a_group_that_was_loaded_as_one_route_stays_one() -> None:
    Prod.objects.update(capacity=5000)
    load("old", 400)
    Prod.objects.update(capacity=1000)
    before = rows()
    load("old", 400)
    assert rows() == before and cut("old") == {"old": ["old-0001", "old-0400"]}


def test_a_group_whose_tenants_were_moved_or_removed_is_not_loaded_again() -> None:
    load("moved", 150)
    Tenant.objects.filter(route__name="moved-1").update(route=Route.objects.get(name="shop-u"))
    load("gone", 150)
    Tenant.objects.filter(name__startswith="gone-").delete()
    before = rows()
    for name in ("moved", "gone"):
        load(name, 150)
    assert rows() == before


def test_routes_of_others_are_not_taken_for_the_groups_own() -> None:
    load("more-1", 3)
    assert refused("more", 150) == ["route-exists"]
    assert refused("shop-s-1", 3) == ["route-exists"]
    load("more", 100)
    assert cut("more-0") == {"more": ["more-0001", "more-0100"]}


def test_a_group_that_makes_no_sense_is_refused() -> None:
    assert refused("more", 3, 1, "none", "a-1", "z-9") == ["tenant-group-wrong"]
    assert refused("more", 3, 1, "thrice") == ["tenant-group-wrong"]
