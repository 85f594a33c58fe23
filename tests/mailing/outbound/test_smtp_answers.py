"""What each answer of a mail server, or its silence, means for a mail and for the queue."""

import ssl
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail, OutboxPause
from tests import smtp_server
from tests.factories import OutboundEmailFactory
from tests.outbox import send_due_mail
from tests.paths import CERTIFICATE
from tests.smtp_server import Drop, Hang, Repeat, SmtpServer

pytestmark = pytest.mark.django_db

State = OutboundEmail.State

BIG = b"x" * 76 + b"\r\n"


def make_impatient(settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.2


def assert_untouched(row: OutboundEmail) -> None:
    """It waits as before the try, and nothing of the try counts against it."""
    row.refresh_from_db()
    assert (row.state, row.attempts, row.first_attempt_at) == (State.QUEUED, 0, None)
    assert (row.lease_holder, row.lease_expires_at, row.sent_at) == (None, None, None)
    assert row.next_attempt_at is not None
    assert not OutboundEmail.objects.filter(state=State.FAILED).exists()


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


def test_a_server_that_says_ehlo_and_helo_are_unknown_pauses_the_queue(smtp: SmtpServer) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer("EHLO", "502 5.5.1 What?")
    smtp.answer("HELO", "502 5.5.1 What?")

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.get().reason == "cannot sign in: 502 5.5.1 What?"


def test_a_server_that_knows_helo_alone_gets_its_mail(smtp: SmtpServer) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer("EHLO", "502 5.5.1 What?")
    smtp.answer("HELO", "250 test")

    send_due_mail()

    row.refresh_from_db()
    assert row.state == State.SENT


@pytest.mark.parametrize(
    ("reply", "about_us"), [("535 5.7.8 Bad password", True), ("454 4.7.0 Too many", True),
                            ("421 4.3.2 Busy", True)],
)  # fmt: skip
def test_a_refused_password_pauses_the_queue(
    smtp: SmtpServer, settings: Settings, reply: str, about_us: bool
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "secret-password"
    smtp.extensions.append("AUTH PLAIN")
    rows = OutboundEmailFactory.create_batch(2)
    smtp.answer("AUTH", reply, always=True)

    send_due_mail()

    for row in rows:
        assert_untouched(row)
    pause = OutboxPause.objects.get()
    assert pause.reason == f"cannot sign in: {reply}"
    assert "secret-password" not in pause.reason


@pytest.mark.parametrize(
    ("password", "offer", "words"),
    [
        ("пароль", "AUTH PLAIN LOGIN", "the name or password is not ASCII"),
        ("password", "AUTH CRAM-MD5", "Error: Incorrect padding"),
        ("password", "AUTH LOGIN", "Error: Incorrect padding"),
    ],
)
def test_a_sign_in_that_cannot_be_made_pauses_the_queue(
    smtp: SmtpServer, settings: Settings, password: str, offer: str, words: str
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", password
    smtp.extensions.append(offer)
    smtp.answer("AUTH", "334 rubbish!!")
    row = OutboundEmailFactory.create()

    assert send_due_mail() == 0

    assert_untouched(row)
    assert OutboxPause.objects.get().reason.startswith(f"cannot sign in: {words}")


def test_a_host_that_is_no_name_pauses_the_queue(settings: Settings) -> None:
    settings.EMAIL_HOST = "smtp..example.com"
    row = OutboundEmailFactory.create()

    assert send_due_mail() == 0

    assert_untouched(row)
    assert OutboxPause.objects.get().reason.startswith("cannot connect: UnicodeError")


def test_a_right_password_signs_in(smtp: SmtpServer, settings: Settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "password"
    smtp.extensions.append("AUTH PLAIN LOGIN")
    OutboundEmailFactory.create()

    send_due_mail()

    assert "AUTH PLAIN AGRlc2sAcGFzc3dvcmQ=" in smtp.commands
    assert len(smtp.received) == 1


def test_a_server_without_sign_in_pauses_the_queue(smtp: SmtpServer, settings: Settings) -> None:
    settings.EMAIL_HOST_USER = "desk"
    row = OutboundEmailFactory.create()

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.get().reason.startswith("cannot sign in: SMTPNotSupportedError")


def test_nobody_listening_pauses_the_queue(settings: Settings) -> None:
    with smtp_server.running() as server:
        settings.EMAIL_PORT = server.port
    row = OutboundEmailFactory.create()

    assert send_due_mail() == 0

    assert_untouched(row)
    assert OutboxPause.objects.get().reason.startswith("cannot connect: ConnectionRefusedError")


@pytest.mark.parametrize("silence", [Hang, Drop])
@pytest.mark.parametrize("step", ["connect", "EHLO", "AUTH", "MAIL"])
def test_silence_before_a_recipient_is_named_pauses_the_queue(
    smtp: SmtpServer, settings: Settings, step: str, silence: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    settings.EMAIL_HOST_USER = "desk"
    smtp.extensions.append("AUTH PLAIN")
    row = OutboundEmailFactory.create()
    smtp.answer(step, silence(), always=True)
    if step == "EHLO":
        smtp.answer("HELO", silence(), always=True)

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.get().failures == 1
    assert smtp.received == []


@pytest.mark.parametrize("silence", [Hang, Drop])
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_silence_before_the_mail_is_complete_defers_it(
    smtp: SmtpServer, settings: Settings, step: str, silence: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer(step, silence())

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.smtp_code) == (State.DEFERRED, 1, None)
    assert row.reason.startswith("before the mail was complete: ")
    assert smtp.received == []


def test_a_connection_lost_in_the_middle_of_a_mail_defers_it(
    smtp: SmtpServer, settings: Settings
) -> None:
    row = OutboundEmailFactory.create(content=BIG * 400_000)
    smtp.answer("DATA", Drop(after="354 Go ahead"))

    send_due_mail()

    row.refresh_from_db()
    assert row.state == State.DEFERRED
    assert row.reason.startswith("before the mail was complete: ")
    assert smtp.received == []


@pytest.mark.parametrize(
    "silence", [Hang(), Drop(), Drop(after="garbage"), b"25", b"", "999 what", "150 what", "354 go"]
)
def test_without_an_answer_to_the_final_dot_a_mail_is_uncertain(
    smtp: SmtpServer, settings: Settings, silence: smtp_server.Action
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer("dot", silence)
    before = timezone.now()

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (State.UNCERTAIN, 1, 1)
    assert row.reason.startswith("no answer to the mail")
    assert (row.smtp_code, row.sent_at) == (None, None)
    assert row.next_attempt_at is not None
    assert before + settings.UNCERTAIN_RETRY_AFTER <= row.next_attempt_at
    assert send_due_mail() == 0


@pytest.mark.timeout(30)
@pytest.mark.parametrize("endless", [Repeat(b"2", 0.05), Repeat(b"250-more\r\n")])
@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("connect", State.QUEUED),
        ("EHLO", State.QUEUED),
        ("MAIL", State.QUEUED),
        ("RCPT", State.DEFERRED),
        ("dot", State.UNCERTAIN),
    ],
)
def test_a_server_that_never_ends_its_reply_holds_nobody_longer_than_one_that_hangs(
    smtp: SmtpServer, settings: Settings, step: str, state: str, endless: Repeat
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer(step, endless, always=True)

    send_due_mail()

    row.refresh_from_db()
    assert row.state == state
    assert (OutboxPause.objects.count() == 1) is (state == State.QUEUED)


@pytest.mark.parametrize("end", [Hang, Drop])
@pytest.mark.parametrize(
    ("step", "state"),
    [("RCPT", State.DEFERRED), ("DATA", State.DEFERRED), ("dot", State.UNCERTAIN)],
)
def test_after_a_mail_that_lost_its_line_the_others_go_on_at_once(
    smtp: SmtpServer, settings: Settings, step: str, state: str, end: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    rows = OutboundEmailFactory.create_batch(3)
    smtp.answer(step, end())

    assert send_due_mail() == 3

    states = [OutboundEmail.objects.get(pk=row.pk).state for row in rows]
    assert states == [state, State.SENT, State.SENT]
    assert (smtp.connections, OutboxPause.objects.count()) == (2, 0)
    steps = [step["state"] for step in OutboundEmail.objects.get(pk=rows[1].pk).timeline]
    assert steps == [State.SENDING, State.SENT]


def test_an_answer_to_another_question_is_no_answer_to_the_next_mail(smtp: SmtpServer) -> None:
    uncertain, other = OutboundEmailFactory.create_batch(2)
    smtp.answer("dot", "150 wait\r\n250 OK")
    smtp.answer("RCPT", "250 OK", "550 5.1.1 No such user")

    send_due_mail()

    uncertain.refresh_from_db()
    other.refresh_from_db()
    assert (uncertain.state, other.state) == (State.UNCERTAIN, State.FAILED)
    assert other.smtp_reply == "5.1.1 No such user"


def test_a_server_that_closes_after_each_mail_leaves_no_trace_in_the_timelines(
    smtp: SmtpServer,
) -> None:
    OutboundEmailFactory.create_batch(3)
    smtp.answer("dot", *[Drop(after="250 2.0.0 OK")] * 3)

    assert send_due_mail() == 3

    for row in OutboundEmail.objects.all():
        assert [step["state"] for step in row.timeline if step["words"] != ""] == [State.SENT]
    assert OutboxPause.objects.count() == 0


def test_a_server_that_hangs_at_the_goodbye_has_the_mail(
    smtp: SmtpServer, settings: Settings
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer("QUIT", Hang())

    assert send_due_mail() == 1

    row.refresh_from_db()
    assert (row.state, OutboxPause.objects.count()) == (State.SENT, 0)


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


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.parametrize("from_the_start", [True, False])
def test_mail_goes_by_tls_to_a_server_whose_certificate_is_good(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, from_the_start: bool
) -> None:
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = from_the_start, not from_the_start
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    OutboundEmailFactory.create()

    with smtp_server.running(
        tls=tls, tls_from_the_start=from_the_start, extensions=["STARTTLS"]
    ) as server:
        settings.EMAIL_PORT = server.port
        send_due_mail()

    assert len(server.received) == 1
    assert ("STARTTLS" in server.commands) is not from_the_start


@pytest.mark.parametrize("from_the_start", [True, False])
def test_no_password_and_no_mail_for_a_server_with_a_false_certificate(
    settings: Settings, tls: ssl.SSLContext, from_the_start: bool
) -> None:
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = from_the_start, not from_the_start
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "password"
    row = OutboundEmailFactory.create()

    with smtp_server.running(
        tls=tls, tls_from_the_start=from_the_start, extensions=["STARTTLS", "AUTH PLAIN"]
    ) as server:
        settings.EMAIL_PORT = server.port
        send_due_mail()

    assert_untouched(row)
    assert "CERTIFICATE_VERIFY_FAILED" in OutboxPause.objects.get().reason
    assert not [command for command in server.commands if command.startswith(("AUTH", "mail"))]


@pytest.mark.parametrize("reply", ["454 4.7.0 No TLS now", "501 5.5.4 No"])
def test_a_server_that_refuses_tls_gets_no_mail(
    smtp: SmtpServer, settings: Settings, reply: str
) -> None:
    settings.EMAIL_USE_TLS = True
    smtp.extensions.append("STARTTLS")
    smtp.answer("STARTTLS", reply)
    row = OutboundEmailFactory.create()

    send_due_mail()

    assert_untouched(row)
    assert smtp.received == []
    assert not [command for command in smtp.commands if command.startswith("mail")]


def test_a_server_that_knows_no_tls_gets_no_mail(smtp: SmtpServer, settings: Settings) -> None:
    settings.EMAIL_USE_TLS = True
    row = OutboundEmailFactory.create()

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.get().reason.startswith("cannot sign in: SMTPNotSupportedError")


@pytest.mark.parametrize("silence", [Hang, Drop])
def test_silence_at_starttls_pauses_the_queue(
    smtp: SmtpServer, settings: Settings, silence: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    settings.EMAIL_USE_TLS = True
    smtp.extensions.append("STARTTLS")
    smtp.answer("STARTTLS", silence())
    row = OutboundEmailFactory.create()

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.count() == 1
