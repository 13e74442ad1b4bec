"""Many rows are stored by one statement, and nothing else changes."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, transaction

from tests import build
from tests.traffic.edge import Edge
from traffic.engine.rows import update_rows
from traffic.models import Publication

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def rows() -> list[Publication]:
    build.fleet()
    Edge()
    return list(Publication.objects.order_by("pk")[:3])


def test_each_row_gets_its_own_values_of_every_kind(rows: list[Publication]) -> None:
    for number, row in enumerate(rows):
        row.epoch, row.weights, row.read_at = 7 + number, {"a-1": number, 'b"1': 100}, AT if number else None
    update_rows(rows, ["epoch", "weights", "read_at"])
    stored = Publication.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    assert list(stored.values_list("epoch", "weights", "read_at")) == [
        (7 + number, {"a-1": number, 'b"1': 100}, AT if number else None) for number in range(3)
    ]


def test_fields_that_are_not_named_and_other_rows_stay(rows: list[Publication]) -> None:
    others = Publication.objects.exclude(pk=rows[0].pk).order_by("pk")
    before = list(others.values())
    rows[0].epoch, rows[0].state = 9, Publication.State.REFUSED
    update_rows(rows[:1], ["epoch"])
    stored = Publication.objects.get(pk=rows[0].pk)
    assert (stored.epoch, stored.state) == (9, Publication.State.PENDING)
    assert list(others.values()) == before


def test_what_is_too_long_for_its_column_is_refused_and_not_cut_off(rows: list[Publication]) -> None:
    rows[0].state = "published" + "-" * 90
    with pytest.raises(DataError, match="too long"), transaction.atomic():
        update_rows(rows, ["state"])


def test_a_row_that_is_gone_stays_gone(rows: list[Publication]) -> None:
    Publication.objects.filter(pk=rows[0].pk).delete()
    count = Publication.objects.count()
    update_rows(rows, ["epoch"])
    update_rows([], ["epoch"])
    assert Publication.objects.count() == count
