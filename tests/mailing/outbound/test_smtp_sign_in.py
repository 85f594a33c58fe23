"""Connecting and signing in, with and without TLS, and what a failure there means."""

import ssl

import pytest
from pytest_django.fixtures import Settings

from mailing.models import OutboxPause
from tests import smtp_server
from tests.factories import OutboundEmailFactory
from tests.mailing.outbound.untouched import State, assert_untouched, make_impatient
from tests.outbox import send_due_mail
from tests.paths import CERTIFICATE
from tests.smtp_server import Drop, Hang, SmtpServer

pytestmark = pytest.mark.django_db


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
