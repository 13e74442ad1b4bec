"""More pods for who takes over hold up neither its partners nor what is urgent."""

import pytest

from clusters.models import Prod
from journal.core.reasons import because
from releases.actions import pause, roll_back, skip, start_release
from releases.core.answers import Failed, Succeeded
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, answer, finish
from tests.traffic.edge import Edge
from traffic.models import RouteMember, RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    build.autoscaled()
    edge = Edge()
    edge.publish()
    return edge


@pytest.fixture
def back(edge: Edge) -> Run:
    """Has taken the users of shop-r off a-2, which runs the bad Version: b-1 serves them all."""
    exclude = [{"prod": name, "reason": "not now"} for name in ("a-1", "b-1", "b-2", "c-1", "c-2")]
    plan = preview_release("shop", "v2.1.0", {"soak_s": 0}, exclude).plan
    run = start_release(
        build.person("release-manager"), "shop", "v2.1.0", {"soak_s": 0}, exclude, plan.digest
    )
    finish(run, after=edge.settle)
    return roll_back(build.person("on-call"), run.pk, "it is bad")


def running(run: Run) -> set[tuple[str, str]]:
    return set(Step.objects.filter(run=run, state="running").values_list("prod__name", "kind"))


def test_a_partner_whose_new_pods_are_starting_keeps_nobody_waiting(back: Run) -> None:
    assert set(
        RouteMember.objects.filter(route__name="shop-r", weight__gt=0).values_list("prod__name", flat=True)
    ) == {"b-1"}
    build.observe("b-1", ready=2)
    build.fresh()
    advance(back)
    assert running(back) == {("b-1", "scale_up"), ("a-2", "set_version")}
    assert RouteOut.objects.get().prod.name == "a-2"


def test_one_that_serves_nobody_is_waited_for_all_the_same(back: Run) -> None:
    build.observe("b-1", ready=0)
    build.fresh()
    advance(back)
    waits = Step.objects.get(run=back, kind="set_version")
    assert (waits.state, waits.reason["code"]) == ("waiting", "partner-not-healthy")


RAISED = Succeeded(because("floors-raised", floors="api 3 → 5"))


def raised(back: Run) -> bool:
    return Prod.objects.get(name="b-1").raised_by == back.pk


def to_scale_back(back: Run, edge: Edge) -> Step:
    """The step that lowers, as soon as it runs."""
    for _ in range(20):
        build.fresh()
        advance(back)
        for step in Step.objects.filter(run=back, state="running", kind__in=["set_version", "scale_up"]):
            answer(step, RAISED if step.kind == "scale_up" else None)
            build.observe("a-2", generation=2)
        edge.settle()
        lower = Step.objects.get(run=back, kind="scale_back")
        assert raised(back) or lower.state == "waiting"
        if lower.state == "running":
            return lower
    raise AssertionError(back.reason)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        pytest.param(Succeeded(because("floors-lowered", floors="api 5 → 3")), "succeeded", id="lowered"),
        pytest.param(Failed(because("autoscaler-changing", name="api")), "skipped", id="left"),
    ],
)
def test_what_was_lowered_is_nobodys_any_more_however_long_the_run_lasts(
    back: Run, edge: Edge, said: Succeeded | Failed, state: str
) -> None:
    lower = to_scale_back(back, edge)
    pause(build.person("on-call"), back.pk, "it lasts")
    answer(lower, said)
    lower.refresh_from_db()
    assert (lower.state, raised(back)) == (state, False)
    assert Run.objects.get(pk=back.pk).state == "paused"


def test_one_whose_lowering_a_person_skips_is_nobodys_either(back: Run, edge: Edge) -> None:
    lower = to_scale_back(back, edge)
    skip(build.person("release-manager"), back.pk, lower.pk, "by hand")
    assert not raised(back)
