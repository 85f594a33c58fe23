"""Fixtures of the outage tests."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from tests import smtp_server
from tests.smtp_server import SmtpServer


@pytest.fixture
def admin_smtp(settings: Settings) -> Iterator[SmtpServer]:
    """A mail server that the mails to two administrators go to."""
    with smtp_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = False
        settings.ADMINS = [("", "anna@example.com"), ("", "boris@example.com")]
        yield server


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands still until a test shifts it."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller
