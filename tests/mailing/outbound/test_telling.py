"""Which operators are told of what by mail, and what the mail says."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from mailing.models import MutedMailbox, OutboundEmail
from operators.models import Operator
from tests.factories import (
    HistoryEntryFactory,
    OperatorFactory,
    TicketFactory,
)
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tests.mailing.outbound.notices import Kind, opened, subject, text
from tests.mailing.outbound.telling import (
    assign,
    due_after,
    held_by,
    mention,
    parsed,
    step,
    told,
    updates,
    write,
)
from tickets.models import Event, HistoryEntry, Ticket
from tickets.signals import requester_wrote

pytestmark = pytest.mark.django_db


def test_the_holder_is_told_of_a_further_message_at_once(
    clock: time_machine.Traveller, held: Ticket
) -> None:
    write(held)

    (row,) = updates()
    entry = HistoryEntry.objects.get(event=Event.WROTE)
    assert (row.recipient, row.state) == ("anna@desk.example", "queued")
    assert (row.ticket, row.history_entry, row.message) == (held, None, None)
    assert row.operator == held.operator
    assert row.events == [{"entry": entry.pk, "what": "message", "who": "Иван <ivan@example.com>"}]
    assert due_after(row) == timedelta(0)
    assert subject(parsed(row)) == f"[№ {held.pk}] Принтер"
    assert text(parsed(row)) == (
        "Ещё одно сообщение. Автор: Иван <ivan@example.com>.\n"
        f"\nОбращение № {held.pk} от ivan@example.com.\n"
    )
    assert parsed(row)["Auto-Submitted"] == "auto-generated"
    assert not parsed(row).is_multipart()


def test_nobody_is_told_when_nobody_holds_it() -> None:
    ticket = TicketFactory.create()

    with CaptureQueriesContext(connection) as statements:
        requester_wrote.send(sender=Ticket, entries=[HistoryEntryFactory.build(ticket=ticket)])

    assert len(statements) == 0
    assert not OutboundEmail.objects.exists()


def test_nobody_is_told_of_an_own_act(held: Ticket, anna: Operator) -> None:
    assign(held, by=anna)
    mention(held, anna, by=anna)

    assert told() == []


def test_a_mention_tells_the_mentioned_alone(held: Ticket, anna: Operator, boris: Operator) -> None:
    mention(held, boris, by=OperatorFactory.create(email="third@desk.example"))

    assert told() == [("boris@desk.example", ["mention"], "queued")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_an_operator_without_mail_is_not_told(
    held: Ticket, anna: Operator, change: dict[str, Any]
) -> None:
    Operator.objects.filter(pk=anna.pk).update(**change)

    write(held)

    assert told() == []


def test_each_notice_can_be_switched_off(held: Ticket, anna: Operator, boris: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(notices={"message": False})

    write(held)
    assign(held, by=boris)

    assert told() == [("anna@desk.example", ["assigned"], "queued")]


def test_an_operator_whose_own_mailbox_wrote_is_not_told(held: Ticket, anna: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(email="ivan+desk@example.com")
    write(held)
    Operator.objects.filter(pk=anna.pk).update(email="anna@desk.example")
    requester_wrote.send(
        sender=Ticket, entries=[step(held, Event.WROTE, actor_email="anna@desk.example")]
    )

    assert told() == []


def test_the_mail_is_in_the_operators_language(held: Ticket, anna: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(language="en")

    write(held)

    (row,) = updates()
    assert subject(parsed(row)) == f"[№ {held.pk}] Принтер"
    assert text(parsed(row)) == (
        "Иван <ivan@example.com> wrote another message.\n"
        f"\nRequest #{held.pk} from ivan@example.com.\n"
    )


def test_limits_of_automatic_mail_neither_stop_nor_count_these(
    settings: Settings, anna: Operator
) -> None:
    settings.NOTICES_PER_HOUR = 2
    for _ in range(4):
        write(held_by(anna))

    opened(email="anna@desk.example")

    assert [state for _recipient, _what, state in told()] == ["queued"] * 4
    assert OutboundEmail.objects.get(kind=Kind.CREATED).state == "queued"


def test_a_muted_operators_mail_is_suppressed(held: Ticket) -> None:
    MutedMailbox.objects.create(mailbox="anna@desk.example", reason="failed 5.1.1")

    write(held)

    assert told() == [("anna@desk.example", ["message"], "suppressed")]
    assert updates()[0].reason == "muted until this address writes again: failed 5.1.1"


def test_one_of_our_own_addresses_is_never_told(settings: Settings, held: Ticket) -> None:
    settings.OWN_ADDRESSES = ("anna@desk.example",)

    write(held)

    assert told() == [("anna@desk.example", ["message"], "suppressed")]


def test_an_operators_answer_to_such_a_mail_is_their_own_request(held: Ticket) -> None:
    write(held)
    message_id = updates()[0].message_id_header

    mail = build_mail("anna@desk.example", in_reply_to=message_id, message_id="<a1@desk.example>")
    store_mail("anna@desk.example", raw=mail)
    process_inbox()

    own = Ticket.objects.get(requester__email="anna@desk.example")
    assert own.messages.count() == 1
    assert OutboundEmail.objects.get(ticket=own).state == "suppressed"
    assert held.messages.count() == 1
