"""Blue/green: standby Prods take over all users, and give them back in one move."""

from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import Refused, because
from releases.actions import roll_back, start_release
from releases.core.answers import Succeeded
from releases.core.kinds import BESIDE
from releases.engine.switching import switch_back
from releases.models import Run, Step
from releases.preview import begun_switches, preview_release, preview_rollback
from tests import build
from tests.engine.driver import advance, answer, finish, running_acts
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from traffic.models import Reservation, Route, RouteMember

pytestmark = pytest.mark.django_db

SWITCH = {"name": "switch", "soak_s": 0}
release = partial(release_of, name="switch")
BLUE = {"a-1", "a-2", "b-1", "b-2", "c-1"}
GREEN = {"a-8", "b-8", "c-7", "c-8", "c-9"}


@pytest.fixture
def edge(db: None) -> Edge:
    return published_fleet(*sorted(GREEN), whole_groups=True)


def pairs() -> dict[str, str]:
    plan = preview_release("shop", "v1.1.0", SWITCH, []).plan
    steps = ((prod.name, step) for wave in plan.waves for prod in wave.prods for step in prod.steps)
    return {name: str(dict(step.params)["to"]) for name, step in steps if step.kind == "switch"}


def serving(edge: Edge) -> set[str]:
    names = [route.name for route in Route.objects.exclude(name="staff")]
    for name in names:
        assert sum(edge.weights(name).values()) == 100, "users are served all the while"
    return {prod for name in names for prod in edge.weights(name)}


def versions(names: set[str]) -> set[str]:
    return set(Prod.objects.filter(name__in=names).values_list("version__name", flat=True))


def at_targets() -> bool:
    return all(member.weight == member.target for member in RouteMember.objects.all())


def test_the_preview_shows_who_takes_whose_place(edge: Edge) -> None:
    preview = preview_release("shop", "v1.1.0", SWITCH, [])
    assert [wave.name for wave in preview.plan.waves] == ["test", "standby", "switch"]
    assert preview.blockers == () and preview.plan.horizon is None, (
        "there is somebody to go back to, to the end"
    )
    assert pairs() == {"a-2": "a-8", "b-1": "b-8", "a-1": "c-7", "b-2": "c-8", "c-1": "c-9"}
    reasons = {prod.name: prod.reason for prod in preview.plan.waves[2].prods}
    assert dict(reasons["a-1"].params) == {"to": "c-7", "load": 400, "room": 600}


@pytest.mark.parametrize("intent", ["draining", "upgrading", "retired"])
def test_a_standby_prod_whose_cluster_is_being_emptied_is_nobodys(edge: Edge, intent: str) -> None:
    assert "c-9" in pairs().values()
    Cluster.objects.filter(name="c").update(intent=intent)
    assert not {"c-7", "c-8", "c-9"} & set(pairs().values())
    stops = preview_release("shop", "v1.1.0", SWITCH, []).blockers
    assert "no-standby-left" in {blocker.reason.code for blocker in stops}


def test_all_users_move_once_every_standby_prod_is_proven(edge: Edge) -> None:
    run = release()

    def nobody_early() -> None:
        if serving(edge) & GREEN:
            assert versions(GREEN) == {"v1.1.0"}
        edge.settle()

    finish(run, after=nobody_early)
    assert run.state == "succeeded"
    assert serving(edge) == GREEN and at_targets()
    assert (versions(GREEN), versions(BLUE)) == ({"v1.1.0"}, {"v1.0.0"}), "the old ones are the reserve"
    assert set(Prod.objects.filter(role="standby").values_list("name", flat=True)) == BLUE
    assert edge.weights("shop-r") == {"a-8": 50, "b-8": 50}
    assert not Reservation.objects.exists()


def test_it_goes_back_and_forth(edge: Edge) -> None:
    finish(release(), after=edge.settle)
    for name in BLUE | GREEN:
        build.observe(name)
    assert set(pairs().values()) == BLUE


def test_they_may_move_by_a_ramp(edge: Edge) -> None:
    run = release(back="ramp", ramp_watch_s=0)
    shares = []

    def look() -> None:
        edge.settle()
        shares.append(edge.weights("shop-s").get("c-7", 0))

    finish(run, after=look)
    assert run.state == "succeeded" and serving(edge) == GREEN and at_targets()
    assert sorted(set(shares)) == [0, 10, 30, 50, 100]


def test_a_ramp_that_fails_gives_the_users_back_to_the_old_prod(edge: Edge) -> None:
    run = release(back="ramp", ramp_watch_s=0)
    ramp = until(run, edge, "ramp", "a-1")
    build.observe("c-7", ready=0)
    Step.objects.filter(pk=ramp.pk).update(started_at=ramp.started_at.replace(year=2020))
    build.fresh()
    advance(run)
    edge.publish()
    ramp.refresh_from_db()
    assert ramp.state == "failed" and edge.weights("shop-s") == {"a-1": 100}


def until(run: Run, edge: Edge, kind: str, prod: str) -> Step:
    """The running step; users are served all the while."""
    for _ in range(60):
        build.fresh()
        advance(run)
        serving(edge)
        found = Step.objects.filter(run=run, kind=kind, prod__name=prod, state="running").first()
        if found:
            return found
        for act in running_acts(run):
            answer(act)
            if (kind, prod) != ("wait_ready", act.prod.name):
                build.observe(act.prod.name, generation=2)
        for soak in Step.objects.filter(run=run, kind="soak", state="running"):
            Step.objects.filter(pk=soak.pk).update(started_at=soak.started_at.replace(year=2020))
        edge.settle()
    raise AssertionError(run.reason)


