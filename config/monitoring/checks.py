"""The checks that /readyz, /metrics, the doctor and the outage watch share."""

from collections.abc import Iterator
from functools import cache

import redis
from amqp import AMQPError
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu.connection import Connection

from mailing.monitoring.problems import Problem, find_mail_problems

# RabbitMQ's client raises what the network raises, too.
BROKER_ERRORS = (redis.RedisError, AMQPError, OSError)


def query_database() -> None:
    """Send a query on a new connection; raise `django.db.Error` when the database fails.

    On a new connection, because connecting has a time limit; a query on a connection whose server
    hangs has none.
    """
    if not connection.in_atomic_block:
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def has_missing_migrations() -> bool:
    """Return whether the database lacks a migration; raise `django.db.Error` when it fails."""
    return (
        not _migrations_of_the_code() <= MigrationRecorder(connection).applied_migrations().keys()
    )


@cache
def _migrations_of_the_code() -> frozenset[tuple[str, str]]:
    # Read once, because the code of a process does not change: reading takes most of /readyz.
    return frozenset(MigrationLoader(None).graph.nodes)


def ping_broker(*, timeout_seconds: float) -> None:
    """Raise one of BROKER_ERRORS when the broker does not answer within the timeout."""
    if settings.USES_RABBITMQ:
        url = settings.CELERY_BROKER_URL
        with Connection(url, connect_timeout=timeout_seconds) as rabbitmq:  # type: ignore[no-untyped-call]  # kombu has no types
            rabbitmq.connect()
        return
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
    ) as broker:
        broker.ping()


def broker_name() -> str:
    """Return the name of the broker's program, for people."""
    return "RabbitMQ" if settings.USES_RABBITMQ else "Redis"


def find_problems() -> list[Problem]:
    """Return everything that keeps mail from flowing; never raises."""
    return [*_find_database_problems(), *_find_broker_problems()]


def _find_database_problems() -> Iterator[Problem]:
    try:
        query_database()
        if has_missing_migrations():
            yield Problem("migrations", "The database lacks migrations: run manage.py migrate.")
        else:
            yield from find_mail_problems()
    except Error as error:
        yield Problem("database", f"The database does not answer ({type(error).__name__}).")


def _find_broker_problems() -> Iterator[Problem]:
    try:
        ping_broker(timeout_seconds=1)
    except BROKER_ERRORS as error:
        yield Problem("redis", f"{broker_name()} does not answer ({type(error).__name__}).")
