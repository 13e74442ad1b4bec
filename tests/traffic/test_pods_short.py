"""A Prod with some pods short serves on, and has room for what the others carry; a Run's own Prods are told strictly."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from clusters.models import Cluster, Observation, Prod, Version
from releases.actions import roll_back, set_auto_failover
from releases.engine.auto_failover import fail_over_dead
from releases.failover_preview import preview_failback, preview_leaving
from releases.preview import preview_release
from releases.relocations import planned_relocations
from tests import build
from tests.engine.driver import advance, in_flight
from tests.engine.driver import finish as finish_release
from tests.traffic.edge import Edge
from tests.traffic.releasing import only, published_fleet, release_of
from tests.traffic.signals import all_up
from tests.traffic.test_failover import answering, comes_back, dies, finish, leave
from tests.traffic.test_release_ramps import falls_ill, until_ramp
from tests.traffic.test_release_ramps import release as release_by_ramp
from tests.traffic.test_release_switches import GREEN, at_targets
from tests.traffic.test_release_switches import release as release_by_switch
from traffic.core.failover import plan_rollback_traffic
from traffic.core.room import rooms
from traffic.core.survival import Survival, survival_of
from traffic.models import Route, RouteEpoch, RouteOut
from traffic.queries.facts import read_facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet(whole_groups=True)
    answering()
    return edge


def share(name: str) -> tuple[bool, int]:
    place = next(one for one in read_facts().places if one.name == name)
    return place.serving, place.ready_percent


def fate(cluster: str) -> Survival:
    return survival_of(read_facts(), "cluster", [cluster])[0]


@pytest.mark.parametrize(
    ("ready", "told"), [(3, (True, 100)), (2, (True, 66)), (1, (True, 33)), (0, (False, 0))]
)
def test_what_serves_of_a_prod_is_the_share_of_its_ready_pods(edge: Edge, ready: int, told: object) -> None:
    build.observe("b-1", ready=ready)
    assert share("b-1") == told


def test_room_is_the_capacity_times_that_share(edge: Edge) -> None:
    build.observe("c-1", ready=2)
    assert rooms(read_facts())["c-1"] == 660 - 20


def _old_facts() -> None:
    Cluster.objects.filter(name="b").update(seen_at=timezone.now() - timedelta(minutes=1))


def _unseen() -> None:
    Observation.objects.filter(prod__name="b-1").delete()


def _not_in_service() -> None:
    Prod.objects.filter(name="b-1").update(lifecycle="out-of-service")


@pytest.mark.parametrize("lacks", [_old_facts, _unseen, _not_in_service])
def test_pods_count_for_nothing_where_the_facts_or_the_prod_do_not_stand(edge: Edge, lacks: object) -> None:
    build.observe("b-1", ready=2)
    lacks()
    assert share("b-1") == (False, 0)


@pytest.mark.parametrize(("ready", "told"), [(3, (True, 100)), (2, (False, 66))])
def test_a_prod_that_a_run_has_out_serves_when_all_of_it_is_ready(
    edge: Edge, ready: int, told: object
) -> None:
    RouteOut.objects.create(
        route=Route.objects.get(name="shop-r"), prod=Prod.objects.get(name="b-1"), run_id=1
    )
    build.observe("b-1", ready=ready)
    assert share("b-1") == told


@pytest.mark.parametrize(("idle", "told"), [("c-9", (False, 66)), ("b-1", (True, 66))])
def test_one_that_is_being_changed_while_nobody_is_sent_there_is_told_strictly(
    edge: Edge, idle: str, told: object
) -> None:
    build.in_service(build.prod("c-9", "c", role="standby"))
    Prod.objects.filter(name=idle).update(version=Version.objects.get(name="v1.1.0"))
    build.observe(idle, ready=2)
    assert share(idle) == told


def test_one_pod_short_does_not_unsettle_who_is_safe(edge: Edge) -> None:
    whole = fate("a")
    build.observe("b-1", ready=2)
    assert (fate("a").safe, fate("a").moved) == (whole.safe, whole.moved) == (300, 400)


def test_nobody_is_lost_for_pods_that_are_short(edge: Edge) -> None:
    for name in ("b-1", "b-2", "c-1"):
        build.observe(name, ready=2)
    dies("a")
    finish(leave("a"), edge)
    assert edge.weights("shop-r") == {"b-1": 100} and edge.weights("shop-s") == {"c-1": 100}
    for name in ("b-1", "b-2", "c-1"):  # and again, as an autoscaler grows who has taken them
        build.observe(name, ready=1)
    assert fate("a").lost == ()
    assert preview_leaving("a").traffic.moves == ()


def test_automation_leaves_a_serving_member_alone(edge: Edge) -> None:
    for redundancy in ("none", "two-domain"):
        set_auto_failover(build.person("admin"), redundancy, True, "a test")
    RouteEpoch.objects.update(at=F("at") - timedelta(hours=1))
    build.observe("b-1", ready=2)
    dies("a")
    all_up("a")
    assert fail_over_dead() == 1
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}


def test_a_rollback_sends_users_to_good_prods_with_pods_short(edge: Edge) -> None:
    for name in ("a-1", "a-2", "b-2"):
        build.observe(name, ready=2)
    plan = plan_rollback_traffic(read_facts(), "v1.1.0", {"b-1": "v1.0.0", "c-1": "v1.0.0"})
    assert {
        move.route: dict(move.weights)["b-1" if move.route == "shop-r" else "c-1"] for move in plan.moves
    } == {
        "shop-r": 0,
        "shop-u": 0,
    }
    assert plan.staying == ()


def test_a_switch_is_undone_towards_an_old_prod_with_pods_short(db: None) -> None:
    edge = published_fleet(*sorted(GREEN), whole_groups=True)
    finish_release(run := release_by_switch(), after=edge.settle)
    build.observe("b-1", ready=2)
    roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert edge.weights("shop-r")["b-1"] == 50 and at_targets()


def test_a_failed_ramp_gives_users_to_a_member_with_pods_short(edge: Edge) -> None:
    run = release_by_ramp()
    until_ramp(run, edge)
    build.observe("b-1", ready=2)
    falls_ill("a-2", run)
    edge.publish()
    assert run.state == "failed" and edge.weights("shop-r") == {"b-1": 100}


def test_a_failback_waits_for_the_pods_that_are_short(edge: Edge) -> None:
    dies("a")
    finish(leave("a"), edge)
    comes_back("a")
    build.observe("a-1", ready=2)
    staying = {one.route: one.why.code for one in preview_failback("a").traffic.staying}
    assert staying == {"shop-s": "member-not-serving"}


def test_no_partner_goes_out_beside_a_prod_with_pods_short(edge: Edge) -> None:
    build.observe("b-1", ready=2)
    run = release_of("a-2")
    advance(run)
    assert in_flight(run) == [] and edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_nobody_is_relocated_to_a_prod_with_pods_short(edge: Edge) -> None:
    """Never-out-together would count it as out, and the release would wait for it."""
    Prod.objects.filter(name="c-1").update(capacity=9000)
    asked = {"soak_s": 0, "alone": "relocate"}

    def hosts() -> set[str]:
        plan = preview_release("shop", "v1.1.0", asked, only("a-1")).plan
        moves = [move for one in planned_relocations(plan).values() for move in one.moves]
        return {prod for move in moves for prod, weight in move.weights if weight}

    assert hosts() == {"c-1"}
    build.observe("c-1", ready=2)
    assert hosts() == {"a-2"}
