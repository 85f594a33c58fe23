"""The headers and bodies of outgoing mail."""

from email import message_from_bytes

import pytest
from django.utils import timezone

from mailing import own_mail
from mailing.models import OutboundEmail
from mailing.outbound.composing import Letter, compose
from operators.models import Operator
from tests import requester_mail
from tests.factories import MessageFactory
from tests.mailing.outbound.notices import Kind, opened, outgoing, subject, text
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def reply(ticket: Ticket, by: Operator) -> Message:
    return services.reply(ticket_id=ticket.pk, by=by, title="Re: Printer", text="Hello")


@pytest.mark.parametrize(
    ("kind", "auto_submitted"),
    [
        (Kind.CREATED, "auto-replied"),
        (Kind.IN_PROGRESS, "auto-generated"),
        (Kind.CLOSED, "auto-generated"),
        (Kind.REPLY, None),
    ],
)
def test_the_headers_of_each_kind(
    operator: Operator, kind: OutboundEmail.Kind, auto_submitted: str | None
) -> None:
    ticket = opened()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    reply(ticket, operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    mail = outgoing(kind)

    row = OutboundEmail.objects.get(kind=kind)
    assert mail["Auto-Submitted"] == auto_submitted
    assert mail["X-Auto-Response-Suppress"] == (
        "OOF, AutoReply, RN, NRN" if auto_submitted else None
    )
    assert mail["From"] == mail["Reply-To"] == "desk@servicedesk.example"
    assert mail["To"] == "ivan@example.com"
    assert mail["In-Reply-To"] == "<q1@example.com>"
    assert mail["Message-ID"] == row.message_id_header
    assert mail["Message-ID"].endswith("@servicedesk.example>")
    is_reply = kind == Kind.REPLY
    assert mail.get_content_type() == ("multipart/alternative" if is_reply else "text/plain")
    assert mail["Date"]
    assert own_mail.is_loop_header_of_ours(mail["X-ServiceDesk-Loop"])
    assert sorted(mail.keys()) == sorted(
        [
            "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
            "X-ServiceDesk-Loop", "Content-Type", "MIME-Version",
            *([] if is_reply else ["Content-Transfer-Encoding"]),
            *(["Auto-Submitted", "X-Auto-Response-Suppress"] if auto_submitted else []),
        ]
    )  # fmt: skip


def test_a_reply_is_threaded_with_the_whole_conversation(operator: Operator) -> None:
    ticket = opened(message_id="<q1@example.com>")
    reply(ticket, operator)
    first = OutboundEmail.objects.get(kind=Kind.REPLY).message_id_header
    ticket.refresh_from_db()
    requester_mail.add_message(
        ticket=ticket,
        title="Re",
        text="",
        written_at=timezone.now(),
        origin={"message_id": "<q2@example.com>"},
    )

    second = reply(ticket, operator)

    mail = message_from_bytes(bytes(second.outbound_emails.get().content))
    assert mail["In-Reply-To"] == "<q2@example.com>"
    assert mail["References"].split() == ["<q1@example.com>", first, "<q2@example.com>"]


def test_a_reply_answers_the_requesters_mail_though_a_participant_wrote_after_it(
    operator: Operator,
) -> None:
    ticket = opened(message_id="<q1@example.com>")
    MessageFactory.create(
        ticket=ticket,
        number=2,
        sender_email="petr@example.com",
        origin={"message_id": "<p1@example.com>"},
    )

    answer = reply(ticket, operator)

    mail = message_from_bytes(bytes(answer.outbound_emails.get().content))
    assert mail["In-Reply-To"] == "<q1@example.com>"
    assert mail["References"].split() == ["<p1@example.com>", "<q1@example.com>"]


def test_without_known_message_ids_there_is_no_thread() -> None:
    opened(message_id="")

    mail = outgoing(Kind.CREATED)

    assert mail["In-Reply-To"] is None
    assert mail["References"] is None


def test_long_message_ids_are_neither_encoded_nor_cut() -> None:
    ids = [f"<{letter * 490}@x>" for letter in "abc"]

    content = compose(Letter("s", "t"), recipient="a@example.com", references=ids)[1]

    assert b"\r\nIn-Reply-To: " + ids[2].encode() + b"\r\n" in content
    assert b"\r\nReferences: " + "\r\n ".join(ids).encode() + b"\r\n" in content
    assert b"=?" not in content
    assert max(len(line) for line in content.splitlines()) < 998


def test_of_a_long_conversation_the_root_and_the_last_twenty_are_named() -> None:
    ids = [f"<{number}@x>" for number in range(50)]

    content = compose(Letter("s", "t"), recipient="a@example.com", references=ids)[1]

    assert message_from_bytes(content)["References"].split() == [ids[0], *ids[30:]]


def test_message_ids_that_are_no_ascii_are_left_out() -> None:
    content = compose(Letter("s", "t"), recipient="a@example.com", references=["<a@x>", "<ж@x>"])[1]

    assert message_from_bytes(content)["References"] == "<a@x>"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\rBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\u2028Bcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\x0b\x0c\x1c\x85b", "a b"),
        ("می\u200cخواهم 👨\u200d👩\u200d👧", "می\u200cخواهم 👨\u200d👩\u200d👧"),
        ("=?utf-8?q?a=0D=0ABcc:_eve@example.com?=", "=?utf-8?q?a=0D=0ABcc:_eve@example.com?="),
        ("=?utf-8?b?DQpCY2M6IHhAeS5jb20=?=", "=?utf-8?b?DQpCY2M6IHhAeS5jb20=?="),
        ("=?utf-7?q?+2AA-?=", "=?utf-7?q?+2AA-?="),
        ("=?utf-8?q?", "=?utf-8?q?"),
        ("Ж" * 300, "Ж" * 200),
        ("x" * 300, "x" * 200),
        ("много  слов " * 20, " ".join(("много слов " * 20).split())[:200]),
    ],
)
def test_a_title_stays_in_its_header_and_as_it_is(title: str, shown: str) -> None:
    content = compose(Letter(title, "t"), recipient="a@example.com", references=[])[1]

    mail = message_from_bytes(content)
    assert subject(mail).rstrip() == shown.rstrip()
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "X-ServiceDesk-Loop",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert text(mail) == "t\n"


