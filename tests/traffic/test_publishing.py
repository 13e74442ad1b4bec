"""Routers are brought to what the rows ask, whatever happens between."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import Refused, because
from journal.models import Event
from releases import tasks
from releases.actions import stop_automation
from tests import build
from tests.adapters.routers.faults import Fault
from tests.traffic.edge import Edge
from traffic.engine.publishing import CHECK, instances_due, publish_instance
from traffic.engine.shifting import shift
from traffic.models import Publication, Route, RouterInstance
from traffic.routers.protocol import Write

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def move(route: str, **weights: int) -> None:
    row = Route.objects.get(name=route)
    wanted = {name.replace("_", "-"): weight for name, weight in weights.items()}
    shift({row.pk: wanted}, because("a-test"), timezone.now())


def publication(route: str, instance: str = "edge-1") -> Publication:
    return Publication.objects.select_related("instance").get(route__name=route, instance__name=instance)


def look_again(edge: Edge, name: str = "edge-1", mends: bool = True) -> None:
    """The next regular read-back of everything."""
    RouterInstance.objects.filter(name=name).update(read_at=timezone.now() - CHECK)
    edge.publish(name, mends=mends)


def test_what_is_so_already_costs_no_write(edge: Edge) -> None:
    before = len(edge.routers["edge-1"].writes)
    look_again(edge)
    assert len(edge.routers["edge-1"].writes) == before


def test_a_move_of_one_route_writes_nothing_else(edge: Edge) -> None:
    before = len(edge.routers["edge-1"].writes)
    move("shop-r", a_2=0, b_1=100)
    edge.publish("edge-1")
    assert {route for write in edge.routers["edge-1"].writes[before:] for route in write.routes} == {"shop-r"}


def test_weights_that_sum_to_nothing_are_refused_and_nothing_changes(edge: Edge) -> None:
    with pytest.raises(Refused) as refused:
        move("shop-r", a_2=0, b_1=0)
    assert [reason.code for reason in refused.value.reasons] == ["route-would-be-empty"]
    assert Route.objects.get(name="shop-r").epoch == 1


def test_what_a_stranger_did_is_found_and_healed(edge: Edge) -> None:
    edge.routers["edge-1"].publish_from_outside("shop-r", 1, {"a-2": 100, "b-1": 0})
    look_again(edge)
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_what_a_stranger_did_stays_and_is_shown_while_nothing_is_mended(edge: Edge) -> None:
    edge.routers["edge-1"].publish_from_outside("shop-r", 1, {"a-2": 100, "b-1": 0})
    for _ in range(2):
        look_again(edge, mends=False)
        found = publication("shop-r")
        assert (found.state, found.reason["code"], found.due_at) == ("pending", "router-not-mended", None)
        assert (
            found.weights
            == {"a-2": 100, "b-1": 0}
            == dict(edge.routers["edge-1"].published["shop-r"].weights)
        )
    assert publication("shop-s").state == "published"
    move("shop-r", a_2=0, b_1=100)
    edge.publish("edge-1", mends=False)
    assert edge.weights("shop-r") == {"b-1": 100}, "what a person asks for is written all the same"
    edge.routers["edge-1"].publish_from_outside("shop-r", 2, {"a-2": 100, "b-1": 0})
    look_again(edge, mends=False)
    look_again(edge)
    assert edge.weights("shop-r") == {"b-1": 100}, "and mended once that is on again"


@pytest.mark.parametrize("pressed", [True, False])
def test_the_kill_switch_keeps_publishers_from_mending(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, pressed: bool
) -> None:
    monkeypatch.setattr(tasks, "connect_instance", lambda one: edge.routers[one.name])
    if pressed:
        stop_automation(build.person("on-call"), "hands off")
    edge.routers["edge-1"].publish_from_outside("shop-r", 1, {"a-2": 100, "b-1": 0})
    RouterInstance.objects.update(read_at=timezone.now() - CHECK)
    tasks.publish(RouterInstance.objects.get(name="edge-1").pk)
    assert edge.weights("shop-r") == ({"a-2": 100} if pressed else {"a-2": 50, "b-1": 50})


def test_a_newer_epoch_is_never_overwritten_and_says_so(edge: Edge) -> None:
    edge.routers["edge-1"].publish_from_outside("shop-r", 9, {"a-2": 100, "b-1": 0})
    look_again(edge)
    assert edge.weights("shop-r") == {"a-2": 100}
    assert publication("shop-r").state == "refused" and publication("shop-r").epoch == 9
    assert publication("shop-s").state == "published"


def test_an_instance_that_is_down_blocks_only_itself_and_is_told_once(edge: Edge) -> None:
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    move("shop-r", a_2=0, b_1=100)
    edge.publish()
    edge.publish()
    assert publication("shop-r").state == "published"
    assert publication("shop-r", "edge-2").state == "unreachable"
    assert RouterInstance.objects.get(name="edge-2").health == "unreachable"
    assert Event.objects.filter(kind="router", to_state="unreachable").count() == 1
    edge.routers["edge-2"].faults.clear()
    edge.publish("edge-2")
    assert publication("shop-r", "edge-2").state == "published"
    assert RouterInstance.objects.get(name="edge-2").health == "healthy"


@pytest.mark.parametrize("fault", [Fault.LIES, Fault.ANSWER_LOST, Fault.HANGS])
def test_only_what_is_read_back_counts(edge: Edge, fault: Fault) -> None:
    move("shop-r", a_2=0, b_1=100)
    edge.routers["edge-1"].faults.set(fault)
    edge.publish("edge-1")
    assert publication("shop-r").state in ("pending", "unreachable")
    edge.routers["edge-1"].faults.clear()
    edge.publish("edge-1")
    assert publication("shop-r").state == "published" and edge.weights("shop-r") == {"b-1": 100}


def test_half_of_the_writes_fail_and_the_rest_comes_later(edge: Edge) -> None:
    move("shop-r", a_2=0, b_1=100)
    move("shop-s", a_1=0, c_1=100)
    edge.routers["edge-1"].faults.set(Fault.DOWN, after=1)
    edge.publish("edge-1")
    edge.routers["edge-1"].faults.clear()
    edge.publish("edge-1")
    assert edge.weights("shop-r") == {"b-1": 100} and edge.weights("shop-s") == {"c-1": 100}


def test_what_is_asked_during_a_publish_is_published_by_it(edge: Edge) -> None:
    """The answer about the older epoch ends nothing."""
    asked = []

    def ask(write: Write) -> None:
        if not asked:
            asked.append(write)
            move("shop-r", a_2=100, b_1=0)

    move("shop-r", a_2=0, b_1=100)
    edge.routers["edge-1"].before_write = ask
    edge.publish("edge-1")
    assert asked and edge.weights("shop-r") == {"a-2": 100}
    assert publication("shop-r").epoch == Route.objects.get(name="shop-r").epoch == 3


def test_a_second_publisher_leaves_the_first_alone(edge: Edge) -> None:
    instance = RouterInstance.objects.get(name="edge-1")
    RouterInstance.objects.filter(pk=instance.pk).update(lease_until=timezone.now() + timedelta(seconds=20))
    move("shop-r", a_2=0, b_1=100)
    assert publish_instance(instance.pk, lambda one: edge.routers[one.name]) == []
    assert publication("shop-r").state == "pending"
    assert instance.pk in instances_due(timezone.now())


def test_a_prod_without_an_endpoint_blocks_only_its_own_routes(edge: Edge) -> None:
    Prod.objects.filter(name="a-1").update(endpoint="")
    move("shop-s", a_1=99)
    move("shop-r", a_2=0, b_1=100)
    edge.publish("edge-1")
    assert publication("shop-s").reason["code"] == "prod-without-endpoint"
    assert publication("shop-r").state == "published"


def test_of_a_dead_cluster_it_is_said_calmly_that_its_addresses_are_gone(edge: Edge) -> None:
    Prod.objects.filter(name="a-1").update(endpoint="")
    Cluster.objects.filter(name="a").update(health="unreachable")
    move("shop-s", a_1=99)
    edge.publish("edge-1")
    assert publication("shop-s").reason["code"] == "prod-address-gone"
    assert edge.weights("shop-s") == {"a-1": 100}, "the router keeps what it has"


def test_users_leave_a_prod_that_is_no_longer_known_to_be_anywhere(edge: Edge) -> None:
    Prod.objects.filter(name="a-1").update(endpoint="")
    move("shop-s", a_1=0, c_1=100)
    edge.publish("edge-1")
    assert publication("shop-s").state == "published" and edge.weights("shop-s") == {"c-1": 100}
