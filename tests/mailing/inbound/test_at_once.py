"""Reports, further mail and operators at one ticket at the same time."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from uuid import uuid4

import pytest
from django.db import transaction

from mailing.inbound import queue
from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from operators.models import Operator
from tests.concurrency import at_once
from tests.database import waiting_for_a_lock
from tests.factories import InboundEmailFactory, OperatorFactory
from tests.inbox import claim, process_inbox, receive, store_mail
from tests.mail import build_complaint, build_delivery_report, build_mail
from tests.processes import wait_until
from tests.webhook import post_mails
from tickets import services
from tickets.exceptions import NotAllowedInThisStatus
from tickets.models import Message, Requester, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

NEW_MAILS = 4


def test_a_claim_waits_for_another_and_passes_over_its_sender(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "BATCH", 1)
    first, _behind = InboundEmailFactory.create_batch(2, requester_address="olga@example.com")
    other = InboundEmailFactory.create(requester_address="ivan@example.com")
    claimed, waits = Event(), Event()

    def claim_slowly() -> list[int]:
        with transaction.atomic():
            ids = claim(uuid4())
            claimed.set()
            assert waits.wait(30)
        return ids

    def claim_next() -> list[int]:
        assert claimed.wait(30)
        return claim(uuid4())

    with ThreadPoolExecutor(1) as threads:
        both = threads.submit(at_once, [claim_slowly, claim_next])
        wait_until(waiting_for_a_lock)
        waits.set()

    assert both.result() == [[first.pk], [other.pk]]


def sent_reply(operator: Operator) -> OutboundEmail:
    receive(build_mail("olga@example.com", message_id="<0@x>"))
    ticket = Ticket.objects.get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    reply = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    return OutboundEmail.objects.get(message=reply)


@pytest.mark.parametrize("turned", range(0, 7, 2))
def test_a_bounce_a_close_a_reply_and_new_mail_at_once_lose_nothing(
    monkeypatch: pytest.MonkeyPatch, turned: int
) -> None:
    monkeypatch.setattr(queue, "BATCH", 1)  # or one worker takes everything
    operator = OperatorFactory.create()
    row = sent_reply(operator)
    ticket = Ticket.objects.get()
    known = row.message_id_header
    reports = (
        build_delivery_report(known),
        build_delivery_report(known, action="delayed", status="4.4.1"),
        build_complaint(known),
    )
    mails = deque([*new_mails(), *reports])
    mails.rotate(turned)
    post_mails(*mails, prefix="more")

    def close() -> None:
        services.close_ticket(ticket_id=ticket.pk, by=operator)

    def reply_again() -> None:
        with suppress(NotAllowedInThisStatus):  # closing may be first
            services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="?")

    calls: list[Callable[[], object]] = [process_inbox, process_inbox, close, reply_again]
    at_once(calls)
    process_inbox()

    inbox = InboundEmail.objects.values_list("state", "attempts")
    assert list(inbox) == [("processed", 1)] * (NEW_MAILS + 4)
    row.refresh_from_db()
    assert row.bounce is not None
    assert (row.state, row.bounce["action"] in ("failed", "complaint")) == ("bounced", True)
    assert Message.objects.filter(sender_type="user").count() == NEW_MAILS + 1
    assert Ticket.objects.get(pk=ticket.pk).status == "closed"
    assert Ticket.objects.open().count() <= 1
    assert_messages_are_numbered_without_gaps()
    assert MutedMailbox.objects.count() <= 1


@pytest.mark.parametrize("turn", range(4))
def test_two_workers_create_one_requester_in_two_spellings(
    monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    # Mail that was stored before addresses were canonical waits under each spelling.
    monkeypatch.setattr(queue, "BATCH", 1)
    spellings = ["anna@b\u00fccher.example", "anna@xn--bcher-kva.example"]
    for spelling in spellings[:: -1 if turn % 2 else 1]:
        store_mail(spelling, raw=build_mail(spelling))

    at_once([process_inbox, process_inbox])

    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    requester = Requester.objects.get(canonical_email="anna@xn--bcher-kva.example")
    assert requester.email in spellings
    assert Ticket.objects.get(requester=requester).message_count == 2


def new_mails() -> list[bytes]:
    return [
        build_mail("olga@example.com", message_id=f"<{number}@x>")
        for number in range(1, NEW_MAILS + 1)
    ]


def assert_messages_are_numbered_without_gaps() -> None:
    for ticket in Ticket.objects.all():
        messages = Message.objects.filter(ticket=ticket).order_by("number")
        numbers = list(messages.values_list("number", flat=True))
        assert numbers == list(range(1, ticket.message_count + 1))
