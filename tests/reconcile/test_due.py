"""When Prods are compared: due rows, taken once; changes that hurry; what is left out."""

from collections.abc import Iterable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from clusters.models import Drift, Prod
from clusters.reconcile import look_soon, take_due
from orchestrator import watching
from releases.engine.wake import tick
from releases.models import Claim, Run
from tests import build

MINUTE = timedelta(minutes=1)


@pytest.fixture
def prods(db: None) -> list[int]:
    build.fleet()
    return list(Prod.objects.order_by("pk").values_list("pk", flat=True))


def names(ids: Iterable[int]) -> list[str]:
    return sorted(Prod.objects.filter(pk__in=list(ids)).values_list("name", flat=True))


def due_in(prod: int) -> float:
    return (Drift.objects.get(prod=prod).due_at - timezone.now()).total_seconds()


def test_every_prod_is_due_at_first_and_then_after_a_minute(prods: list[int]) -> None:
    now = timezone.now()
    assert sorted(take_due(now, 100)) == prods
    assert take_due(now, 100) == []
    assert sorted(take_due(now + MINUTE, 100)) == prods


def test_a_tick_takes_no_more_than_it_may_the_longest_due_first(prods: list[int]) -> None:
    take_due(timezone.now(), 100)
    past = timezone.now() - timedelta(hours=1)
    Drift.objects.filter(prod=prods[3]).update(due_at=past)
    Drift.objects.filter(prod=prods[1]).update(due_at=past + MINUTE)
    Drift.objects.filter(prod=prods[2]).update(due_at=past + 2 * MINUTE)
    assert take_due(timezone.now(), 2) == [prods[3], prods[1]]
    assert take_due(timezone.now(), 2) == [prods[2]]


@pytest.mark.parametrize("lifecycle", ["building", "retired"])
def test_what_is_built_or_gone_is_left_out(prods: list[int], lifecycle: str) -> None:
    Prod.objects.filter(pk=prods[0]).update(lifecycle=lifecycle)
    assert sorted(take_due(timezone.now(), 100)) == prods[1:]
    assert not Drift.objects.filter(prod=prods[0]).exists()


def test_a_change_that_was_seen_makes_it_due_at_once(prods: list[int]) -> None:
    take_due(timezone.now(), 100)
    watching.facts_changed([prods[0]])
    assert take_due(timezone.now(), 100) == [prods[0]]


def test_changes_are_taken_together_for_two_seconds(prods: list[int]) -> None:
    now = timezone.now()
    take_due(now, 100)
    Drift.objects.update(checked_at=now)
    for _ in range(3):
        look_soon([prods[0]], now)
    assert 1 < due_in(prods[0]) <= 2
    assert take_due(now, 100) == []
    assert take_due(now + timedelta(seconds=2), 100) == [prods[0]]


def test_a_prod_that_a_run_claims_is_not_hurried(prods: list[int]) -> None:
    now = timezone.now()
    take_due(now, 100)
    prod = Prod.objects.get(pk=prods[0])
    fields = {"blueprint": prod.blueprint, "version": prod.version, "plan": {}, "digest": "x"}
    run = Run.objects.create(kind="release", state="running", since=now, started_at=now, **fields)
    Claim.objects.create(prod=prod, run=run)
    assert look_soon([prod.pk], now) == 0


def test_the_tick_takes_what_is_due(prods: list[int]) -> None:
    tick()
    assert take_due(timezone.now(), 100) == []


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_take_nothing_twice() -> None:
    build.fleet()
    now = timezone.now()
    Drift.objects.bulk_create([Drift(prod=prod, due_at=now) for prod in Prod.objects.all()])
    taken: list[int] = []
    start = Barrier(4)

    def one_tick() -> None:
        start.wait(5)
        try:
            taken.extend(take_due(now, 100))
        finally:
            connection.close()

    threads = [Thread(target=one_tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(Prod.objects.values_list("pk", flat=True))
