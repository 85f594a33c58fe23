"""Requests under an `Idempotency-Key`: what is the same request, and what is kept of it."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import IdempotencyKey, Operator, OperatorToken
from tasks.maintenance import purge_idempotency_keys
from tests.conftest import client_of
from tests.factories import OperatorFactory, TicketFactory
from tests.operators.changes import KEY, add_note
from tests.responses import error_of
from tickets import notes, services
from tickets.models import HistoryEntry, Ticket
from tickets.note_models import Note

pytestmark = pytest.mark.django_db


def test_a_repeated_request_gets_the_first_answer(api: APIClient, ticket: Ticket) -> None:
    first = add_note(api, ticket)
    notes.delete_note(ticket_id=ticket.pk, note_id=first.json()["id"], by=Operator.objects.get())

    second = add_note(api, ticket)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert not Note.objects.exists()


def test_the_answer_with_a_ticket_keeps_its_etag(api: APIClient, ticket: Ticket) -> None:
    path, headers = f"/requests/user_requests/{ticket.pk}/", {"Idempotency-Key": KEY}
    change = partial(api.patch, path, {"priority": "high"}, format="json", headers=headers)

    first = change()
    api.patch(path, {"priority": "low"}, format="json")
    second = change()

    assert first.headers["ETag"] == second.headers["ETag"] == '"2"'
    assert second.json()["priority"] == "high"
    assert Ticket.objects.get().version == 3


def test_a_deletion_is_repeated_with_its_204(api: APIClient, ticket: Ticket) -> None:
    note = add_note(api, ticket, key="another").json()
    path = f"/requests/user_requests/{ticket.pk}/notes/{note['id']}/"

    answers = [api.delete(path, headers={"Idempotency-Key": KEY}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert api.delete(path, headers={"Idempotency-Key": "third"}).status_code == 404
    assert HistoryEntry.objects.filter(event="note_deleted").count() == 1


def test_another_body_path_query_or_method_is_422(api: APIClient, ticket: Ticket) -> None:
    other = TicketFactory.create()
    add_note(api, ticket)
    path, headers = f"/requests/user_requests/{ticket.pk}/", {"Idempotency-Key": KEY}
    body = {"text": "Guarantee"}

    answers = [
        add_note(api, ticket, "Other"),
        add_note(api, other),
        api.post(f"{path}notes/?x=1", body, format="json", headers=headers),
        api.patch(path, body, format="json", headers=headers),
        api.delete(f"{path}draft/", headers=headers),
        # Neither is a bad body looked at, nor a bad If-Match.
        api.patch(path, {}, format="json", headers={**headers, "If-Match": "W/x"}),
    ]

    for answer in answers:
        error_of(answer, 422, "key_of_another_request")
    assert (Note.objects.count(), HistoryEntry.objects.count()) == (1, 1)


def test_each_operator_has_keys_of_their_own(api: APIClient, ticket: Ticket) -> None:
    other = client_of(OperatorFactory.create())

    answers = [add_note(api, ticket), add_note(other, ticket, "Theirs"), add_note(api, ticket)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [note.text for note in Note.objects.order_by("pk")] == ["Guarantee", "Theirs"]


def test_an_unknown_caller_learns_nothing_of_a_key(api: APIClient, ticket: Ticket) -> None:
    add_note(api, ticket)

    error_of(add_note(APIClient(), ticket), 401, "not_authenticated")
    error_of(add_note(api, Ticket(pk=999_999)), 404, "not_found")


def test_after_a_day_it_is_a_new_request(api: APIClient, ticket: Ticket) -> None:
    add_note(api, ticket)
    day_ago = timezone.now() - timedelta(days=1)
    IdempotencyKey.objects.update(created_at=day_ago + timedelta(minutes=1))
    assert add_note(api, ticket).headers["Idempotency-Replayed"] == "true"
    IdempotencyKey.objects.update(created_at=day_ago)

    answer = add_note(api, ticket, "Another body")

    assert answer.status_code == 201
    assert Note.objects.count() == 2
    assert IdempotencyKey.objects.get().content == answer.content.decode()
    assert add_note(api, ticket, "Another body").headers["Idempotency-Replayed"] == "true"


def test_beat_deletes_keys_that_are_a_day_old(api: APIClient, ticket: Ticket) -> None:
    add_note(api, ticket, key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1))
    add_note(api, ticket, key="new")

    purge_idempotency_keys()

    assert IdempotencyKey.objects.get().key == "new"


def test_an_error_is_not_kept(api: APIClient, operator: Operator, ticket: Ticket) -> None:
    path = f"/ops/{operator.pk}/requests/{ticket.pk}/close/"
    close = partial(api.post, path, headers={"Idempotency-Key": KEY})
    error_of(close(), 409, "not_allowed_in_this_status")
    assert not IdempotencyKey.objects.exists()
    services.take_ticket(ticket_id=ticket.pk, by=operator)

    answer = close()

    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    assert "Idempotency-Replayed" not in answer.headers
    assert OutboundEmail.objects.filter(kind="closed").count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\tb", "\x7f"])
def test_a_malformed_key_is_400_after_the_404(api: APIClient, ticket: Ticket, key: str) -> None:
    error_of(add_note(api, Ticket(pk=999_999), key=key), 404, "not_found")

    error = error_of(add_note(api, ticket, key=key), 400, "invalid")

    assert error["fields"] == {
        "Idempotency-Key": ["Must have 1 to 255 characters; a new UUID for each change is usual."]
    }
    assert not Note.objects.exists()


@pytest.mark.parametrize("key", ["x", "x" * 255, '"quoted, with a comma"', "Ключ"])
def test_any_other_key_is_taken(api: APIClient, ticket: Ticket, key: str) -> None:
    key = key.encode().decode("latin-1")

    assert add_note(api, ticket, key=key).status_code == 201

    assert add_note(api, ticket, key=key).headers["Idempotency-Replayed"] == "true"
    assert Note.objects.count() == 1


def test_a_method_that_is_not_offered_is_405(api: APIClient, ticket: Ticket) -> None:
    path = f"/requests/user_requests/{ticket.pk}/notes/"

    assert api.put(path, headers={"Idempotency-Key": KEY}).status_code == 405
    assert api.get(path, headers={"Idempotency-Key": KEY}).status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_a_token_is_not_issued_twice_and_not_stored(
    supervisor_api: APIClient, operator: Operator
) -> None:
    path = f"/ops/support_ops/{operator.pk}/tokens/"
    issue = partial(supervisor_api.post, path, headers={"Idempotency-Key": KEY})

    first, second = issue(), issue()

    assert first.status_code == 201
    assert error_of(second, 409, "token_is_issued")["message"]
    assert OperatorToken.objects.filter(user=operator).count() == 1
    kept = IdempotencyKey.objects.get()
    assert (kept.status, kept.content) == (201, "")


def test_a_body_that_is_no_json_is_400_each_time(api: APIClient, ticket: Ticket) -> None:
    for _ in range(2):
        answer = api.generic(
            "POST",
            f"/requests/user_requests/{ticket.pk}/notes/",
            "{",
            content_type="application/json",
            headers={"Idempotency-Key": KEY},
        )
        assert error_of(answer, 400, "parse_error")


def test_without_a_key_there_is_no_further_statement(
    api: APIClient, ticket: Ticket, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/requests/user_requests/{ticket.pk}/draft/"
    api.put(path, {"text": "x"}, format="json")

    with django_assert_num_queries(3):  # the token, and the deletion
        assert api.delete(path).status_code == 204
    api.put(path, {"text": "x"}, format="json")
    # The ticket, the answer, savepoint, lock, the answer again, keeping it, release.
    with django_assert_num_queries(3 + 7):
        assert api.delete(path, headers={"Idempotency-Key": KEY}).status_code == 204
