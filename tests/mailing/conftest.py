"""Fixtures for mail."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests import smtp_server
from tests.smtp_server import SmtpServer


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpServer]:
    """A mail server that takes everything unless told otherwise; the settings lead to it."""
    with smtp_server.running() as server:
        settings.EMAIL_PORT = server.port
        yield server
