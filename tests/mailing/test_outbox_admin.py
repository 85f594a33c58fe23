"""The outbox in the Django admin."""

import pytest
from django.test import Client

from mailing.models import OutboundEmail
from operators import services
from operators.models import Operator
from tests.factories import MessageFactory, OperatorFactory, OutboundEmailFactory
from tests.mailing.admin_pages import act, rows_found, shown

pytestmark = pytest.mark.django_db


def bounced() -> OutboundEmail:
    """Return a reply that the server accepted and that came back."""
    reply = MessageFactory.create(
        title="Re: <принтер>", sender_type="operator", operator=OperatorFactory.create()
    )
    at = "2026-11-23T09:00:00.020000Z"
    entries = [("queued", 0, None, ""), ("sent", 1, 250, "2.0.0 <OK>")]
    row: OutboundEmail = OutboundEmailFactory.create(
        kind="reply",
        ticket=reply.ticket,
        message=reply,
        recipient="ivan@example.com",
        state="bounced",
        smtp_code=250,
        smtp_reply="2.0.0 <OK> queued as 4F1",
        reason="bounced: 5.1.1 no such user",
        message_id_header="<reply-7@servicedesk.example>",
        timeline=[
            {"state": state, "at": at, "attempt": attempt, "smtp_code": code, "words": words}
            for state, attempt, code, words in entries
        ],
        bounce={
            "action": "failed", "status": "5.1.1", "reason": "no such user", "inbox": 51, "at": at,
        },
    )  # fmt: skip
    return row


def test_the_outbox_lists_the_subject_of_the_message_or_of_the_ticket(admin: Client) -> None:
    bounced()
    OutboundEmailFactory.create(ticket__title="Нет доступа")

    listed = admin.get("/admin/mailing/outboundemail/").content.decode()

    assert "Re: &lt;принтер&gt;" in listed
    assert "Нет доступа" in listed
    assert "under a minute" in listed


@pytest.mark.parametrize(
    "query", ["re: <ПРИНТЕР>", "ivan@example", "250", "<reply-7@servicedesk", "bounced"]
)
def test_the_outbox_is_searched_by_what_it_shows(admin: Client, query: str) -> None:
    row = bounced()
    OutboundEmailFactory.create(ticket__title="Нет доступа")

    assert rows_found(admin, "outboundemail", q=f'"{query}"') == {row.pk}


def test_a_mail_of_ours_shows_what_the_server_and_the_report_said(admin: Client) -> None:
    page = shown(admin, bounced())

    assert "2.0.0 &lt;OK&gt; queued as 4F1" in page
    assert (
        "<td>2026-11-23 09:00:00 UTC</td><td>sent</td><td>1</td><td>250</td>"
        "<td>2.0.0 &lt;OK&gt;</td>" in page
    )
    assert "<td>outcome</td><td>not delivered</td>" in page
    assert "<td>reason</td><td>no such user</td>" in page
    assert '<a href="/admin/mailing/inboundemail/51/change/">51</a>' in page
    assert "bounced: 5.1.1 no such user" in page


def test_mail_is_sent_again_and_given_up(admin: Client, supervisor: Operator) -> None:
    failed = OutboundEmailFactory.create(state="failed", reason="refused", next_attempt_at=None)
    queued = OutboundEmailFactory.create()

    again = act(admin, "outboundemail", "send_again", failed.pk, queued.pk)
    given_up = act(admin, "outboundemail", "give_up", queued.pk)

    failed.refresh_from_db()
    queued.refresh_from_db()
    assert failed.state == OutboundEmail.State.QUEUED
    assert queued.state == OutboundEmail.State.SUPPRESSED
    assert queued.reason == f"cancelled by operator {supervisor.pk}"
    assert "Done for 1." in again
    assert f"{queued.pk}: The mail is queued; this needs" in again
    assert "Done for 1." in given_up


def test_a_mail_about_no_ticket_has_a_page(admin: Client) -> None:
    operator = OperatorFactory.create(name="Мария", email="maria@desk.example")
    services.change_profile(operator_id=operator.pk, changes={"email": "mi@desk.example"})
    mail = OutboundEmail.objects.get()

    assert "maria@desk.example" in shown(admin, mail)
    assert rows_found(admin, "outboundemail") == {mail.pk}
