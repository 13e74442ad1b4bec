"""Storing many rows that exist with one statement whose cost is linear in them."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Store the fields `names` of `rows`, all of one model; those that are gone meanwhile stay gone.

    `bulk_update` says the same with a CASE of all rows for each field, which for a thousand rows takes half a second
    to write and to read.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001  (documented)
    fields = [meta.get_field(name) for name in names]
    given = [meta.pk, *fields]
    sets = ", ".join(f'"{field.column}" = given."{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{_kind(field)}[]" for field in given)
    columns = ", ".join(f'"{field.column}"' for field in given)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in given
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{meta.db_table}" AS old SET {sets}'  # noqa: S608  (names of our own models)
            f" FROM unnest({arrays}) AS given ({columns})"
            f' WHERE old."{meta.pk.column}" = given."{meta.pk.column}"',
            values,
        )


def _kind(field: Any) -> str:
    """Its type without a length: a cast to `varchar(9)` would cut off what is longer, which the column refuses."""
    return str(field.db_type(connection)).partition("(")[0]
