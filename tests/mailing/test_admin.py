"""Inbox and outbox in the Django admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail, OutboxPause
from mailing.outbound import pause
from operators.models import Operator
from tests.factories import (
    InboundEmailFactory,
    MessageFactory,
    OperatorFactory,
    OutboundEmailFactory,
)

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(supervisor)
    return client


def act(admin: Client, model: str, action: str, *ids: int) -> str:
    """Do an action with rows of a list and return the page that follows."""
    answer = admin.post(
        f"/admin/mailing/{model}/",
        {"action": action, "_selected_action": [str(pk) for pk in ids]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


def rows_found(admin: Client, model: str, **query: str) -> set[int]:
    """Return the ids of the rows that a list shows for a search or a filter."""
    answer = admin.get(f"/admin/mailing/{model}/", query)
    assert answer.status_code == 200, query
    return {row.pk for row in answer.context["cl"].result_list}


def shown(admin: Client, row: InboundEmail | OutboundEmail) -> str:
    """Return a mail's own page."""
    answer = admin.get(f"/admin/mailing/{row._meta.model_name}/{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


PARSE: dict[str, Any] = {
    "kind": "person",
    "kind_rule": "no sign of a machine",
    "problem": "",
    "sender": "ivan@example.com",
    "message_id": "<1@example.com>",
    "subject": "Не печатает <принтер>",
    "text_characters": 19,
    "text_sha256": "f" * 64,
    "html_characters": 0,
    "files": ["photo.jpg"],
}


def ignored(**fields: Any) -> InboundEmail:
    now = timezone.now()
    row: InboundEmail = InboundEmailFactory.create(
        state="ignored", kind="person", parse=PARSE, processed_at=now, **{"reason": "why", **fields}
    )
    return row


@pytest.mark.parametrize("model", ["inboundemail", "outboundemail"])
def test_mail_is_listed_searched_and_shown_without_its_bytes(admin: Client, model: str) -> None:
    row = (
        InboundEmailFactory.create(raw=b"SECRET BYTES", requester_address="ivan@example.com")
        if model == "inboundemail"
        else OutboundEmailFactory.create(content=b"SECRET BYTES", recipient="ivan@example.com")
    )

    listed = admin.get(f"/admin/mailing/{model}/?q=ivan@example.com").content.decode()
    page = shown(admin, row)

    assert "ivan@example.com" in listed
    assert "ivan@example.com" in page
    assert "SECRET" not in listed + page


def test_the_inbox_lists_subject_address_state_reason_and_age(admin: Client) -> None:
    row = ignored(reason="our own mail")
    InboundEmail.objects.update(received_at=timezone.now() - timedelta(hours=2, minutes=5))

    listed = admin.get("/admin/mailing/inboundemail/").content.decode()

    for cell in ("Не печатает &lt;принтер&gt;", "ivan@example.com", "ignored", "our own mail"):
        assert cell in listed
    assert "2\xa0hours</time>" in listed
    assert "<принтер>" not in listed
    assert f"/admin/mailing/inboundemail/{row.pk}/change/" in listed


@pytest.mark.parametrize(
    "query",
    ["принтер", "ivan@example", "18C2F0ABC", "thread-7", "<1@example.com>", "ignored"],
)
def test_the_inbox_is_searched_by_what_it_shows(admin: Client, query: str) -> None:
    row = ignored(
        external_id="18c2f0abc", thread_id="thread-7", message_id_header="<1@example.com>"
    )
    InboundEmailFactory.create(requester_address="anna@example.net")

    assert rows_found(admin, "inboundemail", q=query) == {row.pk}


def test_mail_is_searched_by_the_name_of_its_state_in_the_readers_language(
    supervisor: Operator,
) -> None:
    russian = Client(headers={"Accept-Language": "ru"})
    russian.force_login(supervisor)
    mail, row = OutboundEmailFactory.create(), ignored()
    InboundEmailFactory.create()

    assert rows_found(russian, "inboundemail", q="Пропущено") == {row.pk}
    assert rows_found(russian, "outboundemail", q="в очереди") == {mail.pk}


@pytest.mark.parametrize(
    ("age", "filters"), [(0, {"hour", "day", "week"}), (25, {"week"}), (24 * 8, {"older"})]
)
def test_mail_is_filtered_by_its_age(admin: Client, age: int, filters: set[str]) -> None:
    row = InboundEmailFactory.create()
    InboundEmail.objects.update(received_at=timezone.now() - timedelta(hours=age))

    found = {
        name
        for name in ("hour", "day", "week", "older")
        if rows_found(admin, "inboundemail", age=name) == {row.pk}
    }

    assert found == filters


def test_a_mails_own_page_shows_what_the_parser_understood(admin: Client) -> None:
    message = MessageFactory.create()
    reason = "gave up after 3 tries: ValueError: " + "long " * 100
    row = ignored(reason=reason, ticket=message.ticket, message=message)

    page = shown(admin, row)

    for text in (reason, "no sign of a machine", "photo.jpg", "&lt;1@example.com&gt;"):
        assert text in page
    ticket = f"/admin/tickets/ticket/{message.ticket_id}/change/"
    assert f'<a href="{ticket}">#{message.ticket_id}</a>' in page
    assert f'<a href="{ticket}#message-1">{message}</a>' in page
    assert PARSE["text_sha256"] not in page
    assert "{" not in page.split('id="content-main"')[1].split("<script")[0]


def test_a_replayed_mail_shows_what_changed(admin: Client) -> None:
    before = {"state": "quarantined", "reason": "ValueError", **PARSE, "text_sha256": "e" * 64}
    row = ignored(parse_before={**before, "subject": "Unreadable"})

    page = shown(admin, row)

    for cells in (
        "<td>state</td><td>quarantined</td><td>ignored</td>",
        "<td>subject</td><td>Unreadable</td><td>Не печатает &lt;принтер&gt;</td>",
        "<td>text</td><td>—</td><td>another one</td>",
    ):
        assert cells in page
    assert "eeee" not in page


def test_a_mail_that_waits_for_its_replay_is_still_listed_by_its_subject(admin: Client) -> None:
    InboundEmailFactory.create(parse=None, parse_before=PARSE)
    InboundEmailFactory.create(parse=None)

    listed = admin.get("/admin/mailing/inboundemail/").content.decode()

    assert listed.count("Не печатает") == 1


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


@pytest.mark.parametrize("model", ["inboundemail", "outboundemail", "outboxpause"])
def test_nothing_is_added_by_hand(admin: Client, model: str) -> None:
    assert admin.get(f"/admin/mailing/{model}/add/").status_code == 403


def test_mail_is_replayed_and_what_is_not_allowed_is_said(admin: Client) -> None:
    aside = InboundEmailFactory.create(state="quarantined", reason="x", processed_at=timezone.now())
    waiting = InboundEmailFactory.create()

    page = act(admin, "inboundemail", "replay_mail", aside.pk, waiting.pk)

    aside.refresh_from_db()
    assert aside.state == InboundEmail.State.RECEIVED
    assert "Done for 1." in page
    assert f"{waiting.pk}: The mail is received; only an ignored" in page


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


def test_rows_name_themselves() -> None:
    row, mail = InboundEmailFactory.create(), OutboundEmailFactory.create()
    pause.begin("cannot connect", about_us=False)

    assert str(row) == f"inbound {row.pk}"
    assert str(mail) == f"outbound {mail.pk}"
    assert str(OutboxPause.objects.get()).startswith("pause since 20")
