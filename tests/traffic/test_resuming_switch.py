"""A release by `switch` that was pre-empted: begun pairs stay, the others are paired anew, or it is taken back."""

import pytest
from django.utils import timezone

from clusters.models import Prod, Version
from releases import actions
from releases.core.plan_json import plan_from_json
from releases.core.rollback import switched
from releases.engine.preempting import releases_over
from releases.models import Hold, Run, Step
from releases.resuming import Anew, preview_anew
from tests import build
from tests.engine.driver import finish as to_the_end
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, leave
from tests.traffic.test_one_prod import come_back, fail_back, stable
from tests.traffic.test_one_prod import leave as leave_prod
from tests.traffic.test_preempting import begun, refused, rest, resume, waves
from tests.traffic.test_release_switches import BLUE, GREEN, serving, until, versions
from traffic.models import Reservation, RouteMember

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet(*sorted(GREEN), whole_groups=True)
    answering()
    return edge


def stopped(edge: Edge, kind: str, prod: str, gone: str = "a-1", **strategy: object) -> Run:
    """A release by `switch` that has come to this step when users leave the Prod `gone`, and has ended what it has begun."""
    run = release_of(name="switch", **strategy)
    until(run, edge, kind, prod)
    leave_prod(gone)
    edge.publish()
    run.refresh_from_db()
    assert run.preempted_by_id
    return rest(edge, run)


def places(anew: Anew) -> dict[str, str]:
    return dict(switched(anew.plan))


def goes_on(edge: Edge, run: Run) -> Anew:
    """Resumed as read and gone to its end; users are served all the while."""
    anew = preview_anew(run)
    assert anew.reasons == ()
    resume(run, anew.plan.digest)

    def served() -> None:
        serving(edge)
        edge.settle()

    to_the_end(run, after=served)
    assert run.state == "succeeded", run.reason
    return anew


def test_it_rests_when_what_has_begun_is_done_and_goes_on_with_the_pairs_that_have_begun(edge: Edge) -> None:
    run = stopped(edge, "set_version", "b-8")
    assert (run.state, begun(run)) == ("paused", {"c-2", "a-8", "b-8"})
    anew = goes_on(edge, run)
    assert places(anew).items() >= {"a-2": "a-8", "b-1": "b-8"}.items()
    assert serving(edge) <= GREEN, "those that a-1 has lost to another Prod too"
    assert Prod.objects.get(name="a-1").role == "live" and not Reservation.objects.exists()


def test_a_prod_that_is_emptied_keeps_its_place_and_its_users_come_back_to_it(edge: Edge) -> None:
    run = stopped(edge, "set_version", "c-7")
    anew = goes_on(edge, run)
    assert anew.left_out["a-1"].code == "place-kept-emptied"
    assert RouteMember.objects.get(route__name="shop-s", prod__name="a-1").target == 100
    stable()
    assert come_back(fail_back("a-1"), "a-1", edge).state == "succeeded"
    assert edge.weights("shop-s") == {"a-1": 100}


def test_a_standby_prod_that_has_users_by_now_is_replaced_and_both_are_shown(db: None) -> None:
    edge = published_fleet(*sorted(GREEN), "b-7", whole_groups=True)
    answering()
    run = stopped(edge, "set_version", "a-8")
    assert dict(switched(plan_from_json(run.plan)))["b-1"] == "b-7"
    assert edge.weights("shop-s") == {"b-7": 100}, "those of a-1 are there"
    anew = goes_on(edge, run)
    assert places(anew)["b-1"] == "b-8" and anew.left_out["b-7"].code == "takes-no-place"
    assert versions({"b-7"}) == {"v1.0.0"} and serving(edge) <= GREEN | {"b-7"}


def test_a_begun_pair_whose_taker_is_held_holds_it_up_until_the_hold_is_lifted(edge: Edge) -> None:
    run = stopped(edge, "set_version", "c-8")
    hold = actions.set_hold(build.person("release-manager"), "c-8", "it makes a noise")
    anew = preview_anew(run)
    assert [reason.code for reason in anew.reasons] == ["taker-not-free"]
    assert refused(lambda: resume(run, anew.plan.digest)) == ["taker-not-free"]
    assert Run.objects.get(pk=run.pk).state == "paused"
    Hold.objects.filter(pk=hold.pk).delete()
    goes_on(edge, run)


def test_who_finds_no_standby_prod_any_more_is_named_and_it_is_refused(edge: Edge) -> None:
    run = stopped(edge, "set_version", "c-2")
    Prod.objects.filter(name__in=["c-7", "c-8", "c-9"]).update(capacity=100)
    anew = preview_anew(run)
    named = {dict(reason.params)["prod"]: reason.code for reason in anew.reasons}
    assert named["b-2"] == "no-standby-room" and "a-1" not in named
    assert named["b-1"] == "no-standby-near", "b-8 serves those of a-1"
    assert "no-standby-room" in refused(lambda: resume(run, anew.plan.digest))


