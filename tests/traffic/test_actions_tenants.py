"""Tenants: who may be one, where the planner puts it, and how it moves."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.permissions import Denied
from clusters.models import Prod
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.actions import add_tenant, change_tenant, move_tenant, remove_tenant
from traffic.models import Route, RouteMember, Tenant

pytestmark = pytest.mark.django_db
NEW = {"name": "acme", "hostnames": ["acme.example"], "redundancy": "none"}


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def add(role: str = "release-manager", **more: Any) -> Tenant:
    return add_tenant(build.person(role), {**NEW, **more})


def faults(error: FieldErrors) -> dict[str, str]:
    return {path: reason.code for path, reason in error.errors}


def domains(route: Route) -> set[str]:
    return set(route.members.values_list("prod__cluster__failure_domain", flat=True))


def test_a_tenant_goes_where_the_planner_finds_room() -> None:
    tenant = add()
    assert tenant.route is not None and tenant.route.redundancy == "none"
    assert RouteMember.objects.filter(route=tenant.route, weight=100).count() == 1
    assert Event.objects.filter(kind="tenant", reason__params__tenant="acme").count() == 1


def test_two_domains_are_given_where_they_are_bought() -> None:
    tenant = add(redundancy="two-domain", load=60)
    assert tenant.route is not None and len(domains(tenant.route)) == 2


def test_a_tenant_may_name_its_prods_and_its_route() -> None:
    on = add(prods=["b-2"])
    assert set(on.route.members.values_list("prod__name", flat=True)) == {"b-2"}
    assert add(name="other", hostnames=["other.example"], route="shop-s").route.name == "shop-s"


def test_a_new_hostname_gives_its_route_a_new_epoch() -> None:
    """A publisher that works with the old hostnames could otherwise put them back."""
    add(route="shop-s")
    assert Route.objects.get(name="shop-s").epoch == 2


def test_a_new_route_is_published_where_its_neighbours_are() -> None:
    Edge()
    tenant = add(load=101)
    assert set(tenant.route.publications.values_list("instance__name", flat=True)) == {"edge-1", "edge-2"}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        pytest.param({"name": "A"}, {"name": "name-no-label"}, id="name with capitals"),
        pytest.param({"name": "shop-r-0001"}, {"name": "tenant-exists"}, id="name taken"),
        pytest.param({"hostnames": []}, {"hostnames": "hostname-needed"}, id="no hostname"),
        pytest.param({"hostnames": "a.example"}, {"hostnames": "hostnames-no-list"}, id="a text"),
        pytest.param({"hostnames": ["A.example"]}, {"hostnames[0]": "hostname-not-lower"}, id="capitals"),
        pytest.param({"hostnames": ["*.example"]}, {"hostnames[0]": "hostname-wildcard"}, id="wildcard"),
        pytest.param(
            {"hostnames": ["ok.example", "a_b"]}, {"hostnames[1]": "hostname-wrong"}, id="second wrong"
        ),
        pytest.param({"hostnames": ["a.b", "a.b"]}, {"hostnames[1]": "hostname-twice-here"}, id="twice"),
        pytest.param(
            {"hostnames": ["x.example", "shop-s-0003.example.com"]},
            {"hostnames[1]": "hostname-taken"},
            id="taken",
        ),
        pytest.param({"load": 0}, {"load": "load-no-number"}, id="no load"),
        pytest.param({"load": 10**10}, {"load": "load-no-number"}, id="too much load"),
        pytest.param({"load": 5000}, {"load": "no-room"}, id="more than any Prod has room for"),
        pytest.param({"redundancy": "three"}, {"redundancy": "not-one-of-these"}, id="no redundancy"),
        pytest.param({"route": "zzz"}, {"route": "no-route-named-so"}, id="no Route"),
        pytest.param({"route": "shop-r"}, {"route": "route-of-another-kind"}, id="a Route of another kind"),
        pytest.param({"prods": ["zzz"]}, {"prods[0]": "no-such-prod-here"}, id="no Prod"),
        pytest.param(
            {"prods": ["c-2"]}, {"prods": "none-of-those-asked"}, id="a test Prod for a live Tenant"
        ),
        pytest.param({"blueprint": "zzz"}, {"blueprint": "not-one-of-these"}, id="no Blueprint"),
        pytest.param(
            {"redundancy": "two-domain", "prods": ["a-1", "a-2"]}, {"redundancy": "one-domain-only"}, id="one"
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(sent: dict[str, Any], wrong: dict[str, str]) -> None:
    with pytest.raises(FieldErrors) as error:
        add(**sent)
    assert faults(error.value) == wrong
    assert not Tenant.objects.filter(hostnames__contains=["acme.example"]).exists()


def test_redundancy_that_the_fleet_cannot_give_is_told_at_its_field() -> None:
    Prod.objects.exclude(cluster__name="a").update(lifecycle="out-of-service")
    with pytest.raises(FieldErrors) as error:
        add(redundancy="two-domain")
    assert faults(error.value) == {"redundancy": "one-domain-only"}


def test_without_any_prod_that_serves_there_is_no_place() -> None:
    Prod.objects.update(lifecycle="out-of-service")
    with pytest.raises(FieldErrors) as error:
        add()
    assert faults(error.value) == {"redundancy": "no-prod-serving"}


def test_the_owner_of_a_hostname_is_named() -> None:
    with pytest.raises(FieldErrors) as error:
        add(hostnames=["shop-s-0003.example.com"])
    assert dict(error.value.errors[0][1].params)["tenant"] == "shop-s-0003"


def test_one_below_release_manager_may_not() -> None:
    with pytest.raises(Denied):
        add("on-call")


def change(name: str, read_as: str = "", **sent: Any) -> Tenant:
    return change_tenant(build.person("release-manager"), name, sent, read_as)


def test_facts_change_and_what_is_not_given_stays() -> None:
    changed = change("shop-s-0001", load=7)
    assert (changed.load, changed.hostnames, changed.route.name) == (7, ["shop-s-0001.example.com"], "shop-s")
    assert Route.objects.get(name="shop-s").epoch == 1, "no hostname has changed"


def test_other_hostnames_are_bound_anew() -> None:
    change("shop-s-0001", hostnames=["new.example"])
    assert Route.objects.get(name="shop-s").epoch == 2


def test_its_own_hostname_is_not_taken() -> None:
    assert change("shop-s-0001", hostnames=["shop-s-0001.example.com", "b.example"]).hostnames == [
        "b.example",
        "shop-s-0001.example.com",
    ]


def test_the_same_again_changes_nothing() -> None:
    before = Event.objects.count()
    change("shop-s-0001", load=1)
    assert Event.objects.count() == before


def test_another_redundancy_is_another_route() -> None:
    changed = change("shop-s-0001", redundancy="two-domain")
    assert changed.route.redundancy == "two-domain" and len(domains(changed.route)) == 2


def test_what_was_changed_meanwhile_is_not_overwritten() -> None:
    with pytest.raises(Refused, match="tenant-changed"):
        change("shop-s-0001", "another", load=7)


def move(name: str, **sent: Any) -> Tenant:
    return move_tenant(build.person("release-manager"), name, sent)


def test_a_tenant_moves_to_the_route_that_is_named_and_both_get_an_epoch() -> None:
    assert move("shop-s-0001", route="shop-t", reason="closer").route.name == "shop-t"
    epochs = Route.objects.filter(name__in=["shop-s", "shop-t"]).values_list("epoch", flat=True)
    assert list(epochs) == [2, 2]
    said = Event.objects.get(kind="tenant", reason__code="tenant-moved")
    assert (said.from_state, said.to_state, said.reason["params"]["why"]) == ("shop-s", "shop-t", "closer")


def test_without_a_route_the_planner_finds_another_one() -> None:
    moved = move("shop-s-0001", prods=["b-2"])
    assert moved.route.name != "shop-s"
    assert set(moved.route.members.values_list("prod__name", flat=True)) == {"b-2"}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        pytest.param({"route": "shop-s"}, {"route": "tenant-is-there"}, id="there already"),
        pytest.param({"route": "shop-r"}, {"route": "route-of-another-kind"}, id="another kind"),
        pytest.param({"route": "zzz"}, {"route": "no-route-named-so"}, id="no Route"),
        pytest.param({"route": "empty"}, {"route": "route-has-no-members"}, id="no members"),
        pytest.param({"prods": ["c-2"]}, {"prods": "none-of-those-asked"}, id="no fitting Prod"),
    ],
)
def test_a_move_that_cannot_be_is_told_at_its_field(sent: dict[str, Any], wrong: dict[str, str]) -> None:
    Route.objects.create(name="empty", redundancy="none")
    with pytest.raises(FieldErrors) as error:
        move("shop-s-0001", **sent)
    assert faults(error.value) == wrong


def test_a_single_writer_moves_only_where_a_person_vouches() -> None:
    Tenant.objects.filter(name="shop-s-0001").update(data_class="single-writer")
    with pytest.raises(FieldErrors) as error:
        move("shop-s-0001", prods=["b-2"])
    assert faults(error.value) == {"confirm": "single-writer-unconfirmed"}
    assert move("shop-s-0001", prods=["b-2"], confirm="shop-s-0001").route.data_class == "single-writer"


def test_a_single_writer_of_another_kind_moves_only_where_a_person_vouches() -> None:
    with pytest.raises(FieldErrors) as error:
        change("shop-s-0001", data_class="single-writer")
    assert faults(error.value) == {"confirm": "single-writer-unconfirmed"}
    assert Tenant.objects.get(name="shop-s-0001").data_class != "single-writer"
    changed = change("shop-s-0001", data_class="single-writer", confirm="shop-s-0001")
    assert (changed.data_class, changed.route.data_class) == ("single-writer", "single-writer")
    assert change("shop-s-0001", load=7).load == 7, "it does not move by that"
    with pytest.raises(FieldErrors) as error:
        change("shop-s-0001", redundancy="two-domain", confirm="shop-s-0001")
    assert faults(error.value) == {"redundancy": "writer-in-two-domains"}


def test_nobody_moves_to_a_route_that_the_routers_do_not_have_yet() -> None:
    edge = Edge()
    with pytest.raises(Refused, match="route-not-published-there"):
        move("shop-s-0001", route="shop-t")
    edge.publish()
    Route.objects.filter(name="shop-t").update(epoch=2)
    with pytest.raises(Refused, match="route-not-published-there"):
        move("shop-s-0001", route="shop-t")
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-s"


def test_after_a_move_the_hostname_leads_to_the_new_route_everywhere() -> None:
    edge = Edge()
    edge.publish()
    move("shop-s-0001", route="shop-t")
    edge.publish()
    for router in edge.routers.values():
        host = "shop-s-0001.example.com"
        assert [name for name, one in router.published.items() if host in one.hostnames] == ["shop-t"]


def test_a_removed_tenant_leaves_the_routers_and_its_hostname_is_free() -> None:
    edge = Edge()
    edge.publish()
    remove_tenant(build.person("release-manager"), "shop-s-0001", "has left")
    edge.publish()
    host = "shop-s-0001.example.com"
    for router in edge.routers.values():
        assert host not in router.published["shop-s"].hostnames
        assert (
            len(router.published["shop-s"].hostnames) == Tenant.objects.filter(route__name="shop-s").count()
        )
    said = Event.objects.get(kind="tenant", reason__code="tenant-removed")
    params = said.reason["params"]
    assert (said.from_state, said.to_state, params["why"], params["hostnames"]) == (
        "shop-s", "removed", "has left", host
    )  # fmt: skip
    assert add(hostnames=[host]).hostnames == [host]


@pytest.mark.parametrize("name", ["zzz", ""])
def test_a_tenant_that_is_not_there_cannot_be_removed(name: str) -> None:
    with pytest.raises(Refused, match="tenant-unknown"):
        remove_tenant(build.person("release-manager"), name)


def test_only_who_may_removes_a_tenant() -> None:
    with pytest.raises(Denied):
        remove_tenant(build.person("on-call"), "shop-s-0001")
    with pytest.raises(FieldErrors):
        remove_tenant(build.person("release-manager"), "shop-s-0001", 5)
    assert Tenant.objects.filter(name="shop-s-0001").exists()
