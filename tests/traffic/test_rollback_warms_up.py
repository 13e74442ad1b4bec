"""A rollback warms up who takes over beside the switch: the users do not wait for it, and neither does the rest."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.models import Prod
from journal.models import Event
from releases import actions
from releases.models import Claim, Run, Step
from tests import build
from tests.engine.driver import advance
from tests.engine.real import clusters, drive
from tests.steps.test_warm_up import App, serving
from tests.traffic.edge import Edge
from tests.traffic.test_release_warms_up import WARM, Users, hostnames, release

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def simulated() -> Iterator[Any]:
    with clusters("a", "b", "c") as started:
        yield started


@pytest.fixture
def edge(db: None, simulated: Any) -> Edge:
    build.fleet(servers=simulated[1], whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def rolled_back(edge: Edge, endpoint: str) -> Run:
    """The rollback of a release of a-2 that has succeeded: b-1, which is reached at `endpoint`, takes its users over."""
    users = Users(edge)
    run = drive(release("v1.1.0", WARM), after=users.look)
    assert run.state == "succeeded" and edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    Prod.objects.filter(name="b-1").update(endpoint=endpoint)
    back = actions.roll_back(build.person("on-call"), run.pk, "a change of mind")
    Step.objects.filter(run=back, kind="warm_beside").update(params={"requests": 20, "timeout_s": 1})
    return back


def taker_step(back: Run) -> Step:
    return Step.objects.get(run=back, prod__name="b-1", kind="warm_beside")


def test_who_takes_over_is_warmed_up_beside_the_switch_and_not_before_it(edge: Edge) -> None:
    app = App(lambda _: 200)
    with serving(app) as port:
        back = rolled_back(edge, f"http://127.0.0.1:{port}")
        edge.publish()
        assert edge.weights("shop-r") == {"b-1": 100} and app.heard == 0, "the users have moved already"
        drive(back, after=Users(edge).look)
    assert back.state == "succeeded" and edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert (taker_step(back).state, taker_step(back).reason["code"]) == ("succeeded", "warmed-up")
    assert app.heard == 20
    assert {host.partition(":")[0] for host in app.hosts} <= set(hostnames("a-2")), "as those who come"


def test_one_that_answers_errors_is_told_and_the_rollback_goes_on(edge: Edge) -> None:
    with serving(App(lambda _: 500)) as port:
        back = rolled_back(edge, f"http://127.0.0.1:{port}")
        drive(back, until="wait_ready", after=Users(edge).look)
        assert edge.weights("shop-r") == {"b-1": 100}
        drive(back, after=Users(edge).look)
    assert back.state == "succeeded" and edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert (taker_step(back).state, taker_step(back).reason["code"]) == ("skipped", "not-warm-in-time")
    told = Event.objects.get(run_id=back.pk, kind="step.warm_beside", to_state="skipped")
    assert told.prod == "b-1" and told.reason["params"]["said"].startswith("500 (")


def test_another_run_that_has_the_prod_does_not_stand_in_its_way(edge: Edge) -> None:
    back = rolled_back(edge, "http://127.0.0.1:30000")
    other = Run.objects.create(
        kind="heal", state="paused", blueprint=back.blueprint, plan=back.plan, since=back.since
    )
    Claim.objects.create(prod=Prod.objects.get(name="b-1"), run=other)
    advance(back)
    assert taker_step(back).state == "running"
    assert Claim.objects.get(prod__name="b-1").run == other, "and it asks nobody for it"


def test_a_release_that_warmed_nobody_up_warms_nobody_up_in_its_rollback(edge: Edge) -> None:
    run = drive(release("v1.1.0", {"soak_s": 0, "drain_s": 0}), after=Users(edge).look)
    back = actions.roll_back(build.person("on-call"), run.pk, "a change of mind")
    assert set(Step.objects.filter(run=back).values_list("kind", flat=True)) == {
        "set_version",
        "wait_ready",
        "restore",
    }
