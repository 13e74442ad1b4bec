"""More pods for who takes over hold up neither its partners nor what is urgent."""

import pytest

from releases.actions import roll_back, start_release
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, finish
from tests.traffic.edge import Edge
from traffic.models import RouteMember, RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def back(db: None) -> Run:
    """Has taken the users of shop-r off a-2, which runs the bad Version: b-1 serves them all."""
    build.fleet()
    build.autoscaled()
    edge = Edge()
    edge.publish()
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
