"""Storing many new rows with one statement whose cost is linear in what differs between them."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault


def insert_rows(rows: Sequence[Model]) -> None:
    """Store new `rows`, all of one model, in their order, and give them their keys.

    `bulk_create` prepares each value of each row; most of the thousands that one click writes are the same in all,
    and are sent once here. What has a default of the database is left to it where the first row leaves it.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001  (documented)
    fields = [f for f in meta.concrete_fields if not f.primary_key and not _is_left(rows[0], f)]
    lists = {field: [getattr(row, field.attname) for row in rows] for field in fields}
    alike = {f for f, values in lists.items() if all(value == values[0] for value in values)} - {fields[0]}
    apart = [field for field in fields if field not in alike]
    chosen = ", ".join(f"%s::{_type(f)}" if f in alike else f'given."{f.column}"' for f in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({_columns(fields)}) SELECT {chosen}'  # noqa: S608  (names of our own models)
            f" FROM unnest({', '.join(f'%s::{_type(f)}[]' for f in apart)}) AS given ({_columns(apart)})"
            f' RETURNING "{meta.pk.column}"',
            [_prepared(field, lists[field][0]) for field in fields if field in alike]
            + [[_prepared(field, value) for value in lists[field]] for field in apart],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding = False  # noqa: SLF001  (documented)


def _is_left(row: Model, field: Field) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


def _columns(fields: Sequence[Field]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _type(field: Field) -> str:
    """Without its length: what is too long is refused, and a cast would cut it."""
    return str(field.db_type(connection)).partition("(")[0]


def _prepared(field: Field, value: object) -> object:
    return field.get_db_prep_save(value, connection)
