"""A rollback takes Prods over from releases that have not begun them: these begin nothing more until somebody resumes them."""

import pytest
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import Reason
from journal.models import Event
from releases import actions
from releases.models import Claim, Hold, Run, Step
from releases.outlook import read_outlook
from releases.preview import preview_rollback
from releases.resuming import preview_anew
from releases.touched import read_seen
from tests import build
from tests.engine.driver import finish
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering
from tests.traffic.test_one_prod import leave as leave_prod
from tests.traffic.test_preempting import begun, first_act, refused, rest, resume
from tests.traffic.test_second_troubles import go_on
from traffic.models import Reservation, RouteMember

pytestmark = pytest.mark.django_db
OTHERS = ("a-1", "a-2", "b-1", "b-2", "c-1")


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet()
    answering()
    return edge


@pytest.fixture
def bad(edge: Edge) -> Run:
    """A release that has brought c-1 and a-2 to v1.1.0, and is over."""
    return done(edge, release_of("c-1", "a-2"))


@pytest.fixture
def waiting(edge: Edge, bad: Run) -> Run:
    """A release of v1.2.0 that has begun c-2 and has all others."""
    run = release_of(version="v1.2.0")
    first_act(edge, run)
    return run


def done(edge: Edge, run: Run) -> Run:
    finish(run, after=edge.settle)
    answering()
    assert run.state == "succeeded"
    return run


def roll_back(run: Run) -> Run:
    return actions.roll_back(build.person("on-call"), run.pk, "it is bad")


def claims() -> dict[str, int]:
    return dict(Claim.objects.values_list("prod__name", "run"))


def versions() -> dict[str, str]:
    return dict(Prod.objects.values_list("name", "version__name"))


def left(reasons: tuple[tuple[str, Reason], ...]) -> list[tuple[str, str, object]]:
    return [(prod, why.code, dict(why.params)["run"]) for prod, why in reasons]


def test_prods_that_a_release_has_and_has_not_begun_go_back_at_once(
    edge: Edge, bad: Run, waiting: Run
) -> None:
    back = roll_back(bad)
    assert claims() == {"c-2": waiting.pk, "c-1": back.pk, "a-2": back.pk}
    assert not RouteMember.objects.filter(prod__name__in=["c-1", "a-2"], weight__gt=0).exists()
    done(edge, back)
    assert {versions()[name] for name in ("c-1", "a-2")} == {"v1.0.0"}


def test_the_release_begins_nothing_more_and_ends_what_it_has_begun(
    edge: Edge, bad: Run, waiting: Run
) -> None:
    back = roll_back(bad)
    waiting.refresh_from_db()
    assert waiting.preempted_by_id == back.pk
    told = Event.objects.get(run_id=waiting.pk, reason__code="pre-empted")
    assert (told.actor.username, told.reason["params"]) == ("on-call", {"run": back.pk})
    rest(edge, waiting)
    assert begun(waiting) == {"c-2"} and versions()["c-2"] == "v1.2.0"
    assert (waiting.state, waiting.reason["code"]) == ("paused", "pre-empted")


def test_it_keeps_no_room(edge: Edge, bad: Run) -> None:
    run = release_of(version="v1.2.0", alone="relocate")
    first_act(edge, run)
    assert Reservation.objects.filter(run_id=run.pk).exists()
    roll_back(bad)
    assert not Reservation.objects.exists()


def test_what_the_preview_says_is_what_is_done(edge: Edge, bad: Run, waiting: Run) -> None:
    preview = preview_rollback(bad)
    assert (preview.reasons, preview.left) == ((), ())
    assert [run.pk for run in preview.preempts] == [waiting.pk]
    assert preview.at_once == 320
    back = roll_back(bad)
    assert {prod for prod, run in claims().items() if run == back.pk} == {prod for prod, _ in preview.moves}


def test_a_prod_that_it_has_begun_is_named_and_left_and_the_others_are_taken(edge: Edge, bad: Run) -> None:
    other = release_of("c-1", "a-2", version="v1.2.0")
    go_on(edge, other, rounds=1, acts=False)
    assert begun(other) == {"c-1"}
    preview = preview_rollback(bad)
    assert left(preview.left) == [("c-1", "changed-later", other.pk)]
    assert [run.pk for run in preview.preempts] == [other.pk]
    back = roll_back(bad)
    assert claims() == {"c-1": other.pk, "a-2": back.pk}
    rest(edge, other)
    assert begun(other) == {"c-1"} and versions()["c-1"] == "v1.2.0"


def test_a_release_that_has_begun_all_that_is_bad_is_not_pre_empted(edge: Edge) -> None:
    bad = done(edge, release_of("c-2"))
    other = release_of("c-2", "c-1", version="v1.2.0")
    first_act(edge, other)
    assert preview_rollback(bad).preempts == ()
    assert refused(lambda: roll_back(bad)) == ["all-changed-later"]
    other.refresh_from_db()
    assert other.preempted_by_id is None


def test_a_release_that_only_has_prods_that_cannot_go_back_is_not_pre_empted(edge: Edge, bad: Run) -> None:
    other = release_of("a-2", version="v1.2.0")
    Prod.objects.filter(name="a-2").update(lifecycle="retired")
    assert preview_rollback(bad).preempts == ()
    roll_back(bad)
    other.refresh_from_db()
    assert other.preempted_by_id is None and claims()["a-2"] == other.pk


