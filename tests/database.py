"""Reach a database past Django: a connection of one's own, rows held locked, and who waits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.db import connection


def connect(env: Mapping[str, str], *, timeout_seconds: int = 3) -> Any:
    """Return a psycopg2 connection, in autocommit, with a service's environment variables."""
    connected = psycopg2.connect(
        host=env["POSTGRES_HOST"],
        port=env["POSTGRES_PORT"],
        user=env["POSTGRES_USER"],
        password=env["POSTGRES_PASSWORD"],
        dbname=env["POSTGRES_DB"],
        connect_timeout=timeout_seconds,
    )
    connected.autocommit = True
    return connected


@contextmanager
def held_row(table: str, pk: int) -> Iterator[None]:
    """Hold a lock on a row of the test database, so that a worker stops where it needs it."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    holder = psycopg2.connect(**parameters)
    try:
        with holder.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])  # noqa: S608 - a table's name
            yield
    finally:
        holder.close()


def waiting_for_a_lock() -> list[int]:
    """Return the process ids of the test database's backends that wait for a lock."""
    with connection.cursor() as cursor:
        # A transaction would see again what it saw first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return [pid for (pid,) in cursor.fetchall()]
