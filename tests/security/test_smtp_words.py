"""A password that a mail server repeats in its reply is not stored."""

from base64 import b64encode
from smtplib import SMTPAuthenticationError

import pytest
from pytest_django.fixtures import Settings

from mailing.outbound import smtp_replies

PASSWORD = "PLANTED password"


@pytest.fixture(autouse=True)
def _password(settings: Settings) -> None:
    settings.EMAIL_HOST_PASSWORD = PASSWORD


def test_the_password_is_taken_out_of_a_refusal() -> None:
    encoded = b64encode(PASSWORD.encode()).decode()

    words = smtp_replies.error_text(
        SMTPAuthenticationError(535, f"no: {PASSWORD}, {encoded}".encode())
    )

    assert words == "535 no: …, …"


def test_the_commands_that_sign_in_are_taken_out_too(settings: Settings) -> None:
    settings.EMAIL_HOST_USER = "desk@servicedesk.example"
    command = b64encode(f"\0desk@servicedesk.example\0{PASSWORD}".encode())

    words = smtp_replies.error_text(
        SMTPAuthenticationError(535, b"what is AUTH PLAIN " + command + b"?")
    )

    assert words == "535 what is AUTH PLAIN …?"


def test_without_a_password_words_stay(settings: Settings) -> None:
    settings.EMAIL_HOST_PASSWORD = ""

    assert smtp_replies.reply_text(b"2.0.0  OK\r\n") == "2.0.0 OK"
