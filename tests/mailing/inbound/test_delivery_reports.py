"""Delivery reports and complaints: tied to the mail they are about, shown, and remembered."""

from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing import own_mail
from mailing.inbound import replay
from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from mailing.outbound import outcomes
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests.factories import OperatorFactory, OutboundEmailFactory
from tests.inbox import receive
from tests.mail import build_complaint, build_delivery_report, build_mail
from tests.outbox import begin_next
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def sent_reply(operator: Operator) -> OutboundEmail:
    """Open a ticket by mail, answer it, and return the answer as sent."""
    receive(build_mail(message_id="<1@example.com>"))
    message = services.reply(
        ticket_id=Ticket.objects.get().pk, by=operator, title="Re", text="Try again."
    )
    row = OutboundEmail.objects.get(message=message)
    row.state, row.sent_at, row.next_attempt_at = "sent", timezone.now(), None
    row.save()
    return row


def test_a_bounce_shows_on_the_mail_the_message_and_the_ticket(
    operator: Operator, api: APIClient
) -> None:
    row = sent_reply(operator)

    receive(build_delivery_report(row.message_id_header), prefix="dsn")

    row.refresh_from_db()
    assert row.state == "bounced"
    assert row.reason == "bounced: 5.1.1 550 5.1.1 no such mailbox"
    assert row.bounce is not None
    assert (row.bounce["action"], row.bounce["status"]) == ("failed", "5.1.1")
    ticket = Ticket.objects.get()
    message = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"][1]
    assert message["delivery"]["state"] == "bounced"
    assert message["delivery"]["bounce"]["status"] == "5.1.1"
    assert api.get(f"/requests/user_requests/{ticket.pk}/").json()["needs_attention"] is True
    inbound = InboundEmail.objects.get(external_id="dsn1")
    assert (inbound.state, inbound.kind, inbound.ticket) == ("processed", "bounce", ticket)
    assert inbound.reason == f"about outgoing mail {row.pk}"
    assert inbound.message is None
    assert ticket.message_count == 2


def test_a_delay_is_shown_and_changes_nothing_else(operator: Operator) -> None:
    row = sent_reply(operator)

    receive(
        build_delivery_report(row.message_id_header, action="delayed", status="4.4.1"), prefix="dsn"
    )

    row.refresh_from_db()
    assert row.state == "sent"
    assert row.bounce is not None
    assert (row.bounce["action"], row.bounce["status"]) == ("delayed", "4.4.1")
    assert Ticket.objects.get().needs_attention is False
    assert not MutedMailbox.objects.exists()


def test_a_bounce_of_nobodys_mail_is_ignored_with_the_reason(operator: Operator) -> None:
    row = sent_reply(operator)

    receive(build_delivery_report("<guessed@servicedesk.example>"), prefix="dsn")

    inbound = InboundEmail.objects.get(external_id="dsn1")
    assert (inbound.state, inbound.kind) == ("ignored", "bounce")
    assert inbound.reason == "a bounce about no mail that stands in the outbox"
    row.refresh_from_db()
    assert row.state == "sent"
    assert Ticket.objects.count() == 1
    assert not MutedMailbox.objects.exists()


def test_a_hard_bounce_mutes_notices_until_the_address_writes_again(operator: Operator) -> None:
    row = sent_reply(operator)
    receive(build_delivery_report(row.message_id_header), prefix="dsn")
    ticket = Ticket.objects.get()

    services.take_ticket(ticket_id=ticket.pk, by=operator)

    taken = OutboundEmail.objects.get(kind="in_progress")
    assert taken.state == "suppressed"
    assert taken.reason.startswith("muted until this address writes again: failed 5.1.1")

    receive(build_mail("IVAN@example.com", message_id="<2@example.com>"), prefix="again")
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    assert OutboundEmail.objects.get(kind="closed").state == "queued"
    assert not MutedMailbox.objects.exists()


@pytest.mark.parametrize(
    "headers", [{"auto_submitted": "auto-replied"}, {"auto_submitted": "auto-generated"}]
)
def test_a_machine_that_writes_from_a_muted_address_changes_nothing(
    operator: Operator, headers: dict[str, str]
) -> None:
    row = sent_reply(operator)
    receive(build_delivery_report(row.message_id_header), prefix="dsn")

    receive(build_mail(message_id="<2@example.com>", text="Away.", **headers), prefix="auto")

    assert InboundEmail.objects.get(external_id="auto1").state == "processed"
    assert MutedMailbox.objects.get().mailbox == "ivan@example.com"


def test_a_muted_operator_gets_no_notice_of_new_tickets(settings: Settings) -> None:
    settings.NOTIFY_OPERATORS = True
    OperatorFactory.create(email="Op@example.com")
    receive(build_mail("first@example.com"))
    row = OutboundEmail.objects.get(kind="operator_notice")
    report = build_delivery_report(row.message_id_header, recipient="op@example.com")
    receive(report, prefix="dsn")

    receive(build_mail("second@example.com"), prefix="next")

    last = OutboundEmail.objects.filter(kind="operator_notice").latest("pk")
    assert (last.recipient, last.state) == ("op@example.com", "suppressed")
    assert last.reason.startswith("muted until this address writes again")


