"""What is left of a release that was pre-empted goes on by a plan that somebody has read anew, or is taken back."""

import pytest
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import because
from journal.models import Event
from releases import actions
from releases.engine.preempting import preempt
from releases.models import Approval, Run, Step
from releases.resuming import preview_anew
from tests import build
from tests.engine.driver import finish as to_the_end
from tests.engine.driver import in_flight
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, dies, leave
from tests.traffic.test_one_prod import leave as leave_prod
from tests.traffic.test_preempting import (
    begun,
    first_act,
    refused,
    rest,
    resume,
    waves,
)
from tests.traffic.test_second_troubles import go_on
from traffic.models import Reservation, RouteMember

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet(whole_groups=True)
    answering()
    return edge


def test_who_has_taken_over_is_updated_last(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    assert waves(run) == [["c-2"], ["c-1"], ["a-2", "b-1"], ["a-1", "b-2"]]
    leave("a")
    assert edge.publish() is None and edge.weights("shop-s") == {"c-1": 100}
    rest(edge, run)
    anew = preview_anew(run)
    told = {one.prod: (one.before.name, one.after.name) for one in anew.changes}
    assert told["c-1"] == ("few", "single") and told["a-1"] == ("single", "few")
    resume(run, anew.plan.digest)
    assert (run.state, run.preempted_by_id, run.digest) == ("running", None, anew.plan.digest)
    assert waves(run)[0] == ["c-2"] and waves(run)[-1][-1] == "c-1"
    order: list[str] = []
    to_the_end(
        run, after=lambda: (edge.settle(), order.extend(one for one in in_flight(run) if one not in order))
    )
    assert run.state == "succeeded" and order[-1] == "c-1"
    assert set(Prod.objects.values_list("version__name", flat=True)) == {"v1.1.0"}


def test_without_a_digest_or_with_another_it_is_refused_and_stays_as_it_was(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave("a")
    rest(edge, run)
    steps = list(Step.objects.filter(run=run).values())
    assert refused(lambda: resume(run)) == ["judged-anew"]
    assert refused(lambda: resume(run, run.digest)) == ["plan-stale"]
    assert list(Step.objects.filter(run=run).values()) == steps
    run.refresh_from_db()
    assert run.state == "paused" and run.preempted_by_id


def test_what_was_read_before_a_second_failover_is_stale(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave("a")
    read = preview_anew(Run.objects.get(pk=run.pk)).plan.digest
    second = leave_prod("b-2")
    run.refresh_from_db()
    assert run.preempted_by_id == second.pk
    assert refused(lambda: resume(run, read)) == ["plan-stale"]


def test_where_nothing_is_otherwise_no_digest_is_needed_and_the_plan_stays(edge: Edge) -> None:
    run = release_of("c-2", "a-1")
    first_act(edge, run)
    before = (run.digest, list(Step.objects.filter(run=run).values_list("pk", flat=True)))
    Run.objects.filter(pk=run.pk).update(preempted_by=release_of("b-2"))
    assert resume(run).preempted_by_id is None
    assert (run.digest, list(Step.objects.filter(run=run).values_list("pk", flat=True))) == before
    assert rest(edge, run).state == "succeeded"


def test_a_second_click_is_refused_and_changes_nothing(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave("a")
    rest(edge, run)
    digest = preview_anew(run).plan.digest
    resume(run, digest)
    steps = Step.objects.filter(run=run).count()
    assert refused(lambda: resume(run, digest)) == ["run-not-paused"]
    assert Step.objects.filter(run=run).count() == steps


def test_prods_of_a_dead_cluster_are_held_and_the_others_go_on(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    dies("a")
    leave("a")
    rest(edge, run)
    anew = preview_anew(run)
    held = {one.prod: one.after.held.code for one in anew.changes if one.after.held}
    assert held["a-1"] == held["a-2"] == "cluster-unreachable"
    assert held["c-1"] == held["b-1"] == "partner-not-healthy", "nobody else serves who they have taken over"
    resume(run, anew.plan.digest)
    rest(edge, run)
    assert begun(run) == {"c-2", "b-2"} and run.state == "running"


def newer_on(edge: Edge, *prods: str) -> Run:
    """Another release, of a newer Version, has ended on these Prods."""
    run = release_of(*prods, version="v1.2.0")
    to_the_end(run, after=edge.settle)
    assert run.state == "succeeded"
    return run


def test_who_was_brought_elsewhere_meanwhile_is_named_and_left(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave_prod("a-1")
    rest(edge, run)
    read = preview_anew(run).plan.digest
    other = newer_on(edge, "b-2")
    assert refused(lambda: resume(run, read)) == ["plan-stale"]
    anew = preview_anew(run)
    told = {prod: (why.code, dict(why.params)["run"]) for prod, why in anew.left_out.items()}
    assert told == {"b-2": ("changed-meanwhile", other.pk)}
    assert "b-2" not in {prod.name for prod in anew.left} | {one.prod for one in anew.changes}
    resume(run, anew.plan.digest)
    to_the_end(run, after=edge.settle)
    versions = dict(Prod.objects.values_list("name", "version__name"))
    assert (
        run.state == "succeeded" and versions.pop("b-2") == "v1.2.0" and set(versions.values()) == {"v1.1.0"}
    )
    assert Event.objects.get(run_id=run.pk, prod="b-2", kind="prod").reason["code"] == "changed-meanwhile"


def test_what_was_asked_of_a_prod_before_the_release_was_planned_leaves_it_in(edge: Edge) -> None:
    before = release_of("b-2", version="v1.2.0")
    go_on(edge, before, rounds=1, acts=False)
    actions.abort(build.person("on-call"), before.pk, "not today")
    assert rest(edge, before).state == "aborted"
    assert Prod.objects.get(name="b-2").version.name == "v1.2.0"
    run = release_of()
    leave_prod("a-1")
    run.refresh_from_db()
    assert run.preempted_by_id and preview_anew(run).left_out == {}


def test_a_run_that_was_started_before_and_went_on_meanwhile_counts_too(edge: Edge) -> None:
    first = release_of("b-2", version="v1.2.0")
    away = leave_prod("a-1")
    preempt({"b-2"}, away, timezone.now(), None)
    run = release_of()
    preempt({"b-2"}, away, timezone.now(), None)
    resume(first, preview_anew(Run.objects.get(pk=first.pk)).plan.digest)
    to_the_end(first, after=edge.settle)
    run.refresh_from_db()
    (why,) = preview_anew(run).left_out.values()
    assert (dict(why.params)["prod"], dict(why.params)["run"]) == ("b-2", first.pk) and first.pk < run.pk


def test_where_others_have_changed_all_that_is_left_it_ends_with_the_resume(edge: Edge) -> None:
    run = release_of("c-2", "b-2")
    first_act(edge, run)
    leave_prod("b-2")
    rest(edge, run)
    newer_on(edge, "b-2")
    anew = preview_anew(run)
    assert anew.left == () and set(anew.left_out) == {"b-2"}
    resume(run, anew.plan.digest)
    assert rest(edge, run).state == "succeeded"
    assert Prod.objects.get(name="b-2").version.name == "v1.2.0"


def test_who_is_retired_meanwhile_is_named_and_left(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave_prod("a-1")
    rest(edge, run)
    RouteMember.objects.filter(prod__name="b-2").delete()
    Prod.objects.filter(name="b-2").update(lifecycle="retired")
    anew = preview_anew(run)
    assert anew.left_out == {"b-2": because("retired-meanwhile", prod="b-2")} and anew.is_new
    resume(run, anew.plan.digest)
    to_the_end(run, after=edge.settle)
    assert run.state == "succeeded"


def test_approvals_are_of_the_plan_that_was_read(edge: Edge) -> None:
    run = release_of("c-2", "c-1", "a-1", ask="each-wave")
    go_on(edge, run, rounds=6)
    gate = Step.objects.get(run=run, kind="ask", state="running")
    actions.approve(build.person("release-manager", "another"), run.pk, gate.pk)
    leave("a")
    run.refresh_from_db()
    resume(run, preview_anew(run).plan.digest)
    assert not Approval.objects.exists()
    rest(edge, run)
    assert (run.state, begun(run)) == ("awaiting-approval", {"c-2"})


def test_what_is_relocated_finds_its_room_anew(edge: Edge) -> None:
    run = release_of("c-2", "c-1", "b-2", alone="relocate")
    first_act(edge, run)
    was = set(Reservation.objects.values_list("prod__name", "load"))
    leave("a")
    rest(edge, run)
    anew = preview_anew(run)
    resume(run, anew.plan.digest)
    assert (
        {(one.prod.name, one.load) for one in Reservation.objects.all()}
        == {(prod, load) for prod, load in anew.promised.items() if load}
        != was
    )


# --- and it is taken back ------------------------------------------------------------------------------


@pytest.mark.parametrize("resumed", [False, True], ids=["pre-empted", "resumed by another plan"])
def test_it_is_rolled_back_as_ever(edge: Edge, resumed: bool) -> None:
    run = release_of()
    first_act(edge, run)
    leave("a")
    rest(edge, run)
    if resumed:
        resume(run, preview_anew(run).plan.digest)
    back = actions.roll_back(build.person("on-call"), run.pk, "it is bad")
    to_the_end(back, after=edge.settle)
    run.refresh_from_db()
    assert (run.state, back.state) == ("aborted", "succeeded")
    assert Prod.objects.get(name="c-2").version.name == "v1.0.0"


def test_it_is_aborted_as_ever(edge: Edge) -> None:
    run = release_of()
    first_act(edge, run)
    leave("a")
    actions.abort(build.person("on-call"), run.pk, "not today")
    assert rest(edge, run).state == "aborted"
