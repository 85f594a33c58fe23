"""The outbox for supervisors: retry and cancel."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import TicketFactory
from tests.mailing.api.rows import NOW, OUT, english, outbound
from tickets import services
from tickets.models import Message

pytestmark = pytest.mark.django_db


# What each state needs beside itself.


def test_the_outbox_tells_how_often_a_mail_may_have_arrived(supervisor_api: APIClient) -> None:
    row = outbound(OUT.UNCERTAIN)

    shown = supervisor_api.get(f"/mail/outbox/{row.pk}/").json()

    assert (shown["state"], shown["uncertain_attempts"]) == ("uncertain", 3)


@pytest.mark.parametrize("state", [OUT.DEFERRED, OUT.UNCERTAIN, OUT.FAILED, OUT.BOUNCED])
def test_a_mail_that_did_not_arrive_is_sent_again_at_once(
    supervisor_api: APIClient, state: OutboundEmail.State
) -> None:
    came_back = {"action": "failed", "status": "5.1.1", "reason": "", "inbox": 1, "at": None}
    row = outbound(state, next_attempt_at=NOW() + timedelta(hours=1), bounce=came_back)
    uncertain = row.uncertain_attempts

    answer = supervisor_api.post(f"/mail/outbox/{row.pk}/retry")

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["reason"]) == ("queued", "")
    assert shown["message_id"] == row.message_id_header
    row.refresh_from_db()
    assert row.next_attempt_at is not None
    assert row.next_attempt_at <= NOW()
    assert (row.first_attempt_at, row.attempts, row.bounce) == (None, 0, None)
    assert row.uncertain_attempts == uncertain


def test_notices_that_are_sent_again_stay_within_the_limit(
    supervisor_api: APIClient, settings: Settings
) -> None:
    settings.NOTICES_PER_HOUR = 2
    rows = [outbound(OUT.FAILED) for _ in range(3)]
    OutboundEmail.objects.update(
        mailbox="ivan@example.com",
        recipient="ivan@example.com",
        created_at=NOW() - timedelta(hours=2),
    )

    answers = [english(supervisor_api, f"/mail/outbox/{row.pk}/retry") for row in rows]

    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[2].json()["error"]["message"] == (
        "Not now: this mailbox has got 2 automatic mails already, see NOTICES_PER_HOUR."
    )


@pytest.mark.parametrize("state", [OUT.QUEUED, OUT.SENDING, OUT.SENT, OUT.SUPPRESSED])
def test_a_mail_that_was_sent_waits_or_must_not_go_is_not_sent_again(
    supervisor_api: APIClient, state: OutboundEmail.State
) -> None:
    row = outbound(state)

    answer = english(supervisor_api, f"/mail/outbox/{row.pk}/retry")

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == (
        f"The mail is {state}; this needs one that is deferred, uncertain, failed, bounced."
    )
    row.refresh_from_db()
    assert row.state == state


@pytest.mark.parametrize("state", [OUT.QUEUED, OUT.DEFERRED, OUT.UNCERTAIN])
def test_a_waiting_mail_is_cancelled(
    supervisor_api: APIClient, supervisor: Operator, state: OutboundEmail.State
) -> None:
    row = outbound(state)

    answer = supervisor_api.post(f"/mail/outbox/{row.pk}/cancel")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["next_attempt_at"]) == ("suppressed", None)
    assert answer.json()["reason"] == f"cancelled by operator {supervisor.pk}"


@pytest.mark.parametrize("state", [OUT.SENDING, OUT.SENT, OUT.FAILED, OUT.SUPPRESSED, OUT.BOUNCED])
def test_a_mail_that_does_not_wait_is_not_cancelled(
    supervisor_api: APIClient, state: OutboundEmail.State
) -> None:
    row = outbound(state)

    answer = english(supervisor_api, f"/mail/outbox/{row.pk}/cancel")

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == (
        f"The mail is {state}; this needs one that is queued, deferred, uncertain, held."
    )
    row.refresh_from_db()
    assert row.state == state


def test_an_operators_message_shows_that_it_was_cancelled_and_queued_again(
    supervisor_api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create()
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")
    row = OutboundEmail.objects.get()

    supervisor_api.post(f"/mail/outbox/{row.pk}/cancel")
    cancelled = Message.objects.get().delivery
    answer = supervisor_api.post(f"/mail/outbox/{row.pk}/retry")
    queued = Message.objects.get().delivery

    assert answer.status_code == 200
    assert cancelled is not None
    assert queued is not None
    assert (cancelled["state"], queued["state"]) == ("suppressed", "queued")
