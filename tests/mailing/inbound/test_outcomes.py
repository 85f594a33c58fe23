"""Mail that cannot be processed: retried, quarantined, and in nobody else's way."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from psycopg2.errors import ProgramLimitExceeded

from mailing.inbound import processing, queue, settling
from mailing.inbound.reading import ReadMail
from mailing.inbound.worker import work_inbox
from mailing.models import InboundEmail, OutboundEmail
from mailing.parsing import message as parser
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tickets.models import Requester, Ticket

pytestmark = pytest.mark.django_db


State = InboundEmail.State


def states() -> list[str]:
    return list(InboundEmail.objects.order_by("pk").values_list("state", flat=True))


def due_again() -> None:
    """Let the pause after a failed try be over."""
    InboundEmail.objects.filter(state=State.RECEIVED).update(next_attempt_at=timezone.now())


class Explosion(Exception):
    pass


@pytest.fixture
def explosive(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the mails that say BOOM fail in the middle of their work."""
    settle = settling.settle

    def fail(mails: list[ReadMail]) -> None:
        settle(mails)
        for mail in mails:
            if "BOOM" in mail.parsed.text:
                raise Explosion(f"at {mail.inbound.external_id}")

    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", fail)
        yield


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("NUL \0, half a character \udcff"), "ValueError: NUL ?, half a character ?"),
        (RecursionError("too deep"), "RecursionError: too deep"),
    ],
)
def test_any_failure_is_told_and_gives_the_other_mails_back(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    told: str,
) -> None:
    # What is logged goes from pytest's worker to its master, which takes no half characters.
    caplog.set_level(logging.CRITICAL, "mailing.inbound.processing")
    row, behind = store_mail("a@example.com", minutes_ago=2), store_mail("a@example.com")

    def fail(*args: Any, **how: Any) -> Any:
        raise error

    monkeypatch.setattr(parser, "parse_with_files", fail)
    process_inbox()

    row.refresh_from_db()
    behind.refresh_from_db()
    assert (row.state, row.reason, row.attempts) == (State.RECEIVED, told, 1)
    assert (row.lease_holder, behind.lease_holder, behind.attempts) == (None, None, 0)


def test_whoever_lost_the_lease_does_nothing() -> None:
    row = store_mail("a@example.com")
    late, now = uuid4(), uuid4()
    claimed = queue.claim_batch(holder=late)
    InboundEmail.objects.update(lease_holder=now)

    processing.process_batch(claimed, holder=late)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_holder) == (State.RECEIVED, 1, now)
    assert not Ticket.objects.exists()


def test_whoever_loses_the_lease_in_the_middle_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = store_mail("a@example.com")
    late, now = uuid4(), uuid4()
    claimed = queue.claim_batch(holder=late)
    parse = parser.parse_with_files

    def parse_slowly(*args: Any, **how: Any) -> Any:
        InboundEmail.objects.update(lease_holder=now)
        return parse(*args, **how)

    monkeypatch.setattr(parser, "parse_with_files", parse_slowly)
    processing.process_batch(claimed, holder=late)

    row.refresh_from_db()
    assert (row.state, row.lease_holder, row.reason) == (State.RECEIVED, now, "")
    assert not Ticket.objects.exists()


def test_mail_that_was_finished_meanwhile_is_not_claimed() -> None:
    # A lease has run out, and its late holder ends the mail while it is being claimed anew.
    row = store_mail("a@example.com")
    ends = iter([1])

    def meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.lstrip().startswith("UPDATE") and next(ends, None):
            InboundEmail.objects.update(
                state=State.IGNORED, reason="x", processed_at=timezone.now(), lease_holder=None
            )
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        claimed = queue.claim_batch(holder=uuid4())

    row.refresh_from_db()
    assert (claimed, next(ends, None)) == ([], None)
    assert (row.state, row.lease_holder, row.attempts) == (State.IGNORED, None, 0)
    assert not Ticket.objects.exists()


