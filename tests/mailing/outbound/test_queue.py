"""Which mail is claimed next, in which order, and what becomes of a dead worker's mail."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import queue as outbox_queue
from mailing.queueing import leases
from tests.factories import OutboundEmailFactory, TicketFactory
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


State = OutboundEmail.State


def test_the_notices_of_a_ticket_go_out_in_their_order(smtp: SmtpServer) -> None:
    ticket = TicketFactory.create()
    now = timezone.now()
    for kind, seconds in (("created", 1), ("in_progress", 2), ("closed", 3)):
        # The later ones have waited longer, as after a put-back of the first.
        OutboundEmailFactory.create(
            ticket=ticket, kind=kind, next_attempt_at=now - timedelta(seconds=seconds)
        )

    send_due_mail()

    sent = OutboundEmail.objects.order_by("sent_at").values_list("kind", flat=True)
    assert list(sent) == ["created", "in_progress", "closed"]
    assert [mail.content for mail in smtp.received] == [
        bytes(row.content) for row in OutboundEmail.objects.order_by("pk")
    ]


def test_a_mail_waits_while_an_earlier_one_of_its_ticket_is_being_sent() -> None:
    ticket = TicketFactory.create()
    OutboundEmailFactory.create_batch(2, ticket=ticket)
    other = OutboundEmailFactory.create()

    first = begin_next()
    second = begin_next()

    assert first is not None
    assert first.ticket == ticket
    assert second == other
    assert begin_next() is None


def test_a_deferred_mail_holds_nothing_up() -> None:
    ticket = TicketFactory.create()
    later = timezone.now() + timedelta(hours=1)
    OutboundEmailFactory.create(ticket=ticket, state=State.DEFERRED, next_attempt_at=later)
    second = OutboundEmailFactory.create(ticket=ticket)

    assert begin_next() == second


def test_a_claim_is_a_lease() -> None:
    row = OutboundEmailFactory.create()
    holder = uuid4()

    with time_machine.travel(timezone.now(), tick=False):
        claimed = begin_next(holder)

        row.refresh_from_db()
        assert claimed == row
        assert (row.state, row.attempts, row.lease_holder) == (State.SENDING, 1, holder)
        assert row.lease_expires_at == timezone.now() + timedelta(seconds=30)
        assert (row.first_attempt_at, row.next_attempt_at) == (timezone.now(), None)


def test_what_a_dead_worker_was_sending_becomes_uncertain() -> None:
    killed, vanished, living = OutboundEmailFactory.create_batch(3)
    begin_next()
    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()
        for _ in range(2):
            begin_next(holder.id)
        OutboundEmail.objects.filter(pk=vanished.pk).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )

        assert outbox_queue.release_orphans() == 2
        assert outbox_queue.release_orphans() == 0

    for dead in (killed, vanished):
        dead.refresh_from_db()
        assert (dead.state, dead.uncertain_attempts) == (State.UNCERTAIN, 1)
        assert dead.reason == "the worker that was sending it died"
        assert dead.next_attempt_at is not None
    living.refresh_from_db()
    assert living.state == State.SENDING


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_mail_once_and_each_tickets_in_order(smtp: SmtpServer) -> None:
    tickets = TicketFactory.create_batch(20)
    for kind in ("created", "in_progress", "closed"):
        for ticket in tickets:
            OutboundEmailFactory.create(ticket=ticket, kind=kind)

    def work() -> None:
        try:
            while OutboundEmail.objects.exclude(state=State.SENT).exists():
                send_due_mail()
        finally:
            connection.close()

    run_at_once([work] * 8)

    assert len(smtp.received) == 60
    assert set(OutboundEmail.objects.values_list("state", "attempts")) == {(State.SENT, 1)}
    for ticket in tickets:
        sent = OutboundEmail.objects.filter(ticket=ticket).order_by("sent_at")
        assert list(sent.values_list("kind", flat=True)) == ["created", "in_progress", "closed"]


def run_at_once(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
