"""How long the bytes of incoming mail are kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import retention
from mailing.models import InboundEmail
from tasks.maintenance import purge_raw_mail
from tests.factories import InboundEmailFactory

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
    assert (old.raw, old.state, old.sender) == (None, "ignored", "ivan@example.com")
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
