"""A change of weights and a publisher want the same Publications: neither waits for the other for ever."""

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from journal.core.reasons import because
from tests import build
from tests.traffic.edge import Edge
from traffic.engine.shifting import shift
from traffic.models import Publication, Route

PATIENCE_S = 30


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_one_order_however_they_lie() -> None:
    build.fleet()
    Edge()
    first, second = Publication.objects.filter(instance__name="edge-1").order_by("pk")[:2]
    Publication.objects.filter(pk=first.pk).update(due_at=timezone.now())  # lies behind the second one now
    wanted = {pk: dict.fromkeys(_members(pk), 7) for pk in (first.route_id, second.route_id)}
    ended: list[str] = []

    def change() -> None:
        try:
            shift(wanted, because("left-for-good", prod="a-1", run=1), timezone.now())
            ended.append("changed")
        except Exception as error:  # noqa: BLE001  (told to the test)
            ended.append(repr(error))
        finally:
            connections.close_all()

    thread = threading.Thread(target=change)
    with transaction.atomic():
        rows = Publication.objects.select_for_update()
        rows.get(pk=first.pk)
        thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not somebody_waits_for_a_lock():
            assert time.monotonic() < deadline, "nobody waits"
        rows.get(pk=second.pk)
    thread.join(PATIENCE_S)
    assert ended == ["changed"]


def _members(route: int) -> list[str]:
    return list(Route.objects.get(pk=route).members.values_list("prod__name", flat=True))
