"""Update many rows, each with values of its own, by one statement."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Field, Model


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write the named fields of rows of one model to the database.

    Django's `bulk_update` would write a CASE with a condition for each row and field.
    """
    if not rows:
        return
    fields = [_field(rows[0], name) for name in ("pk", *names)]
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    # The casts of the first row name the types of VALUES; without the length, which would cut.
    types = [str(field.cast_db_type(connection)).partition("(")[0] for field in fields]
    casts = [f"%s::{type_}" for type_ in types]
    others = ["%s"] * len(fields)
    lines = [f"({', '.join(values)})" for values in [casts, *[others] * (len(rows) - 1)]]
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    assignments = ", ".join(f"{column} = new.{column}" for column in columns[1:])
    statement = (
        f"UPDATE {table} SET {assignments}"  # noqa: S608 - names of our models, no values
        f" FROM (VALUES {', '.join(lines)}) AS new ({', '.join(columns)})"
        f" WHERE {table}.{columns[0]} = new.{columns[0]}"
    )
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _field(row: Model, name: str) -> "Field[object, object]":
    field = row._meta.pk if name == "pk" else row._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - only columns are updated
    return field
