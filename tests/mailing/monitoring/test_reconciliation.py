"""What the mailbox holds and the inbox does not: told, kept, and over once it came."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from mailing.monitoring import heartbeats, reconciliation
from mailing.monitoring_models import Gap
from tests.mail import build_mail
from tests.webhook import RECONCILE, post_mails, post_to_webhook

pytestmark = pytest.mark.django_db


def reconcile(*ids: str) -> Any:
    answer = post_to_webhook({"ids": list(ids)}, path=RECONCILE)
    assert answer.status_code == 200
    return answer.json()["missing"]


def test_a_gap_is_kept_until_the_mail_came() -> None:
    post_mails(build_mail())

    assert reconcile("m1", "m2", "m3") == ["m2", "m3"]
    post_mails(build_mail(), build_mail())
    assert reconcile("m1", "m2", "m3") == ["m3"]

    closed = {gap.external_id: gap.closed_at is not None for gap in Gap.objects.all()}
    assert closed == {"m2": True, "m3": False}
    assert [gap.external_id for gap in reconciliation.open_gaps()] == ["m3"]


def test_a_gap_that_is_missed_again_and_again_is_one_gap_from_its_first_day() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        reconcile("m1")
        first = timezone.now()
        clock.shift(timedelta(minutes=15))
        reconcile("m1")

        gap = Gap.objects.get()
        assert (gap.missing_since, gap.last_missed_at) == (first, timezone.now())


def test_a_gap_stays_when_two_rounds_did_not_close_it() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            reconcile("m1")
            assert not reconciliation.lasting_gaps().exists()
            clock.shift(timedelta(minutes=15))
        assert reconciliation.lasting_gaps().count() == 1

        post_mails(build_mail())  # named m1
        assert not reconciliation.lasting_gaps().exists()


def test_a_gap_that_the_mailbox_names_no_more_is_no_outage_for_ever() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        reconcile("m1")
        clock.shift(timedelta(hours=1))
        reconcile("m1")
        assert reconciliation.lasting_gaps().count() == 1
        clock.shift(timedelta(hours=1))
        reconcile()
        assert not reconciliation.lasting_gaps().exists()
    assert Gap.objects.get().closed_at is None


def test_each_call_is_a_heartbeat_an_empty_one_too() -> None:
    assert "script" not in heartbeats.ages()

    assert reconcile() == []

    assert heartbeats.ages()["script"] < timedelta(seconds=10)


def test_a_call_that_is_not_signed_is_no_heartbeat() -> None:
    assert post_to_webhook({"ids": []}, path=RECONCILE, key=b"x" * 32).status_code == 401

    assert heartbeats.ages() == {}
    assert not Gap.objects.exists()
