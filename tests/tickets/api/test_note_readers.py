"""Whom a note tells, and who never reads it."""

from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory
from tests.tickets.notes import add, edit, path
from tests.tickets.requests import post_reply
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket
from tickets.note_models import Note
from tickets.signals import operator_mentioned

pytestmark = pytest.mark.django_db

SECRET = "the-customer-must-not-read-this"


@pytest.fixture
def told() -> Iterator[list[tuple[str, list[int]]]]:
    """The events and the operators of each signal of a mention."""
    received = []

    def receive(entries: list[HistoryEntry], operators: list[list[Operator]], **_: Any) -> None:
        for entry, mentioned in zip(entries, operators, strict=True):
            received.append((entry.event, [operator.pk for operator in mentioned]))

    operator_mentioned.connect(receive)
    yield received
    operator_mentioned.disconnect(receive)


# --- Mentions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@7 look", [7]), ("look, @8.", [8]), ("(@7,@8)", [7, 8]), ("@8\n@7 @8", [7, 8]),
        ("@7: @999999 @4294967296 @99999999999", [7]),
        ("@77 @07 @7x @seven @ 7 @٧", []), ("ivan@7 ivan@7.example", []), ("см...@7.Спасибо", [7]),
    ],
)  # fmt: skip
def test_a_mention_tells_the_operators_whom_it_names(
    told: list[Any], api: APIClient, ticket: Ticket, text: str, ids: list[int]
) -> None:
    for pk in (7, 8, 9):
        OperatorFactory.create(pk=pk)

    assert add(api, ticket, text).status_code == 201

    assert told == ([("note_added", ids)] if ids else [])


def test_nobody_is_told_of_an_own_mention(
    told: list[Any], api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    add(api, ticket, f"@{operator.pk} remember")

    assert told == []


def test_an_edit_tells_only_whom_the_old_text_did_not_mention(
    told: list[Any], api: APIClient, ticket: Ticket
) -> None:
    for pk in (7, 8):
        OperatorFactory.create(pk=pk)
    note = add(api, ticket, "@7").json()["id"]

    edit(api, ticket, note, "@7 and @8")
    edit(api, ticket, note, "@8")

    assert told == [("note_added", [7]), ("note_edited", [8])]


# --- Secrecy -----------------------------------------------------------------------------------


def test_no_outgoing_mail_message_or_history_has_a_notes_text(
    api: APIClient, operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = MessageFactory.create().ticket
    colleague = OperatorFactory.create(pk=7, email="colleague@desk.example")
    add(api, ticket, f"@{operator.pk} @7 {SECRET}")
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    note = add(client_of(colleague), ticket, f"@{operator.pk} @7 {SECRET}").json()["id"]
    edit(client_of(colleague), ticket, note, f"{SECRET}, really @{operator.pk}")
    post_reply(api, operator, ticket, quote=True)
    services.close_ticket(ticket_id=ticket.pk, by=operator)
    client_of(colleague).delete(path(ticket, note))

    mails = [
        " ".join([mail.subject, *(str(part.get_payload(decode=True)) for part in mail.walk())])
        for mail in map(readable, OutboundEmail.objects.all())
    ]
    others = [*HistoryEntry.objects.values(), *Message.objects.values(), *Ticket.objects.values()]

    assert len(mails) >= 3
    assert [mail for mail in mails if SECRET in mail] == []
    assert not any(SECRET.encode() in bytes(row.content) for row in OutboundEmail.objects.all())
    assert not any(SECRET in str(row) for row in [*others, *OutboundEmail.objects.values()])
    assert SECRET not in caplog.text
    assert SECRET not in api.get(f"/requests/user_requests/{ticket.pk}/").content.decode()


def readable(row: OutboundEmail) -> Any:
    mail = message_from_bytes(bytes(row.content))
    mail.subject = str(mail["Subject"])  # type: ignore[attr-defined]
    return mail


def test_a_ticket_has_no_way_to_its_notes(ticket: Ticket) -> None:
    related = {field.related_model for field in Ticket._meta.get_fields()}

    assert Note not in related
    assert not hasattr(ticket, "notes")
    assert not hasattr(ticket, "note_set")
