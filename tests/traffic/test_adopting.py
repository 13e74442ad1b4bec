"""After somebody moved users at the routers: what these show is taken over, and nothing that is not fresh."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access.permissions import Denied
from clusters.models import Cluster, Prod
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build
from tests.traffic.edge import Edge
from traffic.actions import adopt_shown, set_weights
from traffic.engine.publishing import CHECK
from traffic.models import Publication, Route, RouteEpoch, RouteMember, RouteOut, RouterInstance
from traffic.queries.adopting import read_adoption
from traffic.queries.routers import read_routers

pytestmark = pytest.mark.django_db
MOVED = {"a-2": 0, "b-1": 100}


@pytest.fixture
def edge(db: None) -> Edge:
    """Somebody has moved shop-r at both routers, and it was read back."""
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    for router in edge.routers.values():
        router.publish_from_outside("shop-r", 1001, MOVED)
    look_again(edge)
    return edge


def look_again(edge: Edge) -> None:
    RouterInstance.objects.update(read_at=timezone.now() - CHECK)
    edge.publish()


def adopt(role: str = "on-call", digest: str = "", **more: str) -> None:
    digest = digest or read_adoption("edge", timezone.now()).digest
    adopt_shown(build.person(role), "edge", {"digest": digest, "reason": "break-glass at night", **more})


def refused(digest: str = "") -> list[str]:
    with pytest.raises(Refused) as error:
        adopt(digest=digest)
    return [reason.code for reason in error.value.reasons]


def cannot() -> list[str]:
    return [one.cannot.code for one in read_adoption("edge", timezone.now()).routes if one.cannot]


def weights(route: str = "shop-r") -> dict[str, int]:
    return dict(RouteMember.objects.filter(route__name=route).values_list("prod__name", "weight"))


def test_the_page_says_what_was_moved_without_us_and_the_difference(edge: Edge) -> None:
    (line,) = read_routers(timezone.now()).routers
    assert line.newer == 1
    (one,) = read_adoption("edge", timezone.now()).routes
    assert (one.route, one.epoch, one.shown_epoch) == ("shop-r", 1, 1001)
    assert (dict(one.asked), dict(one.shown)) == ({"a-2": 50, "b-1": 50}, MOVED)


def test_what_is_shown_is_asked_above_it_and_published_everywhere(edge: Edge) -> None:
    adopt()
    route = Route.objects.get(name="shop-r")
    assert route.epoch > 1001 and weights() == MOVED
    look_again(edge)
    assert {one.state for one in Publication.objects.filter(route=route)} == {"published"}
    assert {edge.routers[name].published["shop-r"].epoch for name in edge.routers} == {route.epoch}
    assert read_routers(timezone.now()).routers[0].newer == 0
    assert RouteEpoch.objects.get(route=route, epoch=route.epoch).weights == MOVED
    told = Event.objects.get(reason__code="routes-adopted")
    assert told.reason["params"]["router"] == "edge" and told.actor is not None


def test_normal_times_and_other_routes_stay(edge: Edge) -> None:
    before = {one.name: one.epoch for one in Route.objects.exclude(name="shop-r")}
    adopt()
    assert {one.name: one.epoch for one in Route.objects.exclude(name="shop-r")} == before
    assert set(RouteMember.objects.filter(route__name="shop-r").values_list("target", flat=True)) == {50}


def test_a_stand_in_that_drover_did_not_know_of_becomes_a_member(edge: Edge) -> None:
    for router in edge.routers.values():
        router.publish_from_outside("shop-s", 1001, {"a-1": 0, "c-1": 100})
    look_again(edge)
    adopt()
    assert weights("shop-s") == {"a-1": 0, "c-1": 100}
    assert RouteMember.objects.get(route__name="shop-s", prod__name="c-1").target == 0


def test_two_that_write_data_of_a_single_writer_are_never_taken_over(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    for router in edge.routers.values():
        router.publish_from_outside("shop-s", 1001, {"a-1": 50, "c-1": 50})
    look_again(edge)
    assert "writer-split" in cannot()
    adopt()
    assert weights("shop-s") == {"a-1": 100}


def unconfirmed(typed: str) -> list[str]:
    """The Routes that are asked for by name."""
    with pytest.raises(FieldErrors) as error:
        adopt(confirm=typed)
    assert {(path, why.code) for path, why in error.value.errors} == {("confirm", "writer-unconfirmed")}
    return [str(dict(why.params)["route"]) for _, why in error.value.errors]


def test_another_single_writer_is_taken_over_only_with_its_routes_name(edge: Edge) -> None:
    Route.objects.filter(name__in=["shop-s", "shop-t"]).update(data_class="single-writer")
    for router in edge.routers.values():
        router.publish_from_outside("shop-s", 1001, {"a-1": 0, "c-1": 100})
        router.publish_from_outside("shop-t", 1001, {"b-2": 0, "c-1": 100})
    look_again(edge)
    assert [(one.route, one.writer) for one in read_adoption("edge", timezone.now()).writers] == [
        ("shop-s", "c-1"),
        ("shop-t", "c-1"),
    ]
    assert (unconfirmed(""), unconfirmed("shop-s"), unconfirmed("shop")) == (
        ["shop-s", "shop-t"],
        ["shop-t"],
        ["shop-s", "shop-t"],
    )
    assert (weights("shop-s"), weights()) == ({"a-1": 100}, {"a-2": 50, "b-1": 50}), "nothing was done"
    adopt(confirm="shop-t, shop-s")
    assert (weights("shop-s"), weights("shop-t")) == ({"a-1": 0, "c-1": 100}, {"b-2": 0, "c-1": 100})


def test_the_writer_that_is_asked_already_needs_no_name(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    for router in edge.routers.values():
        router.publish_from_outside("shop-s", 1001, {"a-1": 7})
    look_again(edge)
    adopt()
    assert weights("shop-s") == {"a-1": 7}


def test_the_same_weights_at_a_newer_epoch_end_the_quarrel_too(edge: Edge) -> None:
    set_weights(build.person("on-call"), "shop-r", MOVED, "as there", 1)
    look_again(edge)
    adopt()
    assert Route.objects.get(name="shop-r").epoch == 1002


def test_what_is_not_fresh_is_never_taken_over(edge: Edge) -> None:
    RouterInstance.objects.update(read_at=timezone.now() - timedelta(minutes=1))
    assert cannot() == ["shown-not-fresh"] and refused() == ["nothing-to-adopt"]
    RouterInstance.objects.update(read_at=timezone.now(), health="unreachable")
    assert cannot() == ["shown-not-fresh"] and weights() == {"a-2": 50, "b-1": 50}


def test_routers_that_disagree_are_left_to_a_person(edge: Edge) -> None:
    edge.routers["edge-2"].publish_from_outside("shop-r", 1001, {"a-2": 100, "b-1": 0})
    look_again(edge)
    assert cannot() == ["routers-disagree"]


def test_the_newest_counts_where_one_router_is_behind(edge: Edge) -> None:
    edge.routers["edge-2"].publish_from_outside("shop-r", 900, {"a-2": 100, "b-1": 0})
    look_again(edge)
    adopt()
    look_again(edge)
    assert edge.weights("shop-r", "edge-2") == {"b-1": 100}


def test_a_prod_that_is_gone_or_out_gets_nobody(edge: Edge) -> None:
    run = 7
    RouteOut.objects.create(
        route=Route.objects.get(name="shop-r"), prod=Prod.objects.get(name="b-1"), run_id=run
    )
    assert cannot() == ["member-is-out"]
    RouteOut.objects.all().delete()
    Prod.objects.filter(name="b-1").update(lifecycle="retired")
    assert cannot() == ["epoch-prods-gone"]


def test_nobody_takes_over_what_they_have_not_read(edge: Edge) -> None:
    read = read_adoption("edge", timezone.now()).digest
    edge.routers["edge-1"].publish_from_outside("shop-r", 1002, {"a-2": 10, "b-1": 90})
    look_again(edge)
    assert refused(read) == ["shown-moved-on"]


def test_it_takes_the_right_to_move_users(edge: Edge) -> None:
    with pytest.raises(Denied):
        adopt("viewer")


@pytest.mark.parametrize("was", ["active", "cordoned"])
def test_a_cluster_that_was_emptied_without_us_is_draining(edge: Edge, was: str) -> None:
    Cluster.objects.filter(name="a").update(intent=was)
    adopt()
    assert Cluster.objects.get(name="a").intent == was, "a-1 still serves shop-s"
    for router in edge.routers.values():
        router.publish_from_outside("shop-s", 1001, {"a-1": 0, "c-1": 100})
    look_again(edge)
    adopt()
    intents = dict(Cluster.objects.values_list("name", "intent"))
    assert intents == {"a": "draining", "b": "active", "c": "active"}
    told = Event.objects.get(kind="cluster", to_state="draining")
    assert (told.cluster, told.from_state, told.reason["code"]) == ("a", was, "cluster-emptied-outside")


def test_what_a_router_shows_beyond_the_pins_of_a_route_is_not_taken_over(edge: Edge) -> None:
    Route.objects.filter(name="shop-r").update(pins=["a-2", "c-1"])
    assert cannot() == ["route-pinned-to"]
    assert refused() == ["nothing-to-adopt"]
