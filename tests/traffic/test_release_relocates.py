"""Users whom nobody else serves live elsewhere while their Prod is changed."""

from functools import partial
from typing import Any

import pytest

from clusters.models import Cluster, Prod
from journal.core.reasons import Refused
from releases.actions import abort, roll_back, start_release
from releases.models import Claim, Run, Step
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, answer, finish, running_acts
from tests.traffic.edge import Edge, drains_are_over
from tests.traffic.releasing import only, published_fleet, release_of
from traffic.models import Reservation, Route, RouteMember
from traffic.queries.facts import read_facts

pytestmark = pytest.mark.django_db

ELSEWHERE: dict[str, Any] = {"soak_s": 0, "alone": "relocate"}
release = partial(release_of, **ELSEWHERE)


@pytest.fixture
def edge(db: None) -> Edge:
    return published_fleet(whole_groups=True)


def step(run: Run, prod: str, kind: str) -> Step:
    return Step.objects.get(run=run, kind=kind, prod__name=prod)


def go_on(run: Run, edge: Edge) -> None:
    build.fresh()
    advance(run)
    edge.settle()
    build.fresh()
    advance(run)


def test_they_live_on_the_old_version_until_their_prod_is_proven_and_then_come_back(edge: Edge) -> None:
    run = release("a-1")
    go_on(run, edge)
    (host,) = edge.weights("shop-s")
    assert host != "a-1" and Prod.objects.get(name=host).version.name == "v1.0.0"
    assert edge.weights("shop-s") == edge.weights("shop-s", "edge-2") == {host: 100}
    assert step(run, "a-1", "relocate").state == "succeeded"
    finish(run, after=edge.settle)
    assert run.state == "succeeded"
    assert edge.weights("shop-s") == {"a-1": 100}
    members = RouteMember.objects.filter(route__name="shop-s").values_list("prod__name", "weight", "target")
    assert list(members) == [("a-1", 100, 100)], "who stood in is a member no longer"


def test_nothing_is_changed_before_every_router_sends_them_elsewhere(edge: Edge) -> None:
    run = release("a-1")
    build.fresh()
    advance(run)
    edge.publish("edge-1")
    build.fresh()
    advance(run)
    assert step(run, "a-1", "relocate").state == "running"
    assert step(run, "a-1", "set_version").state == "waiting"


def test_they_may_come_back_by_a_ramp(edge: Edge) -> None:
    run = release("a-1", back="ramp", ramp_watch_s=0)
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and edge.weights("shop-s") == {"a-1": 100}
    assert Step.objects.filter(run=run, kind="ramp", state="succeeded").count() == 4


def test_who_has_them_for_a_while_is_not_changed_meanwhile(edge: Edge) -> None:
    """b-2 is the only one with room, two at a time are allowed, and it could start in the same pass."""
    Route.objects.filter(name="shop-t").update(data_class="single-writer")
    Prod.objects.exclude(name__in=["a-1", "b-2"]).update(capacity=1)
    run = release("a-1", "b-2", parallel=2)
    build.fresh()
    advance(run)
    edge.publish()
    assert edge.weights("shop-s") == {"b-2": 100}
    build.fresh()
    advance(run)
    assert not Step.objects.filter(run=run, prod__name="b-2").exclude(state="waiting").exists()
    waits = Step.objects.get(run=run, prod__name="b-2", kind="set_version")
    assert waits.position == 0 and waits.reason["code"] == "waits-for-partner"


def test_nobody_is_sent_to_a_prod_of_another_run(edge: Edge) -> None:
    run = release("a-1")
    host = next(iter(preview_hosts("a-1")))
    Claim.objects.create(prod=Prod.objects.get(name=host), run=run)
    other = preview_release("shop", "v1.1.0", ELSEWHERE, only("b-2"))
    assert host not in str(other.notes)


