"""The services that mailing uses: lock a requester, open a ticket, add a message, record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from mailing.models import OutboundEmail
from tests import requester_mail
from tests.factories import OperatorFactory, RequesterFactory, TicketFactory
from tickets import replies, services
from tickets.exceptions import NotAllowedInThisStatus
from tickets.models import HistoryEntry, Message, Requester, Ticket
from tickets.signals import operator_replied, ticket_closed, ticket_opened, ticket_taken


def test_a_requester_is_created_once_with_the_address_in_lower_case(db: None) -> None:
    first = requester_mail.lock_requester(email="Ivan@Example.com", name="Иван")
    again = requester_mail.lock_requester(email="IVAN@example.com", name="Somebody else")

    assert first == again
    assert (again.email, again.name) == ("ivan@example.com", "Иван")
    assert Requester.objects.count() == 1


def test_a_missing_name_is_filled_in_later_and_cut_to_its_column(db: None) -> None:
    requester_mail.lock_requester(email="ivan@example.com", name="")

    requester_mail.lock_requester(email="ivan@example.com", name="И" * 300)

    assert Requester.objects.get().name == "И" * 255


def test_a_requester_is_found_by_another_spelling_of_the_address(db: None) -> None:
    first = requester_mail.lock_requester(email="a@ü.de", name="")

    again = requester_mail.lock_requester(email="a@xn--tda.de", name="Anna")

    assert again == first
    assert (again.email, again.name) == ("a@ü.de", "Anna")


def test_requesters_who_existed_in_two_spellings_stay_two(db: None) -> None:
    first = RequesterFactory.create(email="a@ü.de", canonical_email="a@xn--tda.de")
    second = RequesterFactory.create(email="a@xn--tda.de")

    locked = [
        requester_mail.lock_requester(email=email, name="")
        for email in ("a@ü.de", "a@xn--tda.de", "a@u\u0308.de")
    ]

    assert locked == [first, second, first]


def test_the_open_ticket_is_found_and_a_closed_one_is_not(db: None) -> None:
    requester = RequesterFactory.create()
    TicketFactory.create(requester=requester, closed=True)

    before = requester_mail.lock_open_ticket(requester=requester)
    ticket = TicketFactory.create(requester=requester, taken=True)
    after = requester_mail.lock_open_ticket(requester=requester)

    assert (before, after) == (None, ticket)


def test_opening_stores_ticket_message_history_and_notice_together(db: None) -> None:
    requester = RequesterFactory.create()
    closed = TicketFactory.create(requester=requester, closed=True)
    written_at = timezone.now()

    message = requester_mail.open_ticket(
        requester=requester,
        title="Принтер",
        text="Не печатает.",
        written_at=written_at,
        previous=closed,
        origin={"matched_by": "sender"},
    )

    ticket = Ticket.objects.get(status="new")
    assert (ticket.title, ticket.description, ticket.previous) == (
        "Принтер", "Не печатает.", closed,
    )  # fmt: skip
    assert (ticket.message_count, ticket.operator) == (1, None)
    assert (message.ticket, message.number, message.sender_type) == (ticket, 1, "user")
    assert (message.sender_name, message.written_at) == (requester.name, written_at)
    assert message.origin == {"matched_by": "sender"}
    entry = HistoryEntry.objects.get()
    assert (entry.event, entry.message, entry.status_before, entry.status_after) == (
        "opened", message, None, "new",
    )  # fmt: skip
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.history_entry) == ("created", entry)


def test_another_message_joins_the_ticket_and_queues_no_mail(db: None) -> None:
    ticket = TicketFactory.create(taken=True, message_count=1)
    before = ticket.updated_at

    message = requester_mail.add_message(
        ticket=ticket, title="Re", text="Ещё.", written_at=timezone.now()
    )

    assert (message.number, message.sender_type) == (2, "user")
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.status) == (2, "in_progress")
    assert ticket.updated_at > before
    entry = HistoryEntry.objects.get()
    assert (entry.event, entry.status_before, entry.status_after) == (
        "requester_wrote", "in_progress", "in_progress",
    )  # fmt: skip
    assert not OutboundEmail.objects.exists()


def test_nothing_is_added_to_a_closed_ticket(db: None) -> None:
    ticket = TicketFactory.create(closed=True, message_count=1)

    with pytest.raises(NotAllowedInThisStatus):
        requester_mail.add_message(ticket=ticket, title="", text="", written_at=timezone.now())

    assert not Message.objects.exists()
    assert not HistoryEntry.objects.exists()


def test_recording_a_delivery_changes_the_message_alone(db: None) -> None:
    ticket = TicketFactory.create()
    operator = OperatorFactory.create()
    message = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")
    ticket.refresh_from_db()
    before = ticket.updated_at

    replies.record_delivery(message_id=message.pk, recipient="", delivery={"state": "sent"})

    message.refresh_from_db()
    ticket.refresh_from_db()
    assert message.delivery == {"state": "sent"}
    assert ticket.updated_at == before


def test_a_reply_saves_the_delivery_that_the_signals_receiver_sets(db: None) -> None:
    def set_delivery(entries: list[HistoryEntry], **kwargs: Any) -> None:
        assert entries[0].message is not None
        entries[0].message.delivery = {"state": "queued elsewhere"}

    ticket = TicketFactory.create()
    operator_replied.connect(set_delivery, sender=Ticket)
    try:
        message = services.reply(
            ticket_id=ticket.pk, by=OperatorFactory.create(), title="Re", text="Re"
        )
    finally:
        operator_replied.disconnect(set_delivery, sender=Ticket)

    assert message.delivery == {"state": "queued elsewhere"}
    message.refresh_from_db()
    assert message.delivery == {"state": "queued elsewhere"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("signal", "status"),
    [(ticket_opened, None), (ticket_taken, "new"), (ticket_closed, "in_progress")],
)
def test_a_change_is_rolled_back_when_its_notice_cannot_be_queued(
    signal: Any, status: str | None
) -> None:
    operator = OperatorFactory.create()
    requester = RequesterFactory.create()
    if status is not None:
        ticket = TicketFactory.create(
            requester=requester, status=status, operator=operator if status != "new" else None
        )
    now = timezone.now()
    changes: dict[str | None, Callable[[], object]] = {
        None: lambda: requester_mail.open_ticket(
            requester=requester, title="", text="", written_at=now
        ),
        "new": lambda: services.take_ticket(ticket_id=ticket.pk, by=operator),
        "in_progress": lambda: services.close_ticket(ticket_id=ticket.pk, by=operator),
    }

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("no notice")

    signal.connect(fail, sender=Ticket)
    try:
        with pytest.raises(RuntimeError, match="no notice"):
            changes[status]()
    finally:
        signal.disconnect(fail, sender=Ticket)

    assert list(Ticket.objects.values_list("status", flat=True)) == ([status] if status else [])
    assert not Message.objects.exists()
    assert not HistoryEntry.objects.exists()
    assert not OutboundEmail.objects.exists()
