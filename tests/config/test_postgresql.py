"""The database backend finds closed connections without a query for each request."""

from typing import Any

import pytest
from django.core.signals import request_started
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_open_connection_is_not_asked(django_assert_num_queries: Any) -> None:
    connection.ensure_connection()

    with django_assert_num_queries(0):
        assert connection.is_usable()


def test_a_connection_that_the_server_has_closed_is_replaced() -> None:
    connection.ensure_connection()
    lost = connection.connection
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [lost.info.backend_pid])
        assert other.fetchone() == (True,)

    assert not connection.is_usable()
    request_started.send(sender=None)  # then Django closes what fails its health check
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert connection.connection is not lost


def test_what_the_server_says_without_being_asked_closes_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET client_min_messages = notice")
        cursor.execute("LISTEN desk")
    with connection.copy().cursor() as other:
        other.execute("NOTIFY desk")

    assert connection.is_usable()
