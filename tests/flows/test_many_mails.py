"""Several worker processes share a few hundred mails of the same senders."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailing.models import InboundEmail
from tasks import wiring
from tests import processes, smtp_server
from tests.inbox import is_inbox_empty
from tests.mail import build_mail
from tests.outbox import is_all_mail_sent
from tests.processes import wait_until
from tests.smtp_server import SmtpServer
from tests.webhook import internal_date, post_to_webhook, webhook_message
from tickets.models import Message, Requester, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SENDERS = 12
MAILS_EACH = 25


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[SmtpServer]:
    """Two workers of the inbox with two processes each, and one of the outbox."""
    with smtp_server.running() as smtp:
        env = processes.environment(EMAIL_PORT=str(smtp.port))
        with (
            processes.worker("inbox", folder=tmp_path, env=env, name="one") as one,
            processes.worker("inbox", folder=tmp_path, env=env, name="two") as two,
            processes.worker("outbox", folder=tmp_path, env=env, size=4) as outbox,
        ):
            yield smtp
            for process in (one, two, outbox):
                log = processes.log_of(process)
                assert "deadlock" not in log
                assert "Traceback" not in log


def test_two_workers_keep_each_senders_order_and_never_deadlock(workers: SmtpServer) -> None:
    first = internal_date(ago=timedelta(hours=1))
    content = [
        webhook_message(
            f"{sender}-{number}",
            build_mail(f"s{sender}@example.com", subject=str(number)),
            at=first + (number * SENDERS + sender) * 1000,
        )
        for sender in range(SENDERS)
        for number in range(MAILS_EACH)
    ]
    for start in range(0, len(content), 60):
        assert (
            post_to_webhook(content[start : start + 60], webhook_id=f"w{start}").status_code == 202
        )
    # More tasks than needed: doubled ones must not matter.
    for _ in range(8):
        wiring.publish_nudge(wiring.INBOX)
        wiring.publish_nudge(wiring.OUTBOX)

    wait_until(lambda: is_inbox_empty() and is_all_mail_sent(), seconds=60)

    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    assert Requester.objects.count() == Ticket.objects.count() == SENDERS
    assert Message.objects.count() == SENDERS * MAILS_EACH
    for ticket in Ticket.objects.all():
        messages = Message.objects.filter(ticket=ticket).order_by("number")
        assert [message.number for message in messages] == list(range(1, MAILS_EACH + 1))
        assert [message.title for message in messages] == [
            str(number) for number in range(MAILS_EACH)
        ]
    recipients = sorted(mail.recipient for mail in workers.received)
    assert recipients == sorted(f"s{sender}@example.com" for sender in range(SENDERS))
