"""Each reason why mail may not flow, and that there is none when it does."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail
from mailing.monitoring import heartbeats
from mailing.monitoring.problems import find_mail_problems
from mailing.monitoring_models import Gap, Heartbeat
from mailing.outbound import pause
from tests.factories import InboundEmailFactory, OutboundEmailFactory

pytestmark = pytest.mark.django_db


def ago(**span: int) -> datetime:
    return timezone.now() - timedelta(**span)


def problems() -> list[tuple[str, str]]:
    return [(problem.code, problem.sentence) for problem in find_mail_problems()]


def test_all_is_well() -> None:
    heartbeats.record_start()
    heartbeats.record_script_call()
    InboundEmailFactory.create()
    OutboundEmailFactory.create()
    Gap.objects.create(external_id="m1", missing_since=ago(minutes=5), last_missed_at=ago())

    assert problems() == []


def test_a_service_that_never_ran_has_no_outage() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("name", "age", "sentence"),
    [
        ("beat", timedelta(minutes=2), "Nothing was heard of beat for 2 min."),
        ("inbox", timedelta(minutes=3), "Nothing was heard of the inbox worker for 3 min."),
        ("outbox", timedelta(hours=2), "Nothing was heard of the mail worker for 2 h 0 min."),
        ("script", timedelta(minutes=30), "The Apps Script has not called for 30 min."),
    ],
)
def test_a_part_that_fell_silent_is_told(name: str, age: timedelta, sentence: str) -> None:
    heartbeats.record_start()
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now() - age})

    assert problems() == [(name, sentence)]


@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("beat", timedelta(seconds=55)),
        ("inbox", timedelta(seconds=55)),
        ("outbox", timedelta(seconds=55)),
        ("script", timedelta(minutes=19)),
    ],
)
def test_a_short_silence_is_none(name: str, age: timedelta) -> None:
    Heartbeat.objects.create(name=name, at=timezone.now() - age)

    assert problems() == []


def test_a_gap_that_stays_is_told() -> None:
    Gap.objects.create(external_id="m1", missing_since=ago(hours=1), last_missed_at=ago(minutes=5))

    assert problems() == [("gap", "1 mails of the mailbox were never received, see Gaps.")]


def test_a_mail_that_waits_to_be_worked_is_told() -> None:
    mail = InboundEmailFactory.create()
    InboundEmail.objects.filter(pk=mail.pk).update(received_at=ago(minutes=7))

    assert problems() == [("inbox_age", "A mail waits to be worked for 7 min.")]


@pytest.mark.parametrize("state", ["queued", "sending", "deferred"])
def test_a_mail_that_waits_to_be_sent_is_told(state: str) -> None:
    OutboundEmailFactory.create(
        state=state,
        first_attempt_at=None if state == "queued" else ago(minutes=61),
        next_attempt_at=ago(minutes=61) if state == "queued" else timezone.now(),
        lease_expires_at=timezone.now(),
    )

    assert problems() == [("outbox_age", "A mail waits to be sent for 1 h 1 min.")]


@pytest.mark.parametrize("state", ["sent", "uncertain", "failed", "suppressed", "bounced"])
def test_a_mail_that_does_not_wait_is_not_late(state: str) -> None:
    OutboundEmailFactory.create(
        state=state, reason="so", sent_at=timezone.now(), first_attempt_at=ago(days=1)
    )

    assert problems() == []


def test_a_mail_that_may_not_go_yet_is_not_late() -> None:
    row = OutboundEmailFactory.create(next_attempt_at=timezone.now() + timedelta(hours=3))
    OutboundEmail.objects.filter(pk=row.pk).update(created_at=ago(days=1))

    assert problems() == []


def test_a_pause_is_told_without_addresses() -> None:
    pause.begin("550 5.7.1 <ivan@example.com> may not send as desk@example.com", about_us=True)

    ((code, sentence),) = problems()

    assert code == "outbox_paused"
    assert sentence.endswith(": 550 5.7.1 <…@…> may not send as …@…")