def test_a_release_of_others_goes_on(edge: Edge, bad: Run) -> None:
    other = release_of("b-2", version="v1.2.0")
    roll_back(bad)
    other.refresh_from_db()
    assert other.preempted_by_id is None and claims()["b-2"] == other.pk


@pytest.mark.parametrize("kind", ["build", "change", "heal", "retire", "failback", "rollback"])
def test_what_any_other_run_has_is_named_and_left(edge: Edge, bad: Run, kind: str) -> None:
    other = release_of("a-2", version="v1.2.0")
    Run.objects.filter(pk=other.pk).update(kind=kind)
    preview = preview_rollback(bad)
    assert (left(preview.left), preview.preempts) == ([("a-2", "claimed-since", other.pk)], ())
    roll_back(bad)
    other.refresh_from_db()
    assert other.preempted_by_id is None and claims()["a-2"] == other.pk


def test_one_that_skips_a_prod_or_stops_loses_it_and_is_not_pre_empted(edge: Edge, bad: Run) -> None:
    other = release_of("c-1", "a-2", version="v1.2.0")
    step = Step.objects.filter(run=other, prod__name="a-2").first()
    assert step
    actions.skip(build.person("release-manager"), other.pk, step.pk, "not this one")
    actions.abort(build.person("on-call"), other.pk, "not today")
    assert preview_rollback(bad).preempts == ()
    back = roll_back(bad)
    other.refresh_from_db()
    assert other.preempted_by_id is None
    assert rest(edge, other).state == "aborted"
    assert claims() == {"c-1": back.pk, "a-2": back.pk}


def test_one_that_a_failover_has_pre_empted_has_nothing_to_lose(edge: Edge, bad: Run, waiting: Run) -> None:
    away = leave_prod("b-2")
    assert preview_rollback(bad).preempts == ()
    roll_back(bad)
    waiting.refresh_from_db()
    assert waiting.preempted_by_id == away.pk


# --- and goes on afterwards ----------------------------------------------------------------------------


def test_while_prods_are_taken_back_it_cannot_be_resumed_and_says_who_has_them(
    edge: Edge, bad: Run, waiting: Run
) -> None:
    back = roll_back(bad)
    anew = preview_anew(Run.objects.get(pk=waiting.pk))
    assert [(why.code, dict(why.params)["run"]) for why in anew.reasons] == [("claimed", back.pk)]
    assert refused(lambda: resume(waiting, anew.plan.digest)) == ["claimed"]


def test_afterwards_it_goes_on_from_what_the_rollback_has_left_once_the_holds_are_lifted(
    edge: Edge, bad: Run, waiting: Run
) -> None:
    back = roll_back(bad)
    rest(edge, waiting)
    done(edge, back)
    anew = preview_anew(Run.objects.get(pk=waiting.pk))
    told = {one.prod: (one.before.came_from, one.after.came_from) for one in anew.changes if one.before}
    assert told["c-1"] == told["a-2"] == ("v1.1.0", "v1.0.0")
    held = {one.prod: one.after.held and one.after.held.code for one in anew.changes}
    assert held["c-1"] == held["a-2"] == "held" and anew.left_out == {} and anew.reasons == ()
    assert refused(lambda: resume(waiting)) == ["judged-anew"]
    resume(waiting, anew.plan.digest)
    rest(edge, waiting)
    assert begun(waiting) >= {"c-2", "b-1"} and not begun(waiting) & {"c-1", "a-2"}
    for hold in Hold.objects.filter(lifted_at=None):
        actions.lift_hold(build.person("release-manager"), hold.pk, "v1.2.0 mends it")
    done(edge, waiting)
    assert set(versions().values()) == {"v1.2.0"}


def test_or_it_is_aborted_or_rolled_back_itself(edge: Edge, bad: Run, waiting: Run) -> None:
    back = roll_back(bad)
    second = roll_back(waiting)
    waiting.refresh_from_db()
    assert waiting.state == "aborted"
    assert claims() == {"c-2": second.pk, "c-1": back.pk, "a-2": back.pk}
    done(edge, second), done(edge, back)
    assert set(versions().values()) == {"v1.0.0"}


# --- and is foretold --------------------------------------------------------------------------------------


def test_the_horizon_counts_prods_that_can_be_taken_over(edge: Edge) -> None:
    run = release_of("c-1", "a-2")
    go_on(edge, run, rounds=1, acts=False)
    assert begun(run) == {"c-1"}
    before = [(one.wave, one.at_once) for one in read_outlook(run, read_seen(run))]
    other = release_of("c-2", version="v1.2.0")
    Claim.objects.filter(prod__name="c-1").update(run=other)
    assert [(one.wave, one.at_once) for one in read_outlook(run, read_seen(run))] == before
    Run.objects.filter(pk=other.pk).update(kind="change", since=timezone.now())
    ahead = read_outlook(run, read_seen(run))
    assert [(one.wave, one.at_once) for one in ahead] != before
    assert "claimed-since" in {one.why.code for one in ahead[0].staying}
