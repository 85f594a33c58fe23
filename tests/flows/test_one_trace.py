"""One trace id is in the log lines of every part that handles a mail, from webhook to SMTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.local.client import Api
from mailing.models import InboundEmail, OutboundEmail
from tests import processes
from tests.mail import build_mail
from tests.processes import wait_until
from tests.services import WEBHOOK_SECRET
from tests.smtp_server import SmtpServer
from tests.webhook import internal_date

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PLANTED = ("planted.sender", "Planted subject", "planted body", WEBHOOK_SECRET)


def lines(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the JSON lines of each part's log, by the part's name."""
    parsed: dict[str, list[dict[str, Any]]] = {}
    for log in folder.glob("*.log"):
        texts = log.read_text().splitlines()
        parsed[log.stem] = [json.loads(text) for text in texts if text.startswith("{")]
    return parsed


def test_webhook_worker_and_mail_worker_log_the_same_trace(
    smtp: SmtpServer, tmp_path: Path
) -> None:
    env = processes.environment(EMAIL_PORT=str(smtp.port), LOG_FORMAT="json")
    smtp.answer("RCPT", "451 4.3.0 <planted.sender@example.com> greylisted")
    with (
        processes.web(folder=tmp_path, env=env) as address,
        processes.worker("inbox", folder=tmp_path, env=env),
        processes.worker("outbox", folder=tmp_path, env=env),
    ):
        raw = build_mail(
            "Planted <planted.sender@example.com>", subject="Planted subject", text="planted body"
        )
        moment = internal_date()  # old mail gets no notice
        assert Api(address).post_mails(WEBHOOK_SECRET, [("m1", moment, raw)]).status == 202
        wait_until(lambda: OutboundEmail.objects.exclude(state="queued").exists())
        wait_until(lambda: any("mail_attempted" in str(line) for line in lines(tmp_path)["outbox"]))

    trace = InboundEmail.objects.get().trace
    assert OutboundEmail.objects.get().trace == trace
    events = {
        part: [line["event"] for line in logged if trace in line.get("trace", "").split()]
        for part, logged in lines(tmp_path).items()
    }
    assert events["web"] == ["request"]
    assert events["inbox"] == ["mail_queued", "mail_processed"]
    assert events["outbox"] == ["mail_attempted"]
    logs = "".join(log.read_text() for log in tmp_path.glob("*.log"))
    assert not [word for word in PLANTED if word in logs]
    requests = [line for line in lines(tmp_path)["web"] if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("POST", "/requests/webhook/email/", 202)
    ]