def preview_hosts(prod: str) -> list[str]:
    (note,) = preview_release("shop", "v1.1.0", ELSEWHERE, only(prod)).notes
    return str(dict(note.reason.params)["prods"]).split(", ")


def test_a_prod_that_serves_users_already_is_warm_and_comes_first(edge: Edge) -> None:
    build.in_service(build.prod("c-9", "c", capacity=9000))
    assert "c-9" not in preview_hosts("a-1")
    assert {place.name for place in read_facts().places if not place.warm} == {"c-9"}


def test_nobody_is_sent_to_a_cluster_that_is_being_emptied(edge: Edge) -> None:
    (host,) = preview_hosts("a-1")
    Cluster.objects.filter(prods__name=host).update(intent="draining")
    assert preview_hosts("a-1") != [host]


def test_the_preview_says_where_they_would_be_and_who_has_nowhere_to_go(edge: Edge) -> None:
    Prod.objects.exclude(name="b-2").update(capacity=450)
    preview = preview_release("shop", "v1.1.0", ELSEWHERE, [])
    held = {blocker.prods: dict(blocker.reason.params) for blocker in preview.blockers}
    assert held[("b-2",)]["why"] == "no-prod-on-version", "it is the last on the old Version"
    planned = {prod.name: prod for wave in preview.plan.waves for prod in wave.prods}
    assert planned["b-2"].held is not None and planned["a-1"].held is None
    assert {note.prods: note.reason.code for note in preview.notes} == {
        ("c-1",): "lives-elsewhere",
        ("a-1",): "lives-elsewhere",
    }


def test_who_has_nowhere_to_go_waits_and_the_others_go_on(edge: Edge) -> None:
    run = release()
    for _ in range(20):
        build.fresh()
        advance(run)
        for act in running_acts(run):
            answer(act)
            build.observe(act.prod.name, generation=2)
        edge.settle()
    assert not Step.objects.filter(run=run).exclude(prod__name="b-2").exclude(state="succeeded").exists()
    assert step(run, "b-2", "relocate").state == "waiting" and run.state == "running"
    assert step(run, "b-2", "relocate").reason["code"] == "nowhere-to-go"
    assert edge.weights("shop-t") == {"b-2": 100}
    build.in_service(build.prod("c-9", "c", endpoint="http://127.0.0.1:30000"))
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and edge.weights("shop-t") == {"b-2": 100}


def test_room_that_is_gone_at_the_moment_of_the_act_is_waited_for_with_a_reason(edge: Edge) -> None:
    run = release("a-1")
    Prod.objects.exclude(name="a-1").update(capacity=300)
    build.fresh()
    advance(run)
    waits = step(run, "a-1", "relocate")
    assert (waits.state, waits.reason["code"], waits.reason["params"]["why"]) == (
        *("waiting", "nowhere-to-go", "no-room"),
    )
    assert (
        Route.objects.get(name="shop-s").epoch == 1 and not Route.objects.filter(out__isnull=False).exists()
    )
    Prod.objects.update(capacity=1000)
    finish(run, after=edge.settle)
    assert run.state == "succeeded"