@pytest.mark.parametrize(
    ("kind", "prod"),
    [("set_version", "c-9"), ("wait_ready", "c-9"), ("switch", "a-1"), ("switch", "b-1"), ("soak", "b-1")],
)
def test_a_rollback_at_any_step_is_one_move_back(edge: Edge, kind: str, prod: str) -> None:
    run = release(soak_s=600, parallel=5)
    until(run, edge, kind, prod)
    preview = preview_rollback(run)
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert serving(edge) == BLUE and at_targets(), "before anything is deployed"
    assert not Step.objects.filter(run=back).exclude(state="waiting").exists()
    assert set(Prod.objects.filter(role="standby").values_list("name", flat=True)) == GREEN
    assert preview.reasons == () and {one.route for one in preview.staying} <= {"staff"}
    for name in GREEN | {"c-2"}:
        build.observe(name, "v1.0.0", generation=2)
    finish(back, after=edge.settle)
    assert back.state == "succeeded" and serving(edge) == BLUE and at_targets()
    assert versions(BLUE | GREEN | {"c-2"}) == {"v1.0.0"}


def test_undoing_many_switches_takes_no_more_queries_than_undoing_two(edge: Edge) -> None:
    """The answer to the click must not take longer with the fleet."""
    finish(run := release(), after=edge.settle)
    prods = Prod.objects.select_related("cluster", "observation", "version__revision").in_bulk(
        BLUE | GREEN, field_name="name"
    )
    switched = [(prods[old], prods[new]) for old, new in begun_switches(run)]

    def queries(some: list[tuple[Prod, Prod]]) -> int:
        with CaptureQueriesContext(connection) as counted, transaction.atomic():
            assert switch_back(some, run.pk, timezone.now())
            transaction.set_rollback(True)
        return len(counted)

    assert len(switched) == 5
    assert queries(switched) == queries(switched[:2])


def helped() -> None:
    """The autoscalers that are to be raised or lowered are."""
    for step in Step.objects.filter(state="running", kind__in=BESIDE):
        answer(step, Succeeded(because("floors-enough")))


def test_old_prods_that_have_idled_get_pods_as_their_users_come_back(edge: Edge) -> None:
    build.autoscaled()
    asked = SWITCH | {"parallel": 5, "soak_s": 600}
    plan = preview_release("shop", "v2.1.0", asked, []).plan
    run = start_release(build.person("release-manager"), "shop", "v2.1.0", asked, [], plan.digest)
    until(run, edge, "soak", "b-1")  # it still has its Route out
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert serving(edge) == BLUE
    wanted = Step.objects.filter(run=back, kind="scale_up").values_list("prod__name", "params")
    loads = {name: (params["load"], params["coming"]) for name, params in wanted}
    assert loads == {"a-1": (0, 400), "a-2": (0, 150), "b-1": (0, 150), "b-2": (0, 400), "c-1": (0, 20)}
    for name in GREEN | {"c-2"}:
        build.observe(name, "v2.0.0", generation=2)
    finish(back, after=lambda: (helped(), edge.settle()))
    assert back.state == "succeeded" and at_targets()
    assert set(Step.objects.filter(run=back, kind="scale_back").values_list("state", flat=True)) == {
        "succeeded"
    }


def test_nobody_is_sent_back_to_a_prod_that_does_not_serve(edge: Edge) -> None:
    finish(run := release(), after=edge.settle)
    build.observe("a-1", ready=0)
    roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert "a-1" not in edge.weights("shop-s") and sum(edge.weights("shop-s").values()) == 100
    assert RouteMember.objects.get(route__name="shop-s", prod__name="a-1").target == 100


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"capacity": 299}, "no-standby-room", id="no room for a-2"),
        pytest.param({"role": "live"}, "no-standby-near", id="none in the failure domain"),
    ],
)
def test_it_is_refused_with_the_names_of_those_who_find_nobody(edge: Edge, change: dict, code: str) -> None:
    Prod.objects.filter(name="a-8").update(**change)
    preview = preview_release("shop", "v1.1.0", SWITCH, [])
    (blocker,) = [one for one in preview.blockers if not one.prods]
    assert blocker.reason.code == code and dict(blocker.reason.params)["prod"] == "a-2"
    with pytest.raises(Refused):
        start_release(build.person("release-manager"), "shop", "v1.1.0", SWITCH, [], preview.plan.digest)


def test_a_single_writer_is_not_switched_without_a_fence(edge: Edge) -> None:
    Route.objects.filter(name="shop-s").update(data_class="single-writer")
    (blocker,) = preview_release("shop", "v1.1.0", SWITCH, []).blockers
    assert blocker.reason.code == "switch-needs-fence" and blocker.prods == ()


def test_it_does_not_start_while_one_that_was_emptied_would_lose_its_place(edge: Edge) -> None:
    Prod.objects.filter(name="a-1").update(lifecycle="draining")
    (blocker,) = preview_release("shop", "v1.1.0", SWITCH, []).blockers
    assert blocker.reason == because("switch-needs-users-back", prod="a-1") and blocker.prods == ()
    a_1 = [{"prod": "a-1", "reason": "it is empty"}]
    assert preview_release("shop", "v1.1.0", SWITCH, a_1).blockers == ()


def test_room_of_standby_prods_is_reserved_for_the_switch(edge: Edge) -> None:
    release()
    assert set(Reservation.objects.values_list("prod__name", "load")) == {
        *(("a-8", 300), ("b-8", 300), ("c-7", 400), ("c-8", 400), ("c-9", 20)),
    }
