"""Many new rows are stored by one statement, as they are, in their order."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, transaction
from django.forms.models import model_to_dict

from clusters.models import Overrides, Prod
from journal.core.reasons import because
from journal.log import event
from journal.models import Event
from journal.rows import insert_rows
from tests import build

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def test_rows_are_stored_as_they_are_and_know_their_keys() -> None:
    why = [None, because("held", why='it\'s "so"', by="mio"), because("a-test", count=3)]
    rows = [
        event(AT, "hold", run_id=number or None, prod=f"p-{number}", moved=("", "held"), reason=reason)
        for number, reason in enumerate(why)
    ]
    insert_rows(rows)
    stored = list(Event.objects.order_by("pk"))
    assert [row.pk for row in rows] == [row.pk for row in stored]
    assert [model_to_dict(row) for row in rows] == [model_to_dict(row) for row in stored]
    assert [row.prod for row in stored] == ["p-0", "p-1", "p-2"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_rows_that_are_all_alike_are_stored_as_often_as_they_are_given(count: int) -> None:
    insert_rows([event(AT, "run", run_id=7) for _ in range(count)])
    assert list(Event.objects.values_list("at", "kind", "run_id")) == [(AT, "run", 7)] * count


def test_what_the_database_has_a_default_for_is_left_to_it() -> None:
    build.fleet()
    prods = Prod.objects.order_by("name")[:2]
    insert_rows([Overrides(prod=prod, number=9, content={"labels": {"of": prod.name}}) for prod in prods])
    stored = Overrides.objects.filter(number=9).order_by("prod__name")
    assert [row.content["labels"]["of"] for row in stored] == [prod.name for prod in prods]
    assert all(row.created_at is not None for row in stored)


@pytest.mark.parametrize(
    "prods", [["x" * 64], ["x" * 64, "y"], ["x" * 64] * 2], ids=["one", "apart", "alike"]
)
def test_what_is_too_long_is_refused_and_not_cut(prods: list[str]) -> None:
    with pytest.raises(DataError), transaction.atomic():
        insert_rows([event(AT, "prod", prod=prod) for prod in prods])
    assert not Event.objects.exists()


def test_what_is_there_already_is_refused() -> None:
    build.fleet()
    prod = Prod.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([Overrides(prod=prod, number=9), Overrides(prod=prod, number=9)])
    assert not Overrides.objects.filter(number=9).exists()
