"""Notes and drafts that change at the same time, each in a thread and connection of its own."""

from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.factories import MessageFactory, NoteFactory, OperatorFactory, TicketFactory
from tests.tickets.requests import post_reply, upload_files
from tickets.models import Attachment, Draft, Ticket
from tickets.note_models import Note

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("files_folder")]


def test_notes_that_are_added_at_once_are_a_version_each() -> None:
    ticket = TicketFactory.create()
    path = f"/requests/user_requests/{ticket.pk}/notes/"
    clients = [client_of(operator) for operator in OperatorFactory.create_batch(8)]

    answers = at_once(
        [partial(client.post, path, {"text": "x"}, format="json") for client in clients]
    )

    assert {answer.status_code for answer in answers} == {201}
    versions = ticket.history.order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(2, 10))


def test_edits_of_a_note_at_once_lose_no_text(api: APIClient, operator: Operator) -> None:
    note = NoteFactory.create(author=operator, text="0")
    path = f"/requests/user_requests/{note.ticket_id}/notes/{note.pk}/"

    at_once([partial(api.patch, path, {"text": str(n)}, format="json") for n in range(1, 7)])

    note.refresh_from_db()
    assert sorted([note.text, *(old["text"] for old in note.history)]) == list("0123456")


def test_a_note_is_deleted_once(api: APIClient, operator: Operator) -> None:
    note = NoteFactory.create(author=operator)
    path = f"/requests/user_requests/{note.ticket_id}/notes/{note.pk}/"

    answers = at_once([partial(api.delete, path) for _ in range(4)])

    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    assert not Note.objects.exists()
    assert Ticket.objects.get().history.count() == 1


def test_drafts_that_are_saved_at_once_are_one(api: APIClient) -> None:
    ticket = TicketFactory.create()
    path = f"/requests/user_requests/{ticket.pk}/draft/"

    answers = at_once([partial(api.put, path, {"text": str(n)}, format="json") for n in range(8)])

    assert {answer.status_code for answer in answers} == {200}
    assert Draft.objects.get().text in list("01234567")


@pytest.mark.parametrize("turn", range(5))
def test_a_draft_names_no_file_of_an_answer_that_is_sent_at_once(
    api: APIClient, operator: Operator, turn: int
) -> None:
    ticket = MessageFactory.create().ticket
    (file,) = upload_files(api, ticket, b"x")
    path = f"/requests/user_requests/{ticket.pk}/draft/"

    def save() -> Any:
        return api.put(path, {"text": "x", "files": [file]}, format="json")

    def send() -> Any:
        return post_reply(api, operator, ticket, files=[file])

    saved, sent = at_once([save, send])

    assert sent.status_code == 201
    assert saved.status_code in (200, 400)
    # Saved first, it was dropped by the answer; saved afterwards, its file was sent already.
    assert not Draft.objects.exists()
    assert Attachment.objects.get().message_id is not None
