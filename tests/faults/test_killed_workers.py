"""Kill workers and database connections at work: no mail is lost or doubled."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import queue as outbox_queue
from tasks import wiring
from tests import processes
from tests.database import held_row, waiting_for_a_lock
from tests.factories import OutboundEmailFactory, RequesterFactory
from tests.inbox import is_inbox_empty
from tests.mail import build_mail
from tests.processes import wait_until
from tests.smtp_server import Hang, SmtpServer
from tests.webhook import post_mails
from tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def env(smtp: SmtpServer) -> dict[str, str]:
    return processes.environment(EMAIL_PORT=str(smtp.port))


def terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def mails_of_senders(count: int) -> list[bytes]:
    return [build_mail(f"s{number}@example.com", subject=str(number)) for number in range(count)]


def assert_each_mail_is_processed_once(count: int) -> None:
    assert set(InboundEmail.objects.values_list("state", flat=True)) == {"processed"}
    assert Ticket.objects.count() == Message.objects.count() == count
    assert OutboundEmail.objects.count() == count


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    env: dict[str, str], tmp_path: Path
) -> None:
    third = RequesterFactory.create(email="s2@example.com")
    with (
        processes.worker("inbox", folder=tmp_path, env=env, size=1) as first,
        held_row("tickets_requester", third.pk),
    ):
        post_mails(*mails_of_senders(8))
        wait_until(waiting_for_a_lock)
        processes.kill(first)
    assert set(InboundEmail.objects.values_list("state", flat=True)) == {"received"}
    assert not Ticket.objects.exists()

    with processes.worker("inbox", folder=tmp_path, env=env, name="second"):
        # What it held stays leased as long as the worker might still live.
        post_mails(build_mail("new@example.com"), prefix="n")
        wait_until(lambda: Ticket.objects.filter(requester__email="new@example.com").exists())
        assert InboundEmail.objects.filter(state="received").count() == 8
        InboundEmail.objects.exclude(lease_expires_at=None).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )
        wiring.publish_nudge(wiring.INBOX)
        wait_until(is_inbox_empty)

    assert_each_mail_is_processed_once(9)
    tries = InboundEmail.objects.order_by("-attempts").values_list("attempts", flat=True)
    assert list(tries) == [*[2] * 8, 1]


def test_a_database_connection_killed_in_the_middle_of_a_mail_loses_nothing(
    env: dict[str, str], tmp_path: Path
) -> None:
    third = RequesterFactory.create(email="s2@example.com")
    with processes.worker("inbox", folder=tmp_path, env=env, size=1):
        with held_row("tickets_requester", third.pk):
            post_mails(*mails_of_senders(5))
            (backend,) = wait_until(waiting_for_a_lock)
            terminate(backend)
            wait_until(lambda: not waiting_for_a_lock())
            wait_until(lambda: not InboundEmail.objects.exclude(lease_holder=None).exists())
        wiring.publish_nudge(wiring.INBOX)
        wait_until(is_inbox_empty)

    assert_each_mail_is_processed_once(5)
    # The try that the database ended does not count.
    assert set(InboundEmail.objects.values_list("attempts", flat=True)) == {1}


def test_a_mail_whose_worker_was_killed_before_the_answer_is_sent_again_and_counted(
    env: dict[str, str], smtp: SmtpServer, tmp_path: Path
) -> None:
    row, other = OutboundEmailFactory.create_batch(2)
    silence = Hang()
    smtp.answer("dot", silence)
    with processes.worker("outbox", folder=tmp_path, env=env, size=1) as first:
        wiring.publish_nudge(wiring.OUTBOX)
        wait_until(silence.reached.is_set)
        processes.kill(first)
    silence.let_go()

    # Long before its lease ends: PostgreSQL has seen the worker's connection close.
    wait_until(lambda: outbox_queue.release_orphans() == 1, seconds=5)

    row.refresh_from_db()
    assert (row.state, row.uncertain_attempts) == ("uncertain", 1)
    assert row.reason == "the worker that was sending it died"
    OutboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    with processes.worker("outbox", folder=tmp_path, env=env, name="second"):
        wiring.publish_nudge(wiring.OUTBOX)
        wait_until(lambda: not OutboundEmail.objects.exclude(state="sent").exists())
    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == ("sent", 2, 1)
    received = sorted(mail.content for mail in smtp.received)
    assert received == sorted([bytes(row.content)] * 2 + [bytes(other.content)])


def test_a_database_connection_killed_while_a_mail_is_sent_does_not_double_it(
    env: dict[str, str], smtp: SmtpServer, tmp_path: Path
) -> None:
    row = OutboundEmailFactory.create()
    silence = Hang()
    smtp.answer("dot", silence)
    with processes.worker("outbox", folder=tmp_path, env=env, size=1):
        wiring.publish_nudge(wiring.OUTBOX)
        wait_until(silence.reached.is_set)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        silence.let_go()
        wait_until(lambda: OutboundEmail.objects.filter(state="sent").exists())

    row.refresh_from_db()
    assert (row.attempts, row.uncertain_attempts, len(smtp.received)) == (1, 0, 1)
