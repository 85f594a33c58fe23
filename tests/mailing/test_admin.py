"""The inbox in the Django admin, and what its pages have in common with the outbox's."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailing.models import InboundEmail, OutboxPause
from mailing.outbound import pause
from operators.models import Operator
from tests.factories import (
    BlockFactory,
    InboundEmailFactory,
    MessageFactory,
    OutboundEmailFactory,
)
from tests.mailing.admin_pages import act, rows_found, shown

pytestmark = pytest.mark.django_db

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


def test_rows_name_themselves() -> None:
    row, mail = InboundEmailFactory.create(), OutboundEmailFactory.create()
    pause.begin("cannot connect", about_us=False)

    assert str(row) == f"inbound {row.pk}"
    assert str(mail) == f"outbound {mail.pk}"
    assert str(OutboxPause.objects.get()).startswith("pause since 20")


def test_a_block_is_found_by_its_address(admin: Client) -> None:
    block = BlockFactory.create(pattern="@spam.example")
    BlockFactory.create(pattern="anna@example.net")

    page = admin.get(f"/admin/mailing/block/{block.pk}/change/").content.decode()

    assert rows_found(admin, "block", q="spam.") == {block.pk}
    assert "@spam.example" in page
    assert str(block.created_by) in page
