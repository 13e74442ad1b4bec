"""A release sends a Prod's users elsewhere before it touches it, and back when it is proven."""

import re
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Prod
from journal.sentences import sentence
from releases.actions import (
    abort,
    resume_automation,
    resume_the_line,
    roll_back,
    stop_automation,
    stop_the_line,
)
from releases.engine.routes import SETTLING, release_idle_routes
from releases.models import Run, Step
from releases.queries.fleet import read_fleet
from releases.queries.prods import read_prod
from tests import build
from tests.adapters.routers.faults import Fault
from tests.engine.driver import advance, answer, finish, running_acts
from tests.traffic.edge import Edge, drains_are_over
from tests.traffic.releasing import published_fleet, release_of
from traffic.models import Route, RouteEpoch, RouteMember, RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Edge:
    return published_fleet(whole_groups=True)


def step(run: Run, kind: str) -> Step:
    return Step.objects.get(run=run, kind=kind, prod__name="a-2")


def test_every_route_is_published_with_its_members(edge: Edge) -> None:
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
    assert edge.weights("shop-s", "edge-2") == {"a-1": 100}


def test_nothing_is_changed_before_every_router_sends_nobody_there(edge: Edge) -> None:
    run = release_of("a-2")
    build.fresh()
    advance(run)
    assert [one.kind for one in Step.objects.filter(run=run, state="running")] == ["drain"]
    edge.publish("edge-1")
    advance(run)
    assert edge.weights("shop-r") == {"b-1": 100}
    assert edge.weights("shop-r", "edge-2") == {"a-2": 50, "b-1": 50}
    assert step(run, "drain").state == "running" and step(run, "set_version").state == "waiting"
    edge.publish("edge-2")
    advance(run)
    assert step(run, "drain").reason["code"] == "drains"
    drains_are_over()
    advance(run)
    assert step(run, "drain").state == "succeeded" and step(run, "set_version").state == "running"


def test_users_come_back_only_when_it_is_ready(edge: Edge) -> None:
    run = release_of("a-2")
    build.fresh()
    advance(run)
    edge.publish()
    drains_are_over()
    advance(run)
    (act,) = running_acts(run)
    answer(act)
    advance(run)
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}
    build.observe("a-2", generation=2)
    build.fresh()
    advance(run)
    edge.publish()
    assert edge.weights("shop-r") == edge.weights("shop-r", "edge-2") == {"a-2": 50, "b-1": 50}
    advance(run)
    assert run.state == "succeeded"


def test_a_router_that_is_away_fails_the_drain_in_time_and_names_itself(edge: Edge) -> None:
    run = release_of("a-2")
    build.fresh()
    advance(run)
    edge.routers["edge-2"].faults.set(Fault.DOWN)
    edge.publish()
    advance(run)
    assert step(run, "drain").reason["code"] == "router-behind"
    assert step(run, "drain").reason["params"]["router"] == "edge-2"
    Step.objects.filter(pk=step(run, "drain").pk).update(
        started_at=step(run, "drain").started_at.replace(year=2020)
    )
    advance(run)
    assert step(run, "drain").state == "failed" and step(run, "set_version").state == "waiting"


def test_a_prod_that_serves_alone_is_updated_in_place(edge: Edge) -> None:
    run = release_of()
    kinds = Step.objects.filter(run=run, prod__name="a-1").order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["set_version", "wait_ready"]


def test_each_change_of_weights_is_an_epoch_with_its_why(edge: Edge) -> None:
    run = release_of("a-2")
    build.fresh()
    advance(run)
    route = Route.objects.get(name="shop-r")
    epoch = RouteEpoch.objects.get(route=route, epoch=2)
    assert route.epoch == epoch.epoch == 2
    assert epoch.weights == {"a-2": 0, "b-1": 100} and epoch.run_id == run.pk
    assert epoch.reason["code"] == "users-sent-elsewhere"