def test_once_users_are_back_the_old_plan_goes_on_as_it_was(edge: Edge) -> None:
    run = stopped(edge, "set_version", "b-8")
    digest = run.digest
    stable()
    assert come_back(fail_back("a-1"), "a-1", edge).state == "succeeded"
    assert not preview_anew(run).is_new
    anew = goes_on(edge, run)
    assert anew.plan.digest == digest and serving(edge) == GREEN and versions(BLUE) == {"v1.0.0"}


def test_a_spare_standby_prod_that_others_have_brought_elsewhere_takes_no_place(db: None) -> None:
    edge = published_fleet(*sorted(GREEN), "b-7", whole_groups=True)
    answering()
    run = stopped(edge, "set_version", "a-8")
    actions.set_hold(build.person("release-manager"), "c-8", "it makes a noise")
    assert places(preview_anew(run))["c-1"] == "c-9", "which was nobody's before"
    newer = Version.objects.get(name="v1.2.0")
    Prod.objects.filter(name="c-9").update(version=newer, settled_version=newer)
    build.observe("c-9")
    Step.objects.create(
        run=run.preempted_by,
        prod=Prod.objects.get(name="c-9"),
        wave=9,
        position=0,
        kind="set_version",
        attempt=1,
        started_at=timezone.now(),
    )
    anew = preview_anew(run)
    assert [reason.code for reason in anew.reasons] == ["no-standby-left"] and "c-1" not in places(anew)


def test_a_taker_that_cannot_be_warmed_up_is_named_and_it_is_refused(edge: Edge) -> None:
    Prod.objects.filter(name__in=GREEN).update(endpoint="https://standby.example")
    run = stopped(edge, "set_version", "a-8", warm_up=3)
    Prod.objects.filter(name__in=["c-7", "c-8"]).update(endpoint="")
    assert "no-address-to-warm-up" in {reason.code for reason in preview_anew(run).reasons}


def test_room_is_promised_anew_to_who_is_still_to_hand_over(edge: Edge) -> None:
    run = stopped(edge, "set_version", "b-8")
    assert not Reservation.objects.exists()
    anew = preview_anew(run)
    resume(run, anew.plan.digest)
    assert set(Reservation.objects.values_list("prod__name", flat=True)) == set(places(anew).values())


def test_in_the_middle_of_the_switch_who_has_handed_over_stays(edge: Edge) -> None:
    run = release_of(name="switch", soak_s=600, parallel=5)
    until(run, edge, "switch", "a-2")
    assert "b-1" not in begun(run), "it shares a Route with a-2"
    leave_prod("b-1")
    edge.publish()
    run.refresh_from_db()
    assert run.preempted_by_id
    Step.objects.filter(run=run, kind="soak").update(params={"soak_s": 0})
    rest(edge, run)
    assert run.state == "paused"
    anew = goes_on(edge, run)
    assert anew.left == () and set(anew.left_out) == {"b-1"}
    assert {"a-1", "a-2", "b-2", "c-1"} <= anew.begun and "b-8" in anew.begun
    assert serving(edge) == GREEN - {"b-8"}


def test_a_cluster_that_was_left_keeps_its_places_and_all_others_go_on(edge: Edge) -> None:
    run = release_of(name="switch")
    until(run, edge, "set_version", "b-8")
    leave("a")
    edge.publish()
    rest(edge, run)
    anew = goes_on(edge, run)
    assert {prod for prod, why in anew.left_out.items() if why.code == "place-kept-emptied"} == {"a-1", "a-2"}
    assert serving(edge) <= GREEN and set(places(anew)) == {"b-1", "b-2", "c-1"}


@pytest.mark.parametrize("resumed", [False, True], ids=["pre-empted", "resumed by another plan"])
def test_a_rollback_is_one_move_back(edge: Edge, resumed: bool) -> None:
    run = stopped(edge, "set_version", "c-8")
    if resumed:
        goes_on(edge, run)
    back = actions.roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert not serving(edge) & GREEN
    for name in GREEN | {"c-2"}:
        build.observe(name, "v1.0.0", generation=2)
    to_the_end(back, after=edge.settle)
    assert back.state == "succeeded" and versions(GREEN | BLUE | {"c-2"}) == {"v1.0.0"}


def test_who_is_to_get_users_by_a_switch_pre_empts_it_even_once_it_has_begun(edge: Edge) -> None:
    run = release_of(name="switch")
    until(run, edge, "set_version", "c-8")
    assert "c-7" in begun(run)
    assert [one.pk for one in releases_over({"c-7"})] == [run.pk]
    assert waves(run)[-1] == ["a-2", "b-1", "a-1", "b-2", "c-1"]
