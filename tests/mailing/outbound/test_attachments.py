"""Answers with files: what goes over the wire, and what happens when a file cannot be read."""

import os
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail, OutboxPause
from mailing.outbound import attachments, attempts, outcomes
from mailing.outbound import smtp as wire_format
from mailing.outbound.text_to_html import to_html
from operators.models import Operator
from tests.factories import MessageFactory, OutboundEmailFactory
from tests.outbox import send_due_mail
from tests.sample_files import PDF
from tests.smtp_server import SmtpServer
from tickets import services
from tickets.files import store
from tickets.files.store import NewFile
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

State = OutboundEmail.State
# Over several pieces, none of them of whole lines of base64.
LARGE = os.urandom(2_500_001)


@pytest.fixture
def ticket() -> Ticket:
    return MessageFactory.create(text="Не печатает.").ticket


def uploaded(ticket: Ticket, by: Operator, name: str, content: bytes) -> int:
    file = NewFile(source=lambda: [content], name=name)
    store.store_files([file])
    return Attachment.objects.create(
        ticket=ticket, blob=file.blob, name=name, uploaded_by=by, created_at=timezone.now()
    ).pk


def answered(ticket: Ticket, by: Operator, **contents: bytes) -> OutboundEmail:
    ids = [uploaded(ticket, by, name, content) for name, content in contents.items()]
    services.reply(ticket_id=ticket.pk, by=by, title="Re", text="Вот файлы", file_ids=ids)
    return OutboundEmail.objects.get(kind=OutboundEmail.Kind.REPLY)


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    assert not any(part.defects for part in mail.walk())
    return mail


def test_files_arrive_as_they_were_uploaded(
    operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    row = answered(
        ticket, operator, **{"Счёт № 5.pdf": PDF, "a b.bin": LARGE, "empty.txt": b"", "b.eml": PDF}
    )
    assert len(bytes(row.content)) < 5_000

    send_due_mail()

    mail = parsed(smtp.received[0].content)
    assert mail.get_content_type() == "multipart/mixed"
    found = [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()]
    assert found == [
        ("Счёт № 5.pdf", PDF),
        ("a b.bin", LARGE),
        ("empty.txt", b""),
        ("b.eml", PDF),
    ]
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().splitlines() == ["Вот файлы"]
    assert "<p>Вот файлы</p>" in rich.get_content()
    assert max(map(len, smtp.received[0].content.split(b"\r\n"))) <= 998


def test_each_try_sends_the_same_bytes(
    operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    row = answered(ticket, operator, a=LARGE, b=PDF)
    whole = b"".join(attachments.chunks(row))
    smtp.answer("dot", "451 4.3.0 later", "451 4.3.0 later", "250 2.0.0 OK")

    for _ in range(3):
        OutboundEmail.objects.filter(state=State.DEFERRED).update(next_attempt_at=timezone.now())
        send_due_mail()

    row.refresh_from_db()
    assert row.state == State.SENT
    assert smtp.wire == [whole] * 3


def test_a_file_that_cannot_be_read_defers_its_mail_and_no_other(
    operator: Operator, ticket: Ticket, smtp: SmtpServer, files_folder: Path
) -> None:
    row = answered(ticket, operator, a=PDF)
    other = OutboundEmailFactory.create()
    path = next(path for path in files_folder.rglob("*") if path.is_file())
    path.rename(files_folder / "away")

    send_due_mail()

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, row.attempts, row.smtp_code) == (State.DEFERRED, 0, None)
    assert row.reason.startswith("a file of it cannot be read")
    assert other.state == State.SENT
    assert [mail.recipient for mail in smtp.received] == [other.recipient]
    assert OutboxPause.objects.count() == 0

    (files_folder / "away").rename(path)
    OutboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    send_due_mail()

    row.refresh_from_db()
    assert (row.state, len(smtp.received)) == (State.SENT, 2)


def test_a_mail_outlasts_any_outage_of_the_storage(
    operator: Operator, ticket: Ticket, smtp: SmtpServer, files_folder: Path
) -> None:
    row = answered(ticket, operator, a=PDF)
    path = next(path for path in files_folder.rglob("*") if path.is_file())
    path.rename(files_folder / "away")

    for _ in range(outcomes.MAX_ATTEMPTS + 1):
        OutboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
        send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DEFERRED, 0)
    assert [one["state"] for one in row.timeline] == ["queued", "deferred"]
    assert row.next_attempt_at is not None
    assert not Ticket.objects.get(pk=ticket.pk).needs_attention


def test_a_lease_lasts_as_long_as_the_files_may_take(
    operator: Operator, ticket: Ticket, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 30
    row = answered(ticket, operator, a=LARGE)

    assert len(list(attachments.chunks(row))) <= attachments.number_of_chunks(row)
    assert attempts.lease_for(row) == attempts.LEASE + timedelta(seconds=5 * 30)


@pytest.mark.parametrize(
    ("pieces", "wire"),
    [
        ([b"a\r\n.b\r\n"], b"a\r\n..b\r\n.\r\n"),
        ([b"a\r\n", b".b\r\n"], b"a\r\n..b\r\n.\r\n"),
        ([b"a", b".b\r\n"], b"a.b\r\n.\r\n"),
        ([b"a\r", b"\n.b", b"\r\n"], b"a\r\n..b\r\n.\r\n"),
        ([b".", b".", b"\r", b"\n"], b"...\r\n.\r\n"),
        ([b"", b".a", b""], b"..a\r\n.\r\n"),
        ([b"a\r\n", b"", b"."], b"a\r\n..\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_wherever_the_pieces_end(pieces: list[bytes], wire: bytes) -> None:
    assert b"".join(wire_format.dot_stuffed(pieces)) == wire


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
        (
            "<script>alert('&')</script>",
            "<p>&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;</p>",
        ),
        (
            "See https://x.example/?a=1&b=(2).",
            '<p>See <a href="https://x.example/?a=1&amp;b=(2)">https://x.example/?a=1&amp;b=(2)</a>.</p>',
        ),
        ("(http://x.example/)", '<p>(<a href="http://x.example/">http://x.example/</a>)</p>'),
        ('http://x/"onclick="x', '<p><a href="http://x/">http://x/</a>&quot;onclick=&quot;x</p>'),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("a  b", "<p>a &nbsp;b</p>"),
    ],
)
def test_html_says_what_the_text_says(text: str, html: str) -> None:
    assert html in to_html(text)


def test_a_quote_in_html_is_a_blockquote() -> None:
    page = to_html("Answer\n\nOn Monday, Ivan wrote:\n> one\n>\n>> <b>two</b>")

    assert page.count('<blockquote type="cite"') == page.count("</blockquote>") == 2
    assert "<p>&lt;b&gt;two&lt;/b&gt;</p>" in page


def test_a_mountain_of_quotes_ends() -> None:
    assert to_html(">" * 5_000).count("<blockquote") == 20
