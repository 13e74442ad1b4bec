"""Users leave one Prod of a Cluster that lives, because it is dead or to be emptied, and come back to it."""

from datetime import timedelta

import pytest
from django.db.models import F

from access.permissions import Denied
from clusters.models import Cluster, Prod
from journal.core.reasons import Refused
from journal.models import Event
from releases.actions import set_auto_failover, start_failback, start_leaving
from releases.engine.auto_failover import fail_over_dead
from releases.failover_preview import preview_failback, preview_leaving
from releases.models import Run, Step
from tests import build
from tests.engine.driver import advance, in_flight, running_acts
from tests.traffic.edge import Edge, drains_are_over
from tests.traffic.releasing import release_of
from tests.traffic.signals import all_up
from tests.traffic.test_failover import answering, finish
from tests.traffic.test_failover import comes_back as cluster_comes_back
from tests.traffic.test_failover import leave as leave_cluster
from tests.traffic.test_second_troubles import go_on
from traffic.core.survival import CLUSTER, PROD, survival_of
from traffic.core.troubles import route_troubles
from traffic.models import Route, RouteEpoch, RouteMember
from traffic.queries.facts import read_facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    stable()
    return edge


def stable() -> None:
    """Every Cluster has answered for an hour, and does so for as long as a test may take."""
    cluster_comes_back("a")
    answering()


def dies(prod: str) -> None:
    build.observe(prod, ready=0)


def comes_back(prod: str) -> None:
    build.observe(prod)
    stable()


def leave(prod: str, role: str = "on-call", **more: str) -> Run:
    digest = preview_leaving(prod, PROD).plan.digest
    return start_leaving(build.person(role), prod, digest, "it is sick", of=PROD, **more)


def fail_back(prod: str) -> Run:
    digest = preview_failback(prod, PROD).plan.digest
    return start_failback(build.person("on-call"), prod, digest, "it is well", of=PROD)


def come_back(run: Run, prod: str, edge: Edge) -> Run:
    for _ in range(40):
        edge.publish()
        drains_are_over()
        comes_back(prod)
        advance(run)
        if run.state in {"succeeded", "failed", "aborted"}:
            return run
    raise AssertionError(run.reason)


def lifecycle(prod: str) -> str:
    return Prod.objects.get(name=prod).lifecycle


def moves(prod: str) -> dict[str, dict[str, int]]:
    found = preview_leaving(prod, PROD).traffic.moves
    return {move.route: {name: weight for name, weight in move.weights if weight} for move in found}


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def test_a_prod_that_serves_nobody_is_failed_over_and_its_cluster_goes_on(edge: Edge) -> None:
    dies("a-1")
    run = leave("a-1")
    edge.publish()
    assert (run.kind, run.strategy) == ("failover", {"prod": "a-1"})
    assert edge.weights("shop-s") == edge.weights("shop-s", "edge-2") == {"c-1": 100}
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert finish(run, edge).state == "succeeded"
    assert (lifecycle("a-1"), lifecycle("a-2")) == ("draining", "in-service")
    assert Cluster.objects.get(name="a").intent == "active"


def test_that_it_is_emptied_is_written_down_with_who_and_why(edge: Edge) -> None:
    run = leave("a-1")
    told = Event.objects.get(kind="prod", to_state="draining")
    assert (told.prod, told.cluster, told.from_state, told.run_id) == ("a-1", "a", "in-service", run.pk)
    assert (told.actor.username, told.reason["params"]["why"]) == ("on-call", "it is sick")


def test_a_prod_that_lives_is_evacuated_and_its_partner_carries_on(edge: Edge) -> None:
    run = leave("a-2")
    assert run.kind == "evacuation"
    assert [step.prod.name for step in Step.objects.filter(run=run)] == ["a-2"]
    assert finish(run, edge).state == "succeeded"
    assert edge.weights("shop-r") == {"b-1": 100} and edge.weights("shop-s") == {"a-1": 100}


def test_what_is_not_known_is_not_taken_for_dead(edge: Edge) -> None:
    dies("a-1")
    Cluster.objects.filter(name="a").update(synced_at=None)
    assert preview_leaving("a-1", PROD).plan.kind == "evacuation"
    Cluster.objects.filter(name="a").update(health="unreachable")
    assert preview_leaving("a-1", PROD).plan.kind == "failover"


def test_its_own_failure_domain_takes_users_when_no_other_can(edge: Edge) -> None:
    dies("a-1")
    assert moves("a-1") == {"shop-s": {"c-1": 100}}
    Prod.objects.exclude(cluster__name="a").update(capacity=1)
    assert moves("a-1") == {"shop-s": {"a-2": 100}}


