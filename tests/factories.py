"""Rows for tests."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from operators.models import Operator
from tickets.models import Message, Requester, Status, Ticket


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

    class Params:
        taken = factory.Trait(
            status=Status.IN_PROGRESS, operator=factory.SubFactory(OperatorFactory)
        )
        closed = factory.Trait(status=Status.CLOSED, operator=factory.SubFactory(OperatorFactory))


class MessageFactory(DjangoModelFactory[Message]):
    """A requester's message, counted in its ticket."""

    class Meta:
        model = Message

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
