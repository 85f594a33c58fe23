"""Delivery reports that name no Message-ID are tied to a mail of ours by its recipient."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from tests.factories import OutboundEmailFactory
from tests.inbox import receive
from tests.mail import build_delivery_report
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def sent_to_ivan(**columns: Any) -> OutboundEmail:
    """Return a mail that was sent to ivan@example.com just now."""
    now = timezone.now()
    columns = {"state": "sent", "sent_at": now, "last_attempt_at": now, **columns}
    mail: OutboundEmail = OutboundEmailFactory.create(
        recipient="ivan@example.com", mailbox="ivan@example.com", next_attempt_at=None, **columns
    )
    return mail


def test_a_report_without_a_message_id_is_about_the_only_mail_to_its_recipient() -> None:
    row = sent_to_ivan()

    receive(build_delivery_report("", recipient="Ivan@Example.com"), prefix="dsn")

    row.refresh_from_db()
    assert row.state == "bounced"
    assert row.ticket
    assert row.ticket.needs_attention is True
    assert InboundEmail.objects.get().ticket == row.ticket
    assert not MutedMailbox.objects.exists()


def test_of_several_mails_to_the_recipient_none_is_marked_but_the_latest_ticket() -> None:
    first, second = sent_to_ivan(), sent_to_ivan()

    receive(build_delivery_report(""), prefix="dsn")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("sent", "sent")
    assert list(Ticket.objects.filter(needs_attention=True)) == [second.ticket]
    assert InboundEmail.objects.get().state == "processed"


def test_a_report_with_a_foreign_message_id_calls_for_attention_and_marks_no_mail() -> None:
    row = sent_to_ivan()

    receive(build_delivery_report("<of-a-relay@example.net>"), prefix="dsn")

    row.refresh_from_db()
    assert (row.state, row.bounce) == ("sent", None)
    assert row.ticket
    assert row.ticket.needs_attention is True
    inbound = InboundEmail.objects.get()
    assert (inbound.state, inbound.ticket) == ("processed", row.ticket)
    assert not MutedMailbox.objects.exists()


def test_a_report_with_a_foreign_message_id_about_a_stranger_is_ignored() -> None:
    row = sent_to_ivan()

    receive(
        build_delivery_report("<of-a-relay@example.net>", recipient="b@d.example"), prefix="dsn"
    )

    row.refresh_from_db()
    assert row.ticket
    assert row.ticket.needs_attention is False
    assert InboundEmail.objects.get().state == "ignored"


@pytest.mark.parametrize(
    "columns",
    [
        {"last_attempt_at": timezone.now() - timedelta(days=9)},
        {"state": "suppressed", "reason": "cancelled", "last_attempt_at": None, "sent_at": None},
    ],
)
def test_a_report_without_a_message_id_is_not_about_old_or_unsent_mail(
    columns: dict[str, Any],
) -> None:
    row = sent_to_ivan(**columns)

    receive(build_delivery_report(""), prefix="dsn")

    assert InboundEmail.objects.get().state == "ignored"
    assert OutboundEmail.objects.get().state == row.state


def test_a_delay_without_a_message_id_calls_for_no_attention() -> None:
    rows = [sent_to_ivan(), sent_to_ivan()]

    receive(build_delivery_report("", action="delayed", status="4.4.1"), prefix="dsn")

    for row in rows:
        row.refresh_from_db()
        assert row.ticket
        assert row.ticket.needs_attention is False
