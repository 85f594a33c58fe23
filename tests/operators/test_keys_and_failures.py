"""Requests under an `Idempotency-Key` that fail, or come while the first is under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from rest_framework.test import APIClient

from operators import idempotency
from operators.models import IdempotencyKey, Operator
from tests.concurrency import at_once
from tests.operators.changes import KEY, add_note
from tests.responses import error_of
from tickets import notes
from tickets.models import Ticket
from tickets.note_models import Note

pytestmark = pytest.mark.django_db


@contextmanager
def commit_fails(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def commit(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "commit", commit)
        yield


@pytest.mark.django_db(transaction=True)
def test_a_change_that_cannot_be_committed_is_503_and_may_be_repeated(
    api: APIClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with commit_fails(monkeypatch):
        refused = add_note(api, ticket)

    error_of(refused, 503, "unavailable")
    assert (Note.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert add_note(api, ticket).status_code == 201
    assert Note.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_lost_in_the_middle_is_503(
    api: APIClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(**kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(notes, "add_note", lose)
        refused = add_note(api, ticket)

    error_of(refused, 503, "unavailable")
    assert add_note(api, ticket).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_an_error_of_ours_is_500_and_leaves_nothing(
    api: APIClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(answer: IdempotencyKey) -> None:
        raise ValueError("a bug")

    api.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("operators.repeatable.keep_answer", fail)
        error_of(add_note(api, ticket), 500, "server_error")

    assert not Note.objects.exists()
    assert add_note(api, ticket).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_under_way_a_second_is_409(
    api: APIClient, ticket: Ticket, operator: Operator
) -> None:
    with transaction.atomic():
        idempotency.lock_key(operator=operator, key=KEY)
        (answer,) = at_once([partial(add_note, api, ticket)])

    error_of(answer, 409, "request_under_way")
    assert answer.headers["Retry-After"] == "1"
    assert add_note(api, ticket).status_code == 201
