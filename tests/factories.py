"""Factories that write rows of our models, each with values that a test need not care about."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from mailing.models import Block, InboundEmail, OutboundEmail
from operators.mailboxes import canonical_address, mailbox
from operators.models import Operator
from tests.mail import build_mail
from tickets.models import (
    Draft,
    Event,
    HistoryEntry,
    Message,
    Participant,
    ReplyTemplate,
    Requester,
    Status,
    Ticket,
    WaitingOn,
)
from tickets.note_models import Note


class OperatorFactory(DjangoModelFactory[Operator]):
    class Meta:
        model = Operator

    id = factory.Sequence(lambda n: n + 1)
    name = factory.Sequence(lambda n: f"Operator {n + 1}")


class RequesterFactory(DjangoModelFactory[Requester]):
    class Meta:
        model = Requester

    email = factory.Sequence(lambda n: f"requester{n}@example.com")
    name = "Иван Петров"


class TicketFactory(DjangoModelFactory[Ticket]):
    class Meta:
        model = Ticket

    requester = factory.SubFactory(RequesterFactory)
    title = "Не печатает принтер"
    description = "С утра не печатает."
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("created_at")
    status = Status.NEW
    waiting_on = factory.LazyAttribute(
        lambda row: None if row.status == Status.CLOSED else WaitingOn.OPERATOR
    )
    waiting_since = factory.LazyAttribute(lambda row: row.created_at if row.waiting_on else None)

    class Params:
        taken = factory.Trait(
            status=Status.IN_PROGRESS, operator=factory.SubFactory(OperatorFactory)
        )
        closed = factory.Trait(status=Status.CLOSED, operator=factory.SubFactory(OperatorFactory))


class MessageFactory(DjangoModelFactory[Message]):
    """A requester's message, counted in its ticket."""

    class Meta:
        model = Message
        skip_postgeneration_save = True

    ticket = factory.SubFactory(TicketFactory)
    number = factory.LazyAttribute(lambda row: row.ticket.message_count + 1)
    sender_type = Message.SenderType.USER
    title = "Не печатает принтер"
    text = "С утра не печатает."
    written_at = factory.LazyFunction(timezone.now)
    created_at = factory.SelfAttribute("written_at")

    @factory.post_generation
    def counted(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.ticket.message_count = self.number
        self.ticket.save(update_fields=["message_count"])


def minutes_ago(minutes: int) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


class HistoryEntryFactory(DjangoModelFactory[HistoryEntry]):
    """A requester's further message in a ticket, as a step."""

    class Meta:
        model = HistoryEntry

    ticket = factory.SubFactory(TicketFactory)
    event = Event.WROTE
    status_before = Status.NEW
    status_after = Status.NEW
    created_at = factory.LazyFunction(timezone.now)


class ParticipantFactory(DjangoModelFactory[Participant]):
    class Meta:
        model = Participant

    ticket = factory.SubFactory(TicketFactory)
    email = factory.Sequence(lambda n: f"participant{n}@example.com")
    canonical_email = factory.LazyAttribute(lambda row: canonical_address(row.email))
    name = "Пётр"


class NoteFactory(DjangoModelFactory[Note]):
    class Meta:
        model = Note

    ticket = factory.SubFactory(TicketFactory)
    author = factory.SubFactory(OperatorFactory)
    text = "Принтер на гарантии."
    created_at = factory.LazyFunction(timezone.now)


class DraftFactory(DjangoModelFactory[Draft]):
    class Meta:
        model = Draft

    ticket = factory.SubFactory(TicketFactory)
    operator = factory.SubFactory(OperatorFactory)
    title = "Re: Не печатает принтер"
    text = "Добрый день!"
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("created_at")


class ReplyTemplateFactory(DjangoModelFactory[ReplyTemplate]):
    class Meta:
        model = ReplyTemplate

    name = "Приветствие"
    text = "Здравствуйте, {{ requester_name }}!"
    created_by = factory.SubFactory(OperatorFactory)


class BlockFactory(DjangoModelFactory[Block]):
    class Meta:
        model = Block

    pattern = factory.Sequence(lambda n: f"spam{n}@example.com")
    created_by = factory.SubFactory(OperatorFactory)


class InboundEmailFactory(DjangoModelFactory[InboundEmail]):
    """A mail that waits in the inbox."""

    class Meta:
        model = InboundEmail

    source = InboundEmail.Source.GMAIL
    external_id = factory.Sequence(lambda n: f"18c2f0{n:06x}")
    internal_date = factory.LazyFunction(timezone.now)
    requester_address = "ivan@example.com"
    raw = factory.LazyAttribute(lambda row: build_mail(row.requester_address))
    size = factory.LazyAttribute(lambda row: len(row.raw or b""))


class OutboundEmailFactory(DjangoModelFactory[OutboundEmail]):
    """A mail that is due, of a ticket of its own."""

    class Meta:
        model = OutboundEmail

    kind = OutboundEmail.Kind.CREATED
    ticket = factory.SubFactory(TicketFactory)
    recipient = factory.LazyAttribute(lambda row: row.ticket.requester.email)
    mailbox = factory.LazyAttribute(lambda row: mailbox(row.recipient))
    history_entry = factory.SubFactory(
        HistoryEntryFactory, ticket=factory.SelfAttribute("..ticket")
    )
    message_id_header = factory.Sequence(lambda n: f"<{n}@servicedesk.example>")
    content = factory.LazyAttribute(
        lambda row: f"Message-ID: {row.message_id_header}\r\n\r\nHello\r\n".encode()
    )
    state = OutboundEmail.State.QUEUED
    next_attempt_at = factory.LazyFunction(timezone.now)
