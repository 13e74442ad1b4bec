"""What goes wrong while something else is under way: each is a state that says what it waits for, and ends."""

import pytest

from clusters.models import Cluster, Prod
from releases.actions import start_leaving
from releases.failover_preview import preview_leaving
from releases.models import Run, Step
from tests import build
from tests.adapters.routers.faults import Fault
from tests.engine.driver import advance, answer, in_flight, running_acts
from tests.traffic.edge import Edge, drains_are_over
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, dies, leave
from tests.traffic.test_release_switches import GREEN, serving, until
from tests.traffic.test_release_switches import release as release_by_switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    edge = published_fleet(whole_groups=True)
    answering()
    return edge


def go_on(edge: Edge, *runs: Run, rounds: int = 6, acts: bool = True) -> None:
    """Some rounds of everything; `acts`: clusters answer too."""
    for _ in range(rounds):
        edge.publish()
        drains_are_over()
        answering()
        for run in runs:
            advance(run)
            for step in running_acts(run) if acts else []:
                answer(step)
                build.observe(step.prod.name, generation=2)


def waits_for(run: Run, kind: str) -> dict[str, tuple[str, dict[str, object]]]:
    """Prod -> (code, params) of the Reason of its step of this kind, of those that are not done."""
    steps = Step.objects.filter(run=run, kind=kind).exclude(state="succeeded").select_related("prod")
    return {step.prod.name: (step.reason["code"], step.reason["params"]) for step in steps}


def test_a_switch_waits_for_the_router_that_fails_in_its_middle_and_ends_when_it_is_back(db: None) -> None:
    edge = published_fleet(*sorted(GREEN), whole_groups=True)
    run = release_by_switch()
    until(run, edge, "switch", "a-1")
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    go_on(edge, run)
    code, params = waits_for(run, "switch")["a-1"]
    assert run.state == "running" and code == "router-behind"
    assert (params["router"], params["behind"], params["of"]) == ("edge-2", 1, 2)
    assert edge.weights("shop-s") == {"c-7": 100} and edge.weights("shop-s", "edge-2") == {"a-1": 100}
    assert sum(edge.weights("shop-r", "edge-2").values()) == 100, "who is led by it is served on"
    edge.routers["edge-2"].faults.clear()
    go_on(edge, run, rounds=20)
    assert run.state == "succeeded" and serving(edge) == GREEN
    assert edge.weights("shop-s", "edge-2") == {"c-7": 100}


def test_a_second_cluster_that_dies_during_a_failover_is_failed_over_too(edge: Edge) -> None:
    dies("a")
    first = leave("a")
    edge.publish("edge-1")  # the publisher of the other is slow
    advance(first)
    assert first.state == "running" and edge.weights("shop-r", "edge-2") == {"a-2": 50, "b-1": 50}
    dies("b")
    told = preview_leaving("b").traffic
    assert [(one.route, one.why.code) for one in told.lost] == [("shop-r", "no-room")]
    second = leave("b")
    go_on(edge, first, second)
    assert (first.state, second.state) == ("succeeded", "succeeded")
    for router in edge.routers:
        assert edge.weights("shop-s", router) == edge.weights("shop-t", router) == {"c-1": 100}
        assert edge.weights("shop-r", router) == {"b-1": 100}, "as was said: nobody has room for it"
    assert set(Cluster.objects.filter(intent="draining").values_list("name", flat=True)) == {"a", "b"}


def test_of_two_releases_that_each_want_a_member_of_a_route_the_second_waits(edge: Edge) -> None:
    one, two = release_of("a-2"), release_of("b-1")
    go_on(edge, one, two, acts=False)
    assert (in_flight(one), in_flight(two)) == (["a-2"], [])
    assert waits_for(two, "drain") == {"b-1": ("waits-for-partner", {"partner": "a-2", "route": "shop-r"})}
    assert edge.weights("shop-r") == {"b-1": 100}
    go_on(edge, one, two, rounds=12)
    assert (one.state, two.state) == ("succeeded", "succeeded")
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert set(Prod.objects.filter(name__in=("a-2", "b-1")).values_list("version__name", flat=True)) == {
        "v1.1.0"
    }


def test_an_evacuation_moves_users_past_a_release_which_ends_what_it_has_begun(edge: Edge) -> None:
    run = release_of("a-2", "b-1")
    go_on(edge, run, acts=False)
    assert [step.prod.name for step in running_acts(run)] == ["a-2"]
    digest = preview_leaving("a").plan.digest
    away = start_leaving(build.person("on-call"), "a", digest, "it must go")
    go_on(edge, away, acts=False)
    assert away.state == "succeeded" and run.state == "running"
    assert edge.weights("shop-s") == {"c-1": 100} and edge.weights("shop-r") == {"b-1": 100}
    go_on(edge, run)
    assert (run.state, run.reason["code"]) == ("paused", "pre-empted")
    versions = dict(Prod.objects.filter(name__in=("a-2", "b-1")).values_list("name", "version__name"))
    assert versions == {"a-2": "v1.1.0", "b-1": "v1.0.0"}, "b-1 alone serves them now"
    assert edge.weights("shop-r") == {"b-1": 100}, "nobody comes back to a cluster that is being emptied"