@pytest.mark.parametrize("later", ["delayed", "delivered"])
def test_a_report_that_comes_late_takes_no_failure_back(operator: Operator, later: str) -> None:
    row = sent_reply(operator)
    receive(build_delivery_report(row.message_id_header), prefix="dsn")

    receive(
        build_delivery_report(row.message_id_header, action=later, status="4.4.1"), prefix="late"
    )

    row.refresh_from_db()
    assert row.bounce is not None
    assert (row.state, row.bounce["action"], row.bounce["status"]) == ("bounced", "failed", "5.1.1")
    assert InboundEmail.objects.get(external_id="late1").state == "processed"


def test_a_report_on_a_mail_whose_message_id_the_relay_replaced_is_tied_by_the_loop_header(
    operator: Operator,
) -> None:
    row = sent_reply(operator)
    loop = f"X-ServiceDesk-Loop: {own_mail.sign_loop_header(row.message_id_header)}\r\n".encode()
    raw = build_delivery_report("<0100018e-1@email.amazonses.example>")

    receive(raw.replace(b"\r\n\r\nHello", b"\r\n" + loop + b"\r\nHello"), prefix="dsn")

    row.refresh_from_db()
    assert row.state == "bounced"


def test_an_operators_message_goes_to_a_muted_mailbox_all_the_same(operator: Operator) -> None:
    row = sent_reply(operator)
    receive(build_delivery_report(row.message_id_header), prefix="dsn")

    message = services.reply(ticket_id=Ticket.objects.get().pk, by=operator, title="?", text="?")

    assert OutboundEmail.objects.get(message=message).state == "queued"


def test_a_complaint_mutes_like_a_hard_bounce_but_the_mail_had_arrived(operator: Operator) -> None:
    row = sent_reply(operator)

    receive(build_complaint(row.message_id_header), prefix="arf")

    row.refresh_from_db()
    assert row.state == "sent"
    assert row.bounce is not None
    assert row.bounce["action"] == "complaint"
    assert Ticket.objects.get().needs_attention is True
    assert MutedMailbox.objects.get().mailbox == "ivan@example.com"
    assert InboundEmail.objects.get(external_id="arf1").kind == "complaint"


def test_an_operator_clears_the_attention_and_filters_by_it(
    operator: Operator, api: APIClient
) -> None:
    row = sent_reply(operator)
    receive(build_delivery_report(row.message_id_header), prefix="dsn")
    ticket = Ticket.objects.get()
    listed = api.get("/requests/user_requests/?needs_attention=true").json()["results"]
    assert [one["request_id"] for one in listed] == [ticket.pk]

    answer = api.patch(
        f"/requests/user_requests/{ticket.pk}/", {"needs_attention": False}, format="json"
    )

    assert answer.status_code == 200
    assert answer.json()["needs_attention"] is False
    assert api.get("/requests/user_requests/?needs_attention=true").json()["results"] == []


@pytest.mark.parametrize(
    ("fate", "state", "needs_attention"),
    [
        (SendStatus.REFUSED, "failed", True),
        (SendStatus.DEFERRED, "deferred", False),
        (SendStatus.UNCERTAIN, "uncertain", False),
        (SendStatus.SENT, "sent", False),
    ],
)
def test_a_mail_that_is_refused_calls_for_attention_and_one_that_is_retried_does_not(
    fate: SendStatus, state: str, needs_attention: bool
) -> None:
    row = OutboundEmailFactory.create()
    holder = uuid4()
    assert begin_next(holder) is not None

    outcomes.record_result(row.pk, holder, SendResult(fate, 550, "no such user"))

    row.refresh_from_db()
    assert row.state == state
    assert row.ticket
    assert row.ticket.needs_attention is needs_attention


def test_a_report_about_the_target_of_a_forwarding_does_not_mute_the_requester(
    operator: Operator,
) -> None:
    row = sent_reply(operator)

    receive(
        build_delivery_report(row.message_id_header, recipient="old@elsewhere.example"),
        prefix="dsn",
    )

    row.refresh_from_db()
    assert row.state == "bounced"
    assert Ticket.objects.get().needs_attention is True
    assert not MutedMailbox.objects.exists()


@pytest.mark.parametrize("content_type", ["message/rfc822", "message/delivery-status"])
def test_a_person_who_forwards_a_report_is_a_person(operator: Operator, content_type: str) -> None:
    row = sent_reply(operator)
    report = build_delivery_report(row.message_id_header).decode()
    if content_type == "message/delivery-status":
        report = report.partition("message/delivery-status")[2].strip().partition("--b")[0]
    raw = (
        "From: Anna <anna@example.com>\r\nTo: desk@servicedesk.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nReturn-Path: <anna@example.com>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="f"\r\n\r\n'
        "--f\r\nContent-Type: text/plain\r\n\r\nHello, this came back. Why?\r\n"
        f"--f\r\nContent-Type: {content_type}\r\n\r\n{report}\r\n--f--\r\n"
    )

    receive(raw.encode(), prefix="forwarded")

    inbound = InboundEmail.objects.get(external_id="forwarded1")
    row.refresh_from_db()
    assert (inbound.state, inbound.kind, row.state) == ("processed", "person", "sent")
    assert Ticket.objects.count() == 2


def test_a_copy_of_a_report_is_ignored(operator: Operator) -> None:
    row = sent_reply(operator)
    report = build_delivery_report(row.message_id_header)

    receive(report, prefix="once")
    receive(report, prefix="twice")

    states = InboundEmail.objects.order_by("pk").values_list("state", "reason")
    assert list(states)[-2:] == [
        ("processed", f"about outgoing mail {row.pk}"),
        ("ignored", "this Message-ID, sender, Date and body were processed before"),
    ]
    assert replay.ignoring_rule(InboundEmail.objects.latest("pk")) == "exact copy"
