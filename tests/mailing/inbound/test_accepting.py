"""A supervisor turns a wrongly ignored mail into a ticket, as if a person had written it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from mailing.models import InboundEmail, OutboundEmail
from tests.inbox import process_inbox, receive
from tests.mail import build_delivery_report, build_mail
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (build_mail(auto_submitted="auto-replied"), "auto-submitted: auto-replied"),
        (build_delivery_report("<not-ours@servicedesk.example>"), "delivery failure"),
    ],
)
def test_an_accepted_mail_opens_a_ticket_and_is_acknowledged(
    supervisor_api: APIClient, raw: bytes, rule: str
) -> None:
    receive(raw)
    ignored = supervisor_api.get("/mail/inbox/?state=ignored").json()["results"][0]
    assert ignored["reason"]
    assert ignored["rule"] == rule

    with capture_logs() as lines:
        answer = supervisor_api.post(f"/mail/inbox/{ignored['id']}/accept")
    process_inbox()

    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    inbound = InboundEmail.objects.get()
    assert (inbound.state, inbound.kind) == ("processed", "person")
    origin = inbound.message.origin if inbound.message else None
    assert origin is not None
    assert origin["kind_rule"] == "accepted by a supervisor"
    assert OutboundEmail.objects.get().state == "queued"
    logged = [line for line in lines if line["event"] == "mail_accepted"]
    assert [(line["rule"], line["inbound"]) for line in logged] == [(rule, inbound.pk)]


def test_an_accepted_copy_becomes_a_message(supervisor_api: APIClient) -> None:
    raw = build_mail(message_id="<1@example.com>")
    receive(raw)
    receive(raw, prefix="copy")
    copy = InboundEmail.objects.get(external_id="copy1")
    assert supervisor_api.get(f"/mail/inbox/{copy.pk}/").json()["rule"] == "exact copy"

    supervisor_api.post(f"/mail/inbox/{copy.pk}/accept")
    process_inbox()

    copy.refresh_from_db()
    assert copy.state == "processed"
    assert Message.objects.count() == 2


def test_a_mail_that_is_accepted_late_is_acknowledged(supervisor_api: APIClient) -> None:
    receive(build_mail(x_vacation="yes"))
    InboundEmail.objects.update(internal_date=timezone.now() - timedelta(days=9))

    supervisor_api.post(f"/mail/inbox/{InboundEmail.objects.get().pk}/accept")
    process_inbox()

    assert OutboundEmail.objects.get(kind="created").state == "queued"


def test_only_an_ignored_mail_is_accepted(supervisor_api: APIClient) -> None:
    receive(build_mail())

    answer = supervisor_api.post(
        f"/mail/inbox/{InboundEmail.objects.get().pk}/accept",
        headers={"accept-language": "en"},
    )

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == (
        "The mail is processed; only an ignored one can be accepted."
    )
    assert Ticket.objects.get().message_count == 1
