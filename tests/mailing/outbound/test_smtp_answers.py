"""What each answer of a mail server means for a mail, and how mail is sent to it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailing.models import OutboundEmail, OutboxPause
from tests.factories import OutboundEmailFactory
from tests.mailing.outbound.untouched import State, assert_untouched
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True, params=[[], ["PIPELINING"]], ids=["one by one", "pipelined"])
def _pipelining(smtp: SmtpServer, request: pytest.FixtureRequest) -> None:
    """Send the commands of a mail one by one, and together where the server offers it."""
    smtp.extensions += request.param


def test_250_is_sent(smtp: SmtpServer) -> None:
    row = OutboundEmailFactory.create(recipient="ivan@example.com")

    assert send_due_mail() == 1

    row.refresh_from_db()
    assert (row.state, row.smtp_code, row.smtp_reply) == (State.SENT, 250, "2.0.0 OK queued")
    assert (row.attempts, row.reason, row.next_attempt_at) == (1, "", None)
    assert row.sent_at is not None
    (mail,) = smtp.received
    assert (mail.sender, mail.recipient) == ("desk@servicedesk.example", "ivan@example.com")
    assert mail.content == bytes(row.content)
    assert OutboxPause.objects.count() == 0


@pytest.mark.parametrize("reply", ["251 2.1.5 will forward", "252 2.1.5 cannot verify"])
def test_a_recipient_taken_in_other_words_is_taken(smtp: SmtpServer, reply: str) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer("RCPT", reply)

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, len(smtp.received)) == (State.SENT, 1)


@pytest.mark.parametrize(
    ("step", "reply", "code", "words"),
    [
        ("RCPT", "550 5.1.1 No such user", 550, "5.1.1 No such user"),
        ("RCPT", "553 5.1.3 Bad address", 553, "5.1.3 Bad address"),
        ("RCPT", "552 5.2.2 User quota exceeded", 552, "5.2.2 User quota exceeded"),
        ("RCPT", "550-5.1.1 No\r\n550 5.1.1 such user", 550, "5.1.1 No 5.1.1 such user"),
        ("DATA", "554 5.5.1 No valid recipients", 554, "5.5.1 No valid recipients"),
        ("dot", "550 5.7.1 Looks like spam", 550, "5.7.1 Looks like spam"),
        (
            "dot",
            "552 5.3.4 Message size limit exceeded",
            552,
            "5.3.4 Message size limit exceeded",
        ),
        ("dot", "552 Message size exceeds limit", 552, "Message size exceeds limit"),
        ("dot", "550", 550, ""),
        ("dot", "550 5.6.0 \udcff\udcfe", 550, "5.6.0 ??"),
    ],
)
def test_a_refusal_fails_this_mail_and_the_next_one_goes_on(
    smtp: SmtpServer, step: str, reply: str, code: int, words: str
) -> None:
    refused, other = OutboundEmailFactory.create_batch(2)
    smtp.answer(step, reply.encode("utf-8", "replace").decode())

    assert send_due_mail() == 2

    refused.refresh_from_db()
    other.refresh_from_db()
    assert (refused.state, refused.attempts) == (State.FAILED, 1)
    assert (refused.smtp_code, refused.smtp_reply) == (code, words)
    assert refused.reason == f"refused: {code} {words}"
    assert (refused.next_attempt_at, refused.sent_at) == (None, None)
    assert other.state == State.SENT
    assert [mail.recipient for mail in smtp.received] == [other.recipient]
    assert (smtp.connections, OutboxPause.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("RCPT", "450 4.2.0 Greylisted"),
        ("RCPT", "451 4.3.0 Try later"),
        ("RCPT", "452 4.2.2 User quota exceeded"),
        ("DATA", "451 4.3.0 Try later"),
        ("DATA", "250 2.0.0 What?"),
        ("dot", "451 4.3.0 Try later"),
        ("dot", "452 4.3.1 Disk full"),
    ],
)
def test_a_temporary_refusal_defers_this_mail_and_the_next_one_goes_on(
    smtp: SmtpServer, step: str, reply: str
) -> None:
    deferred, other = OutboundEmailFactory.create_batch(2)
    smtp.answer(step, reply)
    before = timezone.now()

    assert send_due_mail() == 2

    deferred.refresh_from_db()
    other.refresh_from_db()
    assert (deferred.state, deferred.attempts, deferred.reason) == (State.DEFERRED, 1, reply)
    assert (deferred.smtp_code, deferred.smtp_reply) == (int(reply[:3]), reply[4:])
    assert deferred.next_attempt_at is not None
    assert before <= deferred.next_attempt_at - timedelta(seconds=5) <= timezone.now()
    assert (other.state, OutboxPause.objects.count()) == (State.SENT, 0)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "dot"])
def test_421_in_the_middle_of_a_mail_defers_it(smtp: SmtpServer, step: str) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer(step, "421 4.3.2 Shutting down")

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.reason) == (State.DEFERRED, "421 4.3.2 Shutting down")
    assert smtp.received == []


def test_421_after_a_mail_goes_on_with_a_new_connection(smtp: SmtpServer) -> None:
    rows = OutboundEmailFactory.create_batch(3)
    smtp.answer("dot", "250 2.0.0 OK queued", "421 4.3.2 Shutting down")

    send_due_mail()

    states = [OutboundEmail.objects.get(pk=row.pk).state for row in rows]
    assert states == [State.SENT, State.DEFERRED, State.SENT]
    assert [mail.connection for mail in smtp.received] == [1, 2]


@pytest.mark.parametrize(
    ("step", "reply", "words"),
    [
        ("connect", "554 5.7.1 Blocked", "cannot connect: 554 5.7.1 Blocked"),
        ("connect", "421 4.3.2 Busy", "cannot connect: 421 4.3.2 Busy"),
        ("connect", "rubbish", "cannot connect: -1 "),
        ("MAIL", "550 5.7.1 Sender refused", "refuses mail from us: 550 5.7.1 Sender refused"),
        ("MAIL", "530 5.7.0 Must issue STARTTLS", "refuses mail from us: 530 5.7.0 Must issue"),
        ("MAIL", "451 4.3.0 Try later", "refuses mail from us: 451 4.3.0 Try later"),
        ("MAIL", "421 4.7.0 Too many", "refuses mail from us: 421 4.7.0 Too many"),
        ("MAIL", "rubbish", "refuses mail from us: -1"),
        ("RCPT", "530 5.7.0 Authentication required", "refuses mail from us: 530 5.7.0"),
        ("RCPT", "554 5.7.1 <a@b.c>: Relay access denied", "refuses mail from us: 554 5.7.1"),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded", "refuses mail from us: 550 5.4.5"),
        ("DATA", "550 5.4.5 Daily sending quota exceeded", "refuses mail from us: 550 5.4.5"),
        ("dot", "550-5.4.5 Daily user sending\r\n550 5.4.5 limit", "refuses mail from us: 550"),
        ("dot", "552 5.7.0 Rate limit exceeded", "refuses mail from us: 552 5.7.0"),
    ],
)
def test_an_answer_about_us_pauses_the_queue_and_fails_nothing(
    smtp: SmtpServer, step: str, reply: str, words: str
) -> None:
    rows = OutboundEmailFactory.create_batch(3)
    smtp.answer(step, reply)

    assert send_due_mail() == 0

    for row in rows:
        assert_untouched(row)
    pause = OutboxPause.objects.get()
    assert pause.reason.startswith(words)
    assert pause.until > timezone.now()
    assert smtp.received == []
    assert (send_due_mail(), smtp.connections) == (0, 1)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "dot"])
def test_a_server_that_repeats_the_mail_pauses_the_queue_without_its_words(
    smtp: SmtpServer, caplog: pytest.LogCaptureFixture, client: Client, step: str
) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer(step, "550 5.4.5 Daily user sending limit exceeded: PLANTED-BODY")

    send_due_mail()

    row.refresh_from_db()
    assert "PLANTED-BODY" in row.reason  # which the API tells to supervisors
    assert OutboxPause.objects.get().reason == "refuses mail from us: 550 5.4.5"
    assert "outbox_paused" in caplog.text
    assert "PLANTED" not in caplog.text
    assert "PLANTED" not in client.get("/readyz").content.decode()


def test_lines_that_begin_with_a_dot_arrive_as_they_are(smtp: SmtpServer) -> None:
    content = b"Subject: s\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n"
    OutboundEmailFactory.create(content=content)

    send_due_mail()

    assert smtp.received[0].content == content
    assert smtp.wire[0] == b"Subject: s\r\n\r\n..\r\n...\r\n..a\r\nb.\r\n..\r\n"


def test_a_mail_without_a_line_end_at_its_end_gets_one(smtp: SmtpServer) -> None:
    OutboundEmailFactory.create(content=b"Subject: s\r\n\r\nno end")

    send_due_mail()

    assert smtp.received[0].content == b"Subject: s\r\n\r\nno end\r\n"


def test_a_recipient_beyond_ascii_is_sent_to_by_smtputf8(smtp: SmtpServer) -> None:
    beyond, plain = (
        OutboundEmailFactory.create(recipient=address) for address in ("иван@пример.рф", "a@b.c")
    )

    send_due_mail()

    assert [mail.recipient for mail in smtp.received] == [beyond.recipient, plain.recipient]
    announced = [command for command in smtp.commands if command.startswith("mail")]
    assert announced == [
        "mail FROM:<desk@servicedesk.example> SMTPUTF8 BODY=8BITMIME",
        "mail FROM:<desk@servicedesk.example>",
    ]


def test_a_server_without_smtputf8_refuses_a_recipient_beyond_ascii(smtp: SmtpServer) -> None:
    smtp.extensions.remove("SMTPUTF8")
    beyond, plain = (
        OutboundEmailFactory.create(recipient=address) for address in ("иван@пример.рф", "a@b.c")
    )

    send_due_mail()

    beyond.refresh_from_db()
    plain.refresh_from_db()
    assert (beyond.state, plain.state) == (State.FAILED, State.SENT)
    assert beyond.reason == "refused:  the mail server takes only ASCII addresses"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("(|b/@example.com", "<\"(|b/\"@example.com>"),
        ("a,b@example.com", '<"a,b"@example.com>'),
        ("a..b@example.com", "<a..b@example.com>"),
        ('"x@y"@example.com', '<"x@y"@example.com>'),
    ],
)  # fmt: skip
def test_an_odd_recipient_is_named_as_the_one_it_is(
    smtp: SmtpServer, address: str, named: str
) -> None:
    OutboundEmailFactory.create(recipient=address)

    send_due_mail()

    assert f"RCPT TO:{named}" in smtp.commands


def test_a_server_that_takes_data_without_a_recipient_gets_an_empty_mail(smtp: SmtpServer) -> None:
    smtp.extensions = ["PIPELINING"]
    refused, other = OutboundEmailFactory.create_batch(2)
    smtp.answer("RCPT", "550 5.1.1 No such user")
    smtp.answer("DATA", "354 Go ahead")
    smtp.answer("dot", "554 5.5.1 No valid recipients")

    assert send_due_mail() == 2

    refused.refresh_from_db()
    other.refresh_from_db()
    assert (refused.state, refused.smtp_reply) == (State.FAILED, "5.1.1 No such user")
    assert (other.state, smtp.wire) == (State.SENT, [b"", bytes(other.content)])


def test_a_server_that_refuses_data_without_a_recipient_gets_no_empty_mail(
    smtp: SmtpServer,
) -> None:
    smtp.extensions = ["PIPELINING"]
    refused, other = OutboundEmailFactory.create_batch(2)
    smtp.answer("RCPT", "550 5.1.1 No such user")

    assert send_due_mail() == 2

    refused.refresh_from_db()
    assert (refused.state, refused.smtp_reply) == (State.FAILED, "5.1.1 No such user")
    assert smtp.wire == [bytes(other.content)]
    assert smtp.connections == 1
