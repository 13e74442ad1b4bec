"""Where a Tenant goes is told before, and why; then it is kept in its history."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.permissions import Denied
from clusters.models import Prod, Version
from journal.core.reasons import FieldErrors, Reason, Refused, reason_from_json
from journal.models import Event
from journal.sentences import sentence
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.actions import TenantPlace, add_tenant, change_tenant, move_tenant, preview_move, preview_tenant
from traffic.models import Publication, Route, RouteMember, Tenant

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


def shown(**more: Any) -> TenantPlace:
    return preview_tenant(build.person("release-manager"), {**NEW, **more})


def add(**more: Any) -> Tenant:
    return add_tenant(build.person("release-manager"), {**NEW, **more})


def would_move(**sent: Any) -> TenantPlace:
    return preview_move(build.person("release-manager"), "shop-s-0001", sent)


def move(**sent: Any) -> Tenant:
    return move_tenant(build.person("release-manager"), "shop-s-0001", sent)


def told(code: str) -> str:
    """What the one Event with this code says."""
    return sentence(reason_from_json(Event.objects.get(kind="tenant", reason__code=code).reason))


def seats(route: Route | None) -> tuple[str, ...]:
    rows = RouteMember.objects.filter(route=route, weight__gt=0).order_by("prod__name")
    return tuple(rows.values_list("prod__name", flat=True))


def codes(place: TenantPlace) -> list[str]:
    """Why this Route, and why these Prods, from the outermost on."""
    chosen = place.chosen or Reason("-")
    nested = dict(chosen.params)
    return [place.why.code, chosen.code, *(str(nested[name]) for name in ("why", "cause") if name in nested)]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        pytest.param({}, ["route-has-space", "route-was-there"], id="a Route that was there"),
        pytest.param({"load": 101}, ["has-route-of-its-own", "roomiest-prod"], id="most room"),
        pytest.param(
            {"load": 60, "redundancy": "two-domain"}, ["new-route", "roomiest-in-domains"], id="two domains"
        ),
        pytest.param({"pins": ["b-2"]}, ["new-route", "only-pinned", "roomiest-prod"], id="pinned"),
        pytest.param({"prods": ["b-2"]}, ["new-route", "asked-among", "roomiest-prod"], id="Prods named"),
        pytest.param({"route": "shop-s"}, ["route-was-named", "-"], id="the Route named"),
    ],
)
def test_what_is_shown_is_what_is_done_and_its_history_says_why(sent: dict[str, Any], why: list[str]) -> None:
    place = shown(**sent)
    assert codes(place) == why and place.reasons == ()
    assert (
        not Tenant.objects.filter(name="acme").exists() and not Event.objects.filter(kind="tenant").exists()
    )
    assert Route.objects.filter(name=place.route).exists() is not place.new
    added = add(**sent, digest=place.digest)
    assert (added.route.name, seats(added.route)) == (place.route, place.prods)
    if place.chosen is None:
        assert told("tenant-added") == "Tenant acme was added to the Route shop-s."
    else:
        because = sentence(place.chosen)
        assert told("tenant-placed") == f"Tenant acme was added to the Route {place.route}. {because}"


def test_what_would_go_elsewhere_by_now_is_refused() -> None:
    place = shown()
    Prod.objects.filter(name__in=place.prods).update(lifecycle="out-of-service")
    with pytest.raises(Refused, match="place-stale"):
        add(digest=place.digest)
    assert not Tenant.objects.filter(name="acme").exists()
    assert add(digest=shown().digest).route.name != place.route


def test_the_digest_is_of_the_tenant_that_was_shown() -> None:
    with pytest.raises(Refused, match="place-stale"):
        add(load=2, digest=shown(load=1).digest)


def test_a_move_is_shown_with_why_and_its_history_keeps_both_reasons() -> None:
    place = would_move(prods=["b-2", "a-2"])
    assert codes(place) == ["new-route", "asked-among", "roomiest-prod"] and place.prods == ("a-2",)
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-s"
    moved = move(prods=["b-2", "a-2"], digest=place.digest, reason="nearer to its users")
    assert (moved.route.name, seats(moved.route)) == (place.route, place.prods)
    assert told("tenant-rehomed") == (
        f"Tenant shop-s-0001 moved from shop-s to {place.route}: nearer to its users. Only these Prods were asked for: "
        "a-2, b-2. A new Route: of 2 Prods that may take it, a-2 had most room, and then has room for 699 more."
    )


def test_a_move_that_would_go_elsewhere_by_now_is_refused() -> None:
    place = would_move()
    Prod.objects.filter(name__in=place.prods).update(lifecycle="out-of-service")
    with pytest.raises(Refused, match="place-stale"):
        move(digest=place.digest)
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-s"


def test_data_narrow_the_choice_of_one_that_moves() -> None:
    """What a-1 has written, only v1.0.0 may work on; c-1 runs another Version."""
    Tenant.objects.filter(name="shop-s-0001").update(data_class="replicated")
    later = Version.objects.exclude(name="v1.0.0").filter(blueprint__name="shop").first()
    Prod.objects.filter(name="c-1").update(version=later)
    place = would_move()
    assert codes(place) == ["new-route", "data-leave-out", "roomiest-prod"]
    assert dict(place.chosen.params)["left_out"] == 1 and "c-1" not in place.prods


def test_other_facts_that_move_a_tenant_say_why_there_too() -> None:
    change_tenant(build.person("release-manager"), "shop-s-0001", {"pins": ["b-2"]})
    assert "pins. It is pinned to b-2. A new Route: 1 Prod may take it, b-2," in told("tenant-rehomed")


def test_what_stands_against_a_move_is_shown_and_refuses_it() -> None:
    edge = Edge()
    edge.publish()
    assert would_move(route="shop-t").reasons == ()
    Route.objects.filter(name="shop-t").update(epoch=2)
    assert [why.code for why in would_move(route="shop-t").reasons] == ["route-not-published-there"]
    with pytest.raises(Refused, match="route-not-published-there"):
        move(route="shop-t")


def test_a_new_route_that_no_router_could_reach_is_told_before() -> None:
    Publication.objects.all().delete()
    edge = Edge()
    edge.publish()
    Prod.objects.filter(name="b-2").update(endpoint="")
    assert [why.code for why in would_move(prods=["b-2"]).reasons] == ["prod-without-endpoint"]
    with pytest.raises(Refused, match="prod-without-endpoint"):
        move(prods=["b-2"])
    assert not Event.objects.filter(reason__code="route-made-for").exists()
    assert Tenant.objects.get(name="shop-s-0001").route.name == "shop-s"


def test_what_is_wrong_is_told_as_where_it_is_done() -> None:
    with pytest.raises(FieldErrors) as error:
        shown(name="shop-r-0001", hostnames=["shop-s-0003.example.com"])
    assert {path: why.code for path, why in error.value.errors} == {
        "name": "tenant-exists",
        "hostnames[0]": "hostname-taken",
    }
    with pytest.raises(FieldErrors, match="tenant-is-there"):
        would_move(route="shop-s")


def test_only_who_may_write_tenants_is_shown() -> None:
    with pytest.raises(Denied):
        preview_tenant(build.person("on-call"), NEW)
    with pytest.raises(Denied):
        preview_move(build.person("on-call"), "shop-s-0001", {})
