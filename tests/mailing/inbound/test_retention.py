"""How long the bytes of incoming mail are kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.inbound import replay, retention
from mailing.models import InboundEmail
from tasks.maintenance import purge_raw_mail
from tests.concurrency import at_once
from tests.database import waiting_for_a_lock
from tests.factories import InboundEmailFactory
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


def ended(days_ago: float, **more: Any) -> InboundEmail:
    moment = timezone.now() - timedelta(days=days_ago)
    ignored = {"state": "ignored", "reason": "our own mail", "processed_at": moment}
    return InboundEmailFactory.create(**{**ignored, **more})


def test_bytes_go_after_their_retention_and_the_row_stays() -> None:
    old, young = ended(91), ended(89)
    waiting = InboundEmailFactory.create(internal_date=timezone.now() - timedelta(days=400))

    assert retention.purge_raw_mail() == 1

    for row in (old, young, waiting):
        row.refresh_from_db()
    assert (old.raw, old.state, old.requester_address) == (None, "ignored", "ivan@example.com")
    assert old.size > 0
    assert young.raw is not None
    assert waiting.raw is not None
    assert retention.purge_raw_mail() == 0


def test_the_retention_is_a_setting(settings: Settings) -> None:
    settings.RAW_RETENTION = timedelta(hours=1)
    ended(0.1)

    assert retention.purge_raw_mail() == 1


def test_much_is_dropped_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    for _ in range(5):
        ended(100)

    assert retention.purge_raw_mail() == 5


def test_the_task_does_it() -> None:
    old = ended(91)

    purge_raw_mail()

    old.refresh_from_db()
    assert old.raw is None


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_is_replayed_at_the_same_moment_keeps_its_bytes() -> None:
    row = ended(91)
    replayed, purging = Event(), Event()

    def replay_slowly() -> int:
        with transaction.atomic():
            replay.replay(inbound_id=row.pk)
            replayed.set()
            assert purging.wait(30)
        return 1

    def purge() -> int:
        assert replayed.wait(30)
        return retention.purge_raw_mail()

    with ThreadPoolExecutor(1) as threads:
        both = threads.submit(at_once, [replay_slowly, purge])
        wait_until(waiting_for_a_lock)
        purging.set()

    assert both.result() == [1, 0]
    row.refresh_from_db()
    assert row.state == "received"
    assert row.raw is not None