def test_a_notice_about_a_hostile_title_has_the_usual_headers(operator: Operator) -> None:
    ticket = opened(title="=?utf-8?q?x=0D=0ABcc:_eve@example.com=0D=0A=0D=0Abody?=")
    services.take_ticket(ticket_id=ticket.pk, by=operator)

    for kind in (Kind.CREATED, Kind.IN_PROGRESS):
        mail = outgoing(kind)
        assert mail["Bcc"] is None
        assert text(mail).startswith("Здравствуйте!\n")


@pytest.mark.parametrize(
    ("recipient", "spelled"),
    [
        ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        (".a@example.com", ".a@example.com"),
        ("o'neil+tag=1@example.com", "o'neil+tag=1@example.com"),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("_{/(|b/@a_b.c", '"_{/(|b/"@a_b.c'),
        (':;@example.com', '":;"@example.com'),
        ("a>b@example.com", '"a>b"@example.com'),
        ('a"\\b@example.com', '"a\\"\\\\b"@example.com'),
        ("().@ж.рф", '"()."@ж.рф'),
        ("иван@пример.рф", "иван@пример.рф"),
    ],
)  # fmt: skip
def test_an_odd_address_is_kept_and_spelled_so_that_it_stays_one(
    recipient: str, spelled: str
) -> None:
    content = compose(Letter("s", "t"), recipient=recipient, references=[])[1]

    assert f"\r\nTo: {spelled}\r\n".encode() in content


@pytest.mark.parametrize(
    "body",
    [
        "Привет,\n\nкак дела?\n",
        "x" * 5000,
        ".\n..\n.leading dot\n",
        "a\r\nb\rc\n",
        "From here\n",
        "😀" * 500,
        "",
    ],
)
def test_a_body_is_seven_bits_wide_and_reads_as_it_was_written(body: str) -> None:
    content = compose(Letter("s", body), recipient="a@example.com", references=[])[1]

    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.splitlines()) <= 998
    expected = "\n".join(body.splitlines()) if body else ""
    assert text(message_from_bytes(content)).rstrip("\n") == expected.rstrip("\n")


def test_an_operators_message_is_sent_as_written(operator: Operator) -> None:
    ticket = opened()

    services.reply(ticket_id=ticket.pk, by=operator, title="Re: тема", text="<b>Строка</b>\n& ещё")

    mail = outgoing(Kind.REPLY)
    assert subject(mail) == "Re: тема"
    assert text(mail) == "<b>Строка</b>\n& ещё\n"


def test_every_mail_has_a_message_id_of_its_own() -> None:
    made = [compose(Letter("s", "t"), recipient="a@b.c", references=[])[0] for _ in range(50)]

    assert len(set(made)) == 50


def test_a_loop_header_is_ours_only_with_its_signature() -> None:
    content = compose(Letter("s", "t"), recipient="a@b.c", references=[])[1]
    value = message_from_bytes(content)["X-ServiceDesk-Loop"]

    assert own_mail.is_loop_header_of_ours(f" {value} ")
    assert not own_mail.is_loop_header_of_ours(value[:-1])
    assert not own_mail.is_loop_header_of_ours("<a@servicedesk.example>:forged")
    assert not own_mail.is_loop_header_of_ours("")


@pytest.mark.parametrize("quote", [False, True])
def test_the_signature_stands_in_the_mail_and_not_in_the_stored_text(
    operator: Operator, quote: bool
) -> None:
    ticket = opened()
    operator.signature = "Мария <поддержка>\nтел. 5"

    message = services.reply(
        ticket_id=ticket.pk, by=operator, title="Re", text="Добрый день!", quote=quote
    )

    mail = outgoing(Kind.REPLY)
    signature = "-- \nМария <поддержка>\nтел. 5\n"
    assert text(mail) == f"{message.text}\n\n{signature}"
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    shown = html.get_payload(decode=True).decode().replace("\r\n", "\n")  # type: ignore[union-attr]
    assert "-- <br>\nМария &lt;поддержка&gt;<br>\nтел. 5" in shown
    assert "поддержка" not in message.text
    assert message.segments[0]["kind"] == "reply"


def test_an_answer_without_a_signature_is_mailed_as_it_is(operator: Operator) -> None:
    ticket = opened()

    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Добрый день!")

    assert text(outgoing(Kind.REPLY)) == "Добрый день!\n"
