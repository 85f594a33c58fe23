"""An operator's message tells each state that its mail was in, and what the mail server said."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from mailing.outbound import outcomes, progress
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests.factories import OutboundEmailFactory, TicketFactory
from tests.outbox import begin_next
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(operator: Operator) -> Ticket:
    ticket: Ticket = TicketFactory.create(taken=True)
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Is it plugged in?")
    OutboundEmail.objects.exclude(kind="reply").delete()
    return ticket


def attempt(fate: SendStatus, code: int | None, reply: str) -> OutboundEmail:
    OutboundEmail.objects.update(next_attempt_at="2026-01-01T00:00:00Z")
    row = begin_next()
    assert row is not None
    outcomes.record_result(row.pk, row.lease_holder, SendResult(fate, code, reply))
    return row


def told(api: APIClient, ticket: Ticket) -> list[tuple[Any, ...]]:
    page = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()
    (delivered,) = [one["delivery"] for one in page["results"] if one["sender_type"] == "operator"]
    assert all(entry["at"].endswith("Z") for entry in delivered["timeline"])
    times = [entry["at"] for entry in delivered["timeline"]]
    assert times == sorted(times)
    return [
        (one["state"], one["attempt"], one["smtp_code"], one["words"])
        for one in delivered["timeline"]
    ]


def test_each_state_is_told_with_the_servers_words(api: APIClient, ticket: Ticket) -> None:
    attempt(SendStatus.DEFERRED, 451, "4.3.0 Try again later")
    attempt(SendStatus.UNCERTAIN, None, "no answer to the mail: timed out")
    attempt(SendStatus.SENT, 250, "2.0.0 OK queued")

    assert told(api, ticket) == [
        ("queued", 0, None, ""),
        ("sending", 1, None, ""),
        ("deferred", 1, 451, "451 4.3.0 Try again later"),
        ("sending", 2, None, ""),
        ("uncertain", 2, None, "no answer to the mail: timed out"),
        ("sending", 3, None, ""),
        ("sent", 3, 250, "2.0.0 OK queued"),
    ]


def test_retry_and_cancel_are_told_with_who_did_it(
    api: APIClient, supervisor_api: APIClient, supervisor: Operator, ticket: Ticket
) -> None:
    row = attempt(SendStatus.REFUSED, 550, "5.1.1 No such user")
    listed = api.get("/requests/user_requests/?needs_attention=true").json()["results"]
    assert [one["request_id"] for one in listed] == [ticket.pk]

    assert supervisor_api.post(f"/mail/outbox/{row.pk}/retry").status_code == 200
    assert supervisor_api.post(f"/mail/outbox/{row.pk}/cancel").status_code == 200

    assert told(api, ticket)[2:] == [
        ("failed", 1, 550, "refused: 550 5.1.1 No such user"),
        ("queued", 0, None, f"queued again by operator {supervisor.pk}"),
        ("suppressed", 0, None, f"cancelled by operator {supervisor.pk}"),
    ]
    entry = supervisor_api.get(f"/mail/outbox/{row.pk}/").json()
    assert [one["state"] for one in entry["timeline"]][2:] == ["failed", "queued", "suppressed"]
    cleared = api.patch(
        f"/requests/user_requests/{ticket.pk}/", {"needs_attention": False}, format="json"
    )
    assert cleared.json()["needs_attention"] is False


def test_a_timeline_does_not_grow_without_end() -> None:
    row = OutboundEmailFactory.create()
    for number in range(200):
        row.attempts = number
        progress.add_to_timeline(row)

    attempts = [entry["attempt"] for entry in row.timeline]

    assert attempts[:10] == list(range(10))
    assert attempts[-1] == 199
    assert len(attempts) == 51


def test_a_pause_of_the_queue_is_one_step_however_long_it_is() -> None:
    OutboundEmailFactory.create()

    for _ in range(30):
        row = begin_next()
        assert row is not None
        outcomes.undo_claim(row.pk, row.lease_holder, "cannot connect: refused")

    row = OutboundEmail.objects.get()
    assert [(one["state"], one["words"]) for one in row.timeline] == [
        ("queued", "cannot connect: refused")
    ]


@pytest.mark.parametrize("kind", ["created", "in_progress", "closed", "operator_notice"])
def test_a_notice_that_does_not_arrive_calls_for_attention(api: APIClient, kind: str) -> None:
    refused, given_up = (OutboundEmailFactory.create(kind=kind) for _ in range(2))
    fine = OutboundEmailFactory.create(kind=kind)
    OutboundEmail.objects.filter(pk=given_up.pk).update(uncertain_attempts=2)

    for fate in (SendStatus.REFUSED, SendStatus.UNCERTAIN, SendStatus.SENT):
        row = begin_next()
        assert row is not None
        outcomes.record_result(row.pk, row.lease_holder, SendResult(fate, None, "words"))

    listed = api.get("/requests/user_requests/?needs_attention=true").json()["results"]
    assert [one["request_id"] for one in listed] == [refused.ticket_id, given_up.ticket_id]
    assert not Ticket.objects.get(outbound_emails=fine).needs_attention
