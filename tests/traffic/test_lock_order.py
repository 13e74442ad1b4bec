"""A change of weights and a publisher want the same Publications: neither waits for the other for ever."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from journal.core.reasons import because
from tests import build
from tests.traffic.edge import Edge
from traffic.actions import add_tenant, change_tenant, move_tenant, set_weights
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.engine.shifting import lock_routes, shift
from traffic.models import Publication, Route, RouteMember

PATIENCE_S = 30


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("several", [False, True], ids=["one shift", "several"])
def test_rows_are_locked_in_one_order_however_they_lie(several: bool) -> None:
    build.fleet()
    Edge()
    first, second = Publication.objects.filter(instance__name="edge-1").order_by("pk")[:2]
    Publication.objects.filter(pk=first.pk).update(due_at=timezone.now())  # lies behind the second one now
    wanted = {pk: dict.fromkeys(_members(pk), 7) for pk in (first.route_id, second.route_id)}

    def all_of_two() -> None:
        prods = RouteMember.objects.filter(route__in=wanted).values_list("prod", flat=True)
        with transaction.atomic():
            lock_routes(prods)

    once = partial(shift, wanted, because("left-for-good", prod="a-1", run=1), timezone.now())
    act = all_of_two if several else once
    with transaction.atomic():
        rows = Publication.objects.select_for_update()
        rows.get(pk=first.pk)
        thread, ended = begun(act)
        until_somebody_waits()
        rows.get(pk=second.pk)
    thread.join(PATIENCE_S)
    assert ended == ["done"]


@pytest.mark.django_db(transaction=True)
def test_a_publisher_never_waits_for_who_changes_its_routes() -> None:
    """Who changes a Route locks it, then its Publications, which the publisher has locked by then."""
    build.fleet()
    edge = Edge()
    with transaction.atomic():
        list(Route.objects.select_for_update())
        thread, ended = begun(lambda: edge.publish("edge-1"))
        deadline = time.monotonic() + PATIENCE_S
        while thread.is_alive():
            assert time.monotonic() < deadline and not somebody_waits_for_a_lock()
            thread.join(0.05)
    assert ended == ["done"]
    assert set(Publication.objects.filter(instance__name="edge-1").values_list("state", flat=True)) == {
        "published"
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "act",
    [
        lambda: add_tenant(build.person("admin"), {"name": "new", "hostnames": ["new.example"]}),
        lambda: change_tenant(build.person("admin"), "shop-u-0001", {"redundancy": "two-domain"}),
        lambda: move_tenant(build.person("admin"), "shop-u-0001", {"prods": ["a-1"], "reason": "a test"}),
        lambda: set_weights(build.person("on-call"), "shop-u", {"c-1": 90, "b-1": 10}, "", 1),
    ],
    ids=["add", "change", "move", "split"],
)
def test_who_takes_room_waits_for_who_took_it_first(act: Callable[[], object]) -> None:
    build.fleet()
    with transaction.atomic():
        one_at_a_time(ROOM)
        thread, ended = begun(act)
        until_somebody_waits()
        assert ended == []
    thread.join(PATIENCE_S)
    assert ended == ["done"]


def begun(act: Callable[[], object]) -> tuple[threading.Thread, list[str]]:
    """A thread that acts, and what becomes of it."""
    ended: list[str] = []

    def run() -> None:
        try:
            act()
            ended.append("done")
        except Exception as error:  # noqa: BLE001  (told to the test)
            ended.append(repr(error))
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ended


def until_somebody_waits() -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not somebody_waits_for_a_lock():
        assert time.monotonic() < deadline, "nobody waits"


def _members(route: int) -> list[str]:
    return list(Route.objects.get(pk=route).members.values_list("prod__name", flat=True))