def test_work_that_takes_long_gives_the_rest_of_its_batch_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        store_mail(f"{number}@example.com", minutes_ago=3 - number)
    monkeypatch.setattr(queue, "LEASE", timedelta(0))
    calls = []
    claim = queue.claim_batch

    def claim_once(**kwargs: Any) -> list[InboundEmail]:
        calls.append(kwargs)
        return claim(**kwargs) if len(calls) == 1 else []

    monkeypatch.setattr(queue, "claim_batch", claim_once)

    process_inbox()

    assert states() == ["processed", "received", "received"]
    assert not InboundEmail.objects.exclude(lease_holder=None).exists()
    assert not InboundEmail.objects.filter(state=State.RECEIVED, attempts__gt=0).exists()


def test_work_ends_when_its_time_is_up() -> None:
    store_mail("a@example.com")

    assert work_inbox(until=timezone.now()) == 0

    assert states() == ["received"]


def test_one_failure_costs_a_try_and_five_seconds(explosive: None) -> None:
    row = store_mail("a@example.com", raw=build_mail("a@example.com", text="BOOM"))

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_holder) == (State.RECEIVED, 1, None)
    assert row.reason == f"Explosion: at {row.external_id}"
    assert row.next_attempt_at is not None
    assert timedelta(seconds=3) < row.next_attempt_at - timezone.now() <= timedelta(seconds=5)
    assert not Ticket.objects.exists()
    assert not Requester.objects.exists()
    assert not OutboundEmail.objects.exists()
    assert queue.claim_batch(holder=uuid4()) == []


def test_after_three_failures_a_mail_is_quarantined_with_the_error(explosive: None) -> None:
    row = store_mail("a@example.com", raw=build_mail("a@example.com", text="BOOM"))

    for _ in range(3):
        due_again()
        process_inbox()

    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUARANTINED, 3)
    assert row.reason == f"gave up after 3 tries: Explosion: at {row.external_id}"
    assert row.processed_at is not None
    assert (row.lease_holder, row.next_attempt_at, row.ticket) == (None, None, None)
    assert bytes(row.raw or b"") == build_mail("a@example.com", text="BOOM")
    assert not Ticket.objects.exists()


def test_a_failing_mail_holds_back_its_senders_later_mails_and_nobody_elses(
    explosive: None,
) -> None:
    bad = store_mail("a@example.com", minutes_ago=4, raw=build_mail("a@example.com", text="BOOM"))
    later = store_mail("a@example.com", minutes_ago=3)
    other = store_mail("b@example.com", minutes_ago=2)

    process_inbox()

    assert states() == ["received", "received", "processed"]
    later.refresh_from_db()
    assert (later.attempts, later.lease_holder) == (0, None)
    other.refresh_from_db()
    assert other.ticket is not None

    for _ in range(2):
        due_again()
        process_inbox()

    bad.refresh_from_db()
    assert (bad.state, states()) == (State.QUARANTINED, ["quarantined", "processed", "processed"])


def test_mail_that_killed_its_worker_three_times_is_quarantined() -> None:
    row = store_mail("a@example.com", attempts=3)

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.reason) == (
        State.QUARANTINED,
        "gave up after 3 tries: its worker died",
    )
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_counts_against_no_mail(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    row = store_mail("a@example.com")

    def fail(*args: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", fail)
        for _ in range(5):
            with pytest.raises(type(error)):
                process_inbox()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_holder) == (State.RECEIVED, 0, None)

    assert process_inbox() == 1
    assert states() == ["processed"]


def test_a_mail_that_is_too_much_for_the_database_blocks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store_mail("a@example.com", minutes_ago=2, raw=build_mail("a@example.com", text="BOOM"))
    store_mail("b@example.com", minutes_ago=1)
    settle = settling.settle

    def fail(mails: list[ReadMail]) -> None:
        if any("BOOM" in mail.parsed.text for mail in mails):
            raise OperationalError("index row size exceeds maximum") from ProgramLimitExceeded()
        settle(mails)

    monkeypatch.setattr(settling, "settle", fail)
    for _ in range(3):
        due_again()
        process_inbox()

    assert states() == ["quarantined", "processed"]
