"""A worker that freezes while it holds locks, as on a lost machine, blocks others only shortly."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from mailing.inbound import queue, settling
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import send_rate
from tests.factories import OutboundEmailFactory
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.outbox import begin_next
from tests.webhook import post_mails
from tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Frozen:
    """Wraps a function: its first caller stops there until the test sets `go_on`."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.reached, self.go_on = Event(), Event()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(90)
        return self.function(*args, **kwargs)


def work_in_a_thread() -> int:
    try:
        return process_inbox(seconds=45)
    finally:
        connection.close()


def claim_in_a_thread(holder: Any) -> Any:
    try:
        return begin_next(holder)
    finally:
        connection.close()


def test_a_worker_that_freezes_in_the_middle_of_a_mail_gives_way_when_its_lease_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen = Frozen(settling.settle)
    monkeypatch.setattr(settling, "settle", frozen)
    post_mails(*(build_mail(f"s{number}@example.com") for number in range(3)))

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(work_in_a_thread)
        assert frozen.reached.wait(30)
        InboundEmail.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        second = threads.submit(work_in_a_thread)
        try:
            assert second.result(timeout=queue.LEASE.total_seconds() + 20) == 3
        finally:
            frozen.go_on.set()
        with pytest.raises((OperationalError, InterfaceError)):
            first.result()

    assert set(InboundEmail.objects.values_list("state", flat=True)) == {"processed"}
    assert Ticket.objects.count() == Message.objects.count() == 3
    assert OutboundEmail.objects.count() == 3


def test_a_worker_that_freezes_while_it_claims_a_mail_to_send_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    OutboundEmailFactory.create()
    frozen = Frozen(send_rate.mailbox_room)
    monkeypatch.setattr(send_rate, "mailbox_room", frozen)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(claim_in_a_thread, "11111111-1111-4111-8111-111111111111")
        assert frozen.reached.wait(30)
        second = threads.submit(claim_in_a_thread, "22222222-2222-4222-8222-222222222222")
        try:
            assert second.result(timeout=40) is not None
        finally:
            frozen.go_on.set()
        with pytest.raises((OperationalError, InterfaceError)):
            first.result()

    row = OutboundEmail.objects.get()
    assert (row.state, row.attempts) == ("sending", 1)
    assert str(row.lease_holder) == "22222222-2222-4222-8222-222222222222"