def test_who_has_no_place_is_lost_if_it_is_dead_and_stays_if_it_lives(edge: Edge) -> None:
    Prod.objects.exclude(name="a-1").update(capacity=1)
    traffic = preview_leaving("a-1", PROD).traffic
    assert [(one.route, one.why.code) for one in traffic.staying] == [("shop-s", "no-room")]
    dies("a-1")
    traffic = preview_leaving("a-1", PROD).traffic
    assert [(one.route, one.why.code) for one in traffic.lost] == [("shop-s", "no-room")]
    with pytest.raises(Refused) as refused:
        leave("a-1")
    assert codes(refused) == ["nobody-can-move"] and lifecycle("a-1") == "in-service"


def test_a_single_writer_asks_for_the_name_of_the_prod(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    dies("a-1")
    for typed in ("", "a", "a-2"):
        with pytest.raises(Refused) as refused:
            leave("a-1", confirm=typed)
        assert codes(refused) == ["fence-needed"]
    assert lifecycle("a-1") == "in-service" and edge.weights("shop-s") == {"a-1": 100}
    assert finish(leave("a-1", confirm="a-1"), edge).state == "succeeded"
    assert edge.weights("shop-s") == {"c-1": 100}


def test_another_plan_than_was_read_is_refused(edge: Edge) -> None:
    digest = preview_leaving("a-1", PROD).plan.digest
    dies("a-1")
    with pytest.raises(Refused) as refused:
        start_leaving(build.person("on-call"), "a-1", digest, "it is sick", of=PROD)
    assert codes(refused) == ["plan-stale"] and not Run.objects.exists()


def test_who_may_not_does_not(edge: Edge) -> None:
    for act in (start_leaving, start_failback):
        with pytest.raises(Denied):
            act(build.person("viewer"), "a-1", "x", "it is sick", of=PROD)


@pytest.mark.parametrize("act", [start_leaving, start_failback])
def test_a_prod_that_there_is_none_of_is_refused(edge: Edge, act) -> None:  # type: ignore[no-untyped-def]
    Prod.objects.filter(name="a-2").update(lifecycle="retired")
    for name in ("z-1", "a-2"):
        with pytest.raises(Refused) as refused:
            act(build.person("on-call"), name, "x", "it is sick", of=PROD)
        assert codes(refused) == ["no-such-prod"]


def test_users_come_back_route_by_route_and_it_is_in_service_again(edge: Edge) -> None:
    dies("a-1")
    finish(leave("a-1"), edge)
    assert [one.why.code for one in preview_failback("a-1", PROD).traffic.staying] == ["member-not-serving"]
    with pytest.raises(Refused) as refused:
        fail_back("a-1")
    assert codes(refused) == ["nobody-can-come-back"] and lifecycle("a-1") == "draining"
    comes_back("a-1")
    run = fail_back("a-1")
    assert lifecycle("a-1") == "in-service"
    seen = []
    while run.state == "running":
        advance(run)
        edge.publish()
        seen.append(edge.weights("shop-s").get("a-1", 0))
        drains_are_over()
        comes_back("a-1")
        assert len(seen) < 40, run.reason
    assert run.state == "succeeded"
    assert [weight for at, weight in enumerate(seen) if weight not in seen[:at]] == [10, 30, 50, 100]


def test_a_release_that_has_it_under_way_goes_on_and_brings_nobody_back(edge: Edge) -> None:
    run = release_of("a-2")
    go_on(edge, run, acts=False)
    assert [step.prod.name for step in running_acts(run)] == ["a-2"]
    away = leave("a-2") if moves("a-2") else None
    assert away is None, "a release has drained it: there is nobody to move"
    RouteMember.objects.filter(route__name="shop-r").update(weight=50)
    away = leave("a-2")
    go_on(edge, away, acts=False)
    assert (away.state, run.state, in_flight(run)) == ("succeeded", "running", ["a-2"])
    go_on(edge, run)
    assert run.state == "succeeded" and Prod.objects.get(name="a-2").settled_version.name == "v1.1.0"
    assert edge.weights("shop-r") == {"b-1": 100}, "nobody comes back to a Prod that is being emptied"
    assert lifecycle("a-2") == "draining"
    stable()
    assert come_back(fail_back("a-2"), "a-2", edge).state == "succeeded"
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_release_under_way_holds_a_failback_back(edge: Edge) -> None:
    finish(leave("a-2"), edge)
    run = release_of("a-2")
    with pytest.raises(Refused) as refused:
        fail_back("a-2")
    assert codes(refused) == ["claimed"] and lifecycle("a-2") == "draining"
    go_on(edge, run, rounds=12)
    assert run.state == "succeeded" and edge.weights("shop-r") == {"b-1": 100}


def test_nobody_new_is_sent_to_a_prod_that_is_being_emptied(edge: Edge) -> None:
    finish(leave("c-1"), edge)
    Cluster.objects.filter(name="a").update(health="unreachable")
    taken = {prod for move in preview_leaving("a").traffic.moves for prod, weight in move.weights if weight}
    assert "c-1" not in taken
    Prod.objects.filter(cluster__name="b").update(capacity=1)
    rescued = {move.route: dict(move.weights).get("c-1") for move in preview_leaving("a").traffic.moves}
    assert rescued["shop-s"] == 100, "but for those who would be lost"


def test_a_failback_of_its_cluster_leaves_it_as_it_is(edge: Edge) -> None:
    finish(leave("a-1"), edge)
    finish(leave_cluster("a"), edge)
    with pytest.raises(Refused) as refused:
        fail_back("a-1")
    assert codes(refused) == ["cluster-emptied-too"]
    stable()
    digest = preview_failback("a").plan.digest
    run = start_failback(build.person("on-call"), "a", digest, "it is well")
    assert come_back(run, "a-2", edge).state == "succeeded"
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50} and edge.weights("shop-s") == {"c-1": 100}
    assert lifecycle("a-1") == "draining"
    assert come_back(fail_back("a-1"), "a-1", edge).state == "succeeded"
    assert edge.weights("shop-s") == {"a-1": 100}


