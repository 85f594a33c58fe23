"""Real parts for whole journeys, started once for a module."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.local.processes.process import Process
from tests import processes, smtp_server
from tests.smtp_server import SmtpServer


@dataclass(frozen=True)
class Parts:
    """The workers of a module and the mail server that they send to."""

    smtp: SmtpServer
    inbox: Process
    outbox: Process
    env: dict[str, str]


@pytest.fixture(scope="module")
def parts(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Run a worker for the inbox, one for the outbox and a mail server."""
    folder: Path = tmp_path_factory.mktemp("parts")
    with smtp_server.running() as smtp:
        env = processes.environment(EMAIL_PORT=str(smtp.port))
        with (
            processes.worker("inbox", folder=folder, env=env) as inbox,
            processes.worker("outbox", folder=folder, env=env) as outbox,
        ):
            yield Parts(smtp, inbox, outbox, env)


@pytest.fixture
def smtp(parts: Parts) -> Iterator[SmtpServer]:
    """The mail server of the parts, as if nothing had happened to it yet."""
    parts.smtp.as_usual()
    parts.smtp.received.clear()
    yield parts.smtp
    parts.smtp.as_usual()