def test_a_single_writer_stays_in_place_and_the_plan_says_so(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    preview = preview_release("shop", "v1.1.0", ELSEWHERE, only("a-1"))
    (planned,) = preview.plan.waves[0].prods
    assert [step.kind for step in planned.steps] == ["set_version", "wait_ready"]
    assert [(note.reason.code, note.prods) for note in preview.notes] == [("writers-stay", ("a-1",))]


def test_an_unpublished_route_is_not_relocated(db: None) -> None:
    build.fleet(whole_groups=True)
    preview = preview_release("shop", "v1.1.0", ELSEWHERE, only("a-1"))
    assert [step.kind for step in preview.plan.waves[0].prods[0].steps] == ["set_version", "wait_ready"]


def until(run: Run, edge: Edge, kind: str) -> None:
    """Until `kind` runs; users are served all the while."""
    for _ in range(12):
        build.fresh()
        advance(run)
        assert sum(edge.weights("shop-s").values()) == 100
        if Step.objects.filter(run=run, kind=kind, state="running").exists():
            return
        edge.publish()
        build.fresh()
        advance(run)
        if Step.objects.filter(run=run, kind=kind, state="running").exists():
            return
        drains_are_over()
        for act in running_acts(run):
            answer(act)
            if kind != "wait_ready":
                build.observe(act.prod.name, generation=2)
    raise AssertionError(run.reason)


@pytest.mark.parametrize("kind", ["relocate", "drain", "set_version", "wait_ready", "restore"])
def test_a_rollback_at_any_step_ends_on_the_old_version_with_users_served_all_the_while(
    edge: Edge, kind: str
) -> None:
    run = release("a-1")
    until(run, edge, kind)
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert sum(edge.weights("shop-s").values()) == 100
    assert not Reservation.objects.exists()
    build.observe("a-1", "v1.0.0")
    finish(back, after=edge.settle)
    edge.publish()
    assert (back.state, edge.weights("shop-s")) == ("succeeded", {"a-1": 100})
    assert Prod.objects.get(name="a-1").version.name == "v1.0.0"


def reserved() -> dict[str, int]:
    return {place.name: place.reserved for place in read_facts().places if place.reserved}


def test_two_runs_never_promise_the_same_room(edge: Edge) -> None:
    """Room for one of them is left on one Prod only, and both want to put 400 there."""
    Prod.objects.exclude(name__in=["a-1", "b-2", "c-1"]).update(capacity=300)
    first = release("a-1")
    assert reserved() == {"c-1": 400}
    Prod.objects.filter(name="c-1").update(capacity=800)
    second = preview_release("shop", "v1.1.0", ELSEWHERE, only("b-2"))
    (blocker,) = second.blockers
    assert dict(blocker.reason.params)["why"] == "no-room" and blocker.prods == ("b-2",)
    go_on(first, edge)
    assert edge.weights("shop-s") == {"c-1": 100} and reserved() == {}, (
        "what is there is committed, not reserved"
    )
    assert preview_release("shop", "v1.1.0", ELSEWHERE, only("b-2")).blockers != ()
    finish(first, after=edge.settle)
    assert preview_release("shop", "v1.1.0", ELSEWHERE, only("b-2")).blockers == ()


def test_two_who_have_read_the_same_room_cannot_both_start(edge: Edge) -> None:
    Prod.objects.exclude(name__in=["a-1", "b-2", "c-1"]).update(capacity=300)
    Prod.objects.filter(name="c-1").update(capacity=800)
    read = preview_release("shop", "v1.1.0", ELSEWHERE, only("b-2")).plan
    assert read.waves[0].prods[0].held is None
    release("a-1")
    with pytest.raises(Refused) as refused:
        start_release(build.person("release-manager"), "shop", "v1.1.0", ELSEWHERE, only("b-2"), read.digest)
    assert [reason.code for reason in refused.value.reasons] == ["plan-stale"]


def test_its_own_reservation_does_not_stand_in_a_runs_way(edge: Edge) -> None:
    Prod.objects.exclude(name="c-1").update(capacity=450)
    Prod.objects.filter(name="c-1").update(capacity=420)
    run = release("a-1")
    assert reserved() == {"c-1": 400}
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and not Reservation.objects.exists()


def test_an_aborted_run_keeps_no_room(edge: Edge) -> None:
    run = release("a-1")
    assert Reservation.objects.exists()
    abort(build.person("release-manager"), run.pk, "a test")
    advance(run)
    assert run.state == "aborted" and not Reservation.objects.exists()


def test_a_rescue_does_not_wait_for_what_a_release_has_reserved(edge: Edge) -> None:
    release("a-1")
    assert all(not place.reserved for place in read_facts(urgent=True).places)
