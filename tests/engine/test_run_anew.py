"""Two connections that wait for each other, really: whoever PostgreSQL gives up comes through all the same, once."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from access.tokens import create_token
from journal.models import Event
from releases.actions import roll_back
from releases.engine import passes
from releases.failover_preview import preview_leaving
from releases.models import Claim, Hold, Run, Step, Wake
from tests import build
from tests.engine.driver import advance, finish
from tests.engine.test_two_at_once import aside
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from tests.traffic.test_failover import answering, leave
from tests.traffic.test_lock_order import PATIENCE_S, until_somebody_waits
from traffic.engine.publishing import publish_instance
from traffic.models import Publication, Route, RouteEpoch, RouteOut

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edge(transactional_db: None) -> Edge:
    found = published_fleet(whole_groups=True)
    answering()
    return found


def deadlocks() -> int:
    """How many PostgreSQL has found in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def counted(act: Callable[[], object]) -> object:
    """What `act` gives, after which this connection's deadlocks are among those of `deadlocks`."""
    try:
        return act()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")


def in_the_way(act: Callable[[], object], route: str) -> object:
    """What `act` gives that has locked the Route and wants its Publications, while it is the other way round here.
    PostgreSQL gives up the one that notices first."""
    before = deadlocks()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '1min'")
        rows = Publication.objects.select_for_update(of=("self",)).filter(route__name=route)
        list(rows.order_by("pk"))
        thread, said = aside(lambda: counted(act))
        until_somebody_waits()
        Route.objects.select_for_update().get(name=route)
    thread.join(PATIENCE_S)
    assert deadlocks() == before + 1
    (one,) = said
    return one


def state() -> dict[str, object]:
    """What an act leaves behind, and would twice as much if it were done twice."""
    rows = (Event, Run, Step, Claim, Hold, Wake, RouteEpoch, RouteOut)
    counts = {model.__name__: model.objects.count() for model in rows}
    return {**counts, "epochs": dict(Route.objects.values_list("name", "epoch"))}


def alone(act: Callable[[], object]) -> dict[str, object]:
    """The state that `act` leaves with nobody in its way; taken back."""
    before = state()
    with transaction.atomic():
        act()
        after = state()
        transaction.set_rollback(True)
    assert state() == before != after
    return after


def rollback(edge: Edge) -> Callable[[], object]:
    run = release_of("a-2")
    finish(run, after=edge.settle)
    answering()
    return lambda: roll_back(build.person("on-call"), run.pk, "it is bad")


def failover(edge: Edge) -> Callable[[], object]:
    return lambda: leave("a")


def one_pass(edge: Edge) -> Callable[[], object]:
    run = release_of("a-2")
    return lambda: passes.one_pass(run.pk, timezone.now())


@pytest.mark.parametrize("arranged", [rollback, failover, one_pass], ids=lambda one: one.__name__)
def test_an_act_that_was_given_up_is_done_once(
    edge: Edge, arranged: Callable[[Edge], Callable[[], object]]
) -> None:
    act = arranged(edge)
    wanted = alone(act)
    in_the_way(act, "shop-r")
    assert state() == wanted


def post(digest: str, headers: Mapping[str, str]) -> Any:
    token = create_token(build.person("on-call"), "test", "on-call")
    client = Client(headers={"Authorization": f"Bearer {token}", **headers}, raise_request_exception=False)
    body = {"digest": digest, "reason": "the power is out"}
    return client.post("/api/v1/clusters/a/evacuation/", body, content_type="application/json")


@pytest.mark.parametrize(
    "headers", [{}, {"Idempotency-Key": "one"}, {"If-Match": "*"}], ids=["plain", "keyed", "conditional"]
)
def test_a_request_whose_transaction_was_given_up_is_answered_as_any_other(
    edge: Edge, headers: dict[str, str]
) -> None:
    wanted = alone(lambda: leave("a"))
    digest = preview_leaving("a").plan.digest
    create_token(build.person("on-call"), "before", "on-call")
    told: Any = in_the_way(lambda: post(digest, headers), "shop-r")
    assert told.status_code == 201, told.content
    assert Run.objects.get().pk == told.json()["id"]
    assert {**state(), "Event": wanted["Event"]} == wanted
    if "Idempotency-Key" in headers:
        assert post(digest, headers).headers["Idempotency-Replayed"] == "true"


def test_what_a_router_was_read_back_as_is_stored_though_it_was_given_up(edge: Edge) -> None:
    """It holds the first Publication and wants the second; here it is the other way round."""
    run = release_of("a-2")
    advance(run)
    first, second = Publication.objects.filter(instance__name="edge-1").order_by("pk")[:2]
    rows, before = Publication.objects.select_for_update(), deadlocks()
    past = timezone.now() - timedelta(minutes=1)
    Publication.objects.filter(instance__name="edge-1").update(due_at=past)

    def publish() -> object:
        return publish_instance(first.instance_id, lambda one: edge.routers[one.name])

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '1min'")
        rows.get(pk=second.pk)
        thread, said = aside(lambda: counted(publish))
        until_somebody_waits()
        rows.get(pk=first.pk)
    thread.join(PATIENCE_S)
    assert (len(said), deadlocks()) == (1, before + 1)
    assert not Publication.objects.filter(instance__name="edge-1").exclude(state="published").exists()