def aborted_when_drained() -> None:
    """A release has drained a-2 and done nothing else, a while ago."""
    run = release_of("a-2")
    build.fresh()
    advance(run)
    abort(build.person("release-manager"), run.pk, "a test")
    advance(run)
    assert run.state == "aborted"
    Step.objects.filter(run=run, finished_at__isnull=False).update(finished_at=timezone.now() - 2 * SETTLING)
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - 2 * SETTLING)
    build.observe("a-2")
    build.fresh()


def test_an_aborted_release_gives_back_what_it_had_only_drained(edge: Edge) -> None:
    aborted_when_drained()
    assert release_idle_routes() == 1
    edge.publish()
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def told_of(prod: str) -> set[str]:
    """Why its users do not come back, as its page, its tile and what waits for a person say it."""
    build.fresh()
    now = timezone.now()
    wall = read_fleet("viewer", now)
    tiles = [tile for column in wall.columns for tile in column.prods]
    found = {
        read_prod(prod, build.person("viewer"), now).tile,
        next(one for one in tiles if one.name == prod),
    }
    needs = [one.words for one in wall.needs if one.title == f"Prod {prod}, without its users"]
    return {*(sentence(one.reason) for one in found), *(needs or [""])}


@pytest.mark.parametrize(
    ("stop", "resume"), [(stop_the_line, resume_the_line), (stop_automation, resume_automation)]
)
def test_nobody_comes_back_without_a_person_while_stopped(edge: Edge, stop: Any, resume: Any) -> None:
    aborted_when_drained()
    assert told_of("a-2") == {""}
    stop(build.person("on-call"), "we look first")
    (told,) = told_of("a-2")
    assert re.fullmatch(
        r"It is as it was before run \d+, .* this is over: .* on-call\W+we look first.*", told
    )
    assert told_of("b-1") == {""}
    assert release_idle_routes() == 0
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}
    assert RouteOut.objects.filter(prod__name="a-2").exists()
    resume(build.person("release-manager"), "it is well")
    assert told_of("a-2") == {""}
    assert release_idle_routes() == 1
    edge.publish()
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_rollback_sends_users_to_good_prods_before_it_deploys(edge: Edge) -> None:
    run = release_of("c-1")  # which alone serves shop-u
    build.fresh()
    advance(run)
    (act,) = running_acts(run)
    answer(act)
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    edge.publish()
    assert "c-1" not in edge.weights("shop-u")
    assert sum(edge.weights("shop-u").values()) == 100
    assert not Step.objects.filter(run=back, kind="set_version").exclude(state="waiting").exists()
    build.observe("c-1", "v1.0.0")
    finish(back, after=edge.settle)
    edge.publish()
    assert edge.weights("shop-u") == {"c-1": 100}
    assert RouteMember.objects.filter(route__name="shop-u", weight__gt=0).count() == 1


def writer(on: dict[str, tuple[int, int]]) -> Route:
    """A Route whose data have one writer, with these (weight, target) of its members."""
    route = Route.objects.create(name="books", redundancy="none", data_class="single-writer")
    for name, (weight, target) in on.items():
        prod = Prod.objects.get(name=name)
        RouteMember.objects.create(route=route, prod=prod, weight=weight, target=target)
    return route


def weights(route: Route) -> dict[str, int]:
    return dict(RouteMember.objects.filter(route=route).values_list("prod__name", "weight"))


def test_a_release_gives_nobody_else_the_data_of_one_writer(edge: Edge) -> None:
    route = writer({"a-2": (100, 100), "b-1": (0, 100)})
    run = release_of("a-2")
    build.fresh()
    advance(run)
    edge.publish()
    assert edge.weights("shop-r") == {"b-1": 100}
    assert weights(route) == {"a-2": 100, "b-1": 0}


def test_a_release_takes_no_writer_back_that_lives_elsewhere(edge: Edge) -> None:
    route = writer({"a-2": (0, 100), "c-1": (100, 0)})
    run = release_of("a-2")
    finish(run, after=edge.settle)
    assert run.state == "succeeded" and weights(route) == {"a-2": 0, "c-1": 100}
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}
