"""Insert or update many rows, each with values of its own, by one statement.

Django's `bulk_create` takes ten times as long to write the statement (0.34 ms against 0.03 for the
four rows of a mail), and its `bulk_update` writes a CASE with a condition for each row and field.
"""

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BinaryField, DateTimeField, Field, JSONField, Model
from django.db.models.expressions import DatabaseDefault

# psycopg2 writes the values of all other fields as they are.
_PREPARED_BY_DJANGO = (JSONField, BinaryField, ArrayField)


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert new rows of one model, and set their ids.

    What the first row leaves to a default of the database, all do.
    """
    if not rows:
        return
    fields = [
        field
        for field in rows[0]._meta.concrete_fields
        if not field.primary_key
        and not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    for field in fields:
        if isinstance(field, DateTimeField) and field.auto_now_add:
            for row in rows:
                field.pre_save(row, add=True)
    line = f"({', '.join(['%s'] * len(fields))})"
    statement = (
        f"INSERT INTO {_table(rows[0])} ({', '.join(map(_column, fields))})"  # noqa: S608 - names
        f" VALUES {', '.join([line] * len(rows))} RETURNING {_column(rows[0]._meta.pk)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(rows, fields))
        # PostgreSQL returns the rows in the order in which it inserts them, as Django expects too.
        ids = [pk for (pk,) in cursor.fetchall()]
    for row, pk in zip(rows, ids, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, connection.alias


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write the named fields of rows of one model to the database."""
    if not rows:
        return
    fields = [_field(rows[0], name) for name in ("pk", *names)]
    columns = [_column(field) for field in fields]
    # The casts of the first row name the types of VALUES; without the length, which would cut.
    types = [str(field.cast_db_type(connection)).partition("(")[0] for field in fields]
    casts = [f"%s::{type_}" for type_ in types]
    others = ["%s"] * len(fields)
    lines = [f"({', '.join(values)})" for values in [casts, *[others] * (len(rows) - 1)]]
    table = _table(rows[0])
    assignments = ", ".join(f"{column} = new.{column}" for column in columns[1:])
    statement = (
        f"UPDATE {table} SET {assignments}"  # noqa: S608 - names of our models, no values
        f" FROM (VALUES {', '.join(lines)}) AS new ({', '.join(columns)})"
        f" WHERE {table}.{columns[0]} = new.{columns[0]}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(rows, fields))


def _values(rows: Sequence[Model], fields: "Sequence[Field[object, object]]") -> list[Any]:
    """Return the rows' values one after the other, as psycopg2 takes them."""
    read = attrgetter(*[field.attname for field in fields])  # of several, so it returns a tuple
    prepared = [
        (position, field)
        for position, field in enumerate(fields)
        if isinstance(field, _PREPARED_BY_DJANGO)
    ]
    values: list[Any] = []
    for row in rows:
        of_row = list(read(row))
        for position, field in prepared:
            of_row[position] = field.get_db_prep_save(of_row[position], connection)
        values += of_row
    return values


def _table(row: Model) -> str:
    return connection.ops.quote_name(row._meta.db_table)


@cache
def _column(field: "Field[object, object]") -> str:
    return connection.ops.quote_name(str(field.column))


def _field(row: Model, name: str) -> "Field[object, object]":
    field = row._meta.pk if name == "pk" else row._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - only columns are updated
    return field