def test_a_prod_to_which_nobody_comes_back_by_itself_takes_users_again(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    finish(leave("a-1", confirm="a-1"), edge)
    stable()
    traffic = preview_failback("a-1", PROD).traffic
    assert [(one.route, one.why.code) for one in traffic.staying] == [("shop-s", "writer-comes-back-by-hand")]
    run = fail_back("a-1")
    advance(run)
    assert (run.state, lifecycle("a-1")) == ("succeeded", "in-service")
    assert edge.weights("shop-s") == {"c-1": 100}
    assert [reason.code for reason in preview_failback("a-1", PROD).reasons] == ["nothing-to-bring-back"]


def test_a_second_prod_that_dies_is_failed_over_from_where_users_are_now(edge: Edge) -> None:
    dies("a-1")
    finish(leave("a-1"), edge)
    dies("c-1")
    assert finish(leave("c-1"), edge).state == "succeeded"
    assert set(edge.weights("shop-s")) <= {"a-2", "b-1", "b-2"}
    assert (lifecycle("a-1"), lifecycle("c-1")) == ("draining", "draining")


def test_who_stays_on_it_is_still_served_there(edge: Edge) -> None:
    """a-1 is emptied of what can go; shop-s stays, and is no trouble."""
    build.in_service(build.prod("a-9", "a"))
    books = Route.objects.create(name="books", redundancy="none")
    books.members.create(prod=Prod.objects.get(name="a-1"), weight=100, target=100)
    Prod.objects.exclude(name="a-1").update(capacity=301)
    answering()
    run = leave("a-1")
    assert finish(run, edge).state == "succeeded"
    assert edge.weights("shop-s") == {"a-1": 100} and lifecycle("a-1") == "draining"
    facts = read_facts(urgent=True)
    (row,) = survival_of(facts, PROD, ["a-1"])
    assert row.lost_tenants == 400
    assert "shop-s" not in {one.route for one in route_troubles(facts)}


@pytest.mark.parametrize("of", [PROD, CLUSTER])
def test_a_release_of_its_partner_sends_nobody_to_what_was_emptied(edge: Edge, of: str) -> None:
    """They stay where they are while that is changed, as those do whom one Prod alone serves."""
    finish(leave("a-2") if of == PROD else leave_cluster("a"), edge)
    run, seen = release_of("b-1"), []
    for _ in range(12):
        go_on(edge, run, rounds=1)
        seen.append(edge.weights("shop-r"))
    assert run.state == "succeeded" and all(weights == {"b-1": 100} for weights in seen)


def test_a_dead_prod_on_a_cluster_that_lives_is_left_to_a_person(edge: Edge) -> None:
    set_auto_failover(build.person("admin"), "none", True, "we want it so")
    dies("a-1")
    all_up()
    assert fail_over_dead() == 0 and not Run.objects.exists()
    Cluster.objects.filter(name="a").update(health="unreachable")
    all_up("a")
    RouteEpoch.objects.update(at=F("at") - timedelta(hours=1))
    assert fail_over_dead() == 1
