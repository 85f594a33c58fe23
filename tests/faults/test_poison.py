"""Mail that kills, hangs or fails its worker is quarantined after three tries; the rest goes on."""

from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone
from pytest_django import Settings

from mailing.inbound import queue
from mailing.models import InboundEmail
from tasks.inbound import work_inbox
from tests import processes
from tests.inbox import is_inbox_empty
from tests.mail import build_mail
from tests.processes import wait_until
from tests.webhook import post_mails
from tickets.models import Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(150), pytest.mark.slow]

REASONS = {
    "kill": "gave up after 3 tries: its worker died",
    "hang": "gave up after 3 tries: its worker died",
    "eat": "gave up after 3 tries: MemoryError: ",
    "raise": "gave up after 3 tries: ZeroDivisionError: poison",
    "nibble": "gave up after 3 tries: MemoryError: ",
    "exit": "gave up after 3 tries: its worker died",
}
# The poison mail is in the middle of a claimed batch.
INNOCENT_BEFORE, INNOCENT_AFTER = 3, 9
TIME_LIMIT = timedelta(seconds=6)


def beat() -> None:
    """Do what beat does: release what dead workers held, and send a task."""
    queue.release_orphans()
    # The sender puts the time limit into the message.
    work_inbox.apply_async(expires=60, time_limit=TIME_LIMIT.total_seconds())


def beat_until_empty(beats: list[float]) -> bool:
    now = timezone.now().timestamp()
    if now - beats[-1] > 1:
        beats.append(now)
        beat()
    return is_inbox_empty()


@pytest.mark.parametrize("effect", REASONS)
def test_poison_is_tried_three_times_and_quarantined(
    effect: str, tmp_path: Path, settings: Settings
) -> None:
    before = [build_mail(f"b{number}@example.com") for number in range(INNOCENT_BEFORE)]
    after = [build_mail(f"a{number}@example.com") for number in range(INNOCENT_AFTER)]
    poison = build_mail("poison@example.com", subject=effect)
    second = build_mail("poison@example.com", subject="and one more")
    post_mails(*before, poison, *after, second)
    # Tasks that this process sent have the time limit of its settings.
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        broker.delete("inbox")
    env = processes.environment(DJANGO_SETTINGS_MODULE="tests.faults.poison.settings")

    with processes.worker("inbox", folder=tmp_path, env=env):
        started = timezone.now()
        beats = [0.0]
        wait_until(lambda: beat_until_empty(beats), seconds=90)

    rows = {row.external_id: row for row in InboundEmail.objects.all()}
    quarantined = rows.pop(f"m{INNOCENT_BEFORE + 1}")
    assert (quarantined.state, quarantined.reason) == ("quarantined", REASONS[effect])
    assert quarantined.attempts == 3
    assert {row.state for row in rows.values()} == {"processed"}
    # Which mail of a batch killed its worker nobody knows, so that all of it count as tried.
    others_tried = {row.attempts for row in rows.values() if row.requester_address[0] in "ab"}
    assert others_tried == ({1} if "Error" in REASONS[effect] else {2})
    assert Message.objects.count() == INNOCENT_BEFORE + INNOCENT_AFTER + 1
    others = [row for row in rows.values() if row.requester_address != "poison@example.com"]
    last = max(row.processed_at for row in others if row.processed_at)
    assert last - started < TIME_LIMIT + timedelta(seconds=12)


def test_mails_that_hang_delay_other_mail_twice_each_and_not_with_every_try(
    tmp_path: Path, settings: Settings
) -> None:
    poisons = [build_mail(f"p{number}@example.com", subject="hang") for number in range(2)]
    behind = [build_mail(f"p{number}@example.com", subject="and one more") for number in range(2)]
    post_mails(*poisons, *behind, *(build_mail(f"i{number}@example.com") for number in range(20)))
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        broker.delete("inbox")
    env = processes.environment(DJANGO_SETTINGS_MODULE="tests.faults.poison.settings")

    with processes.worker("inbox", folder=tmp_path, env=env, size=1):
        beats = [0.0]
        wait_until(lambda: beat_until_empty(beats), seconds=120)

    rows = list(InboundEmail.objects.order_by("internal_date"))
    assert {(row.state, row.attempts) for row in rows[:2]} == {("quarantined", 3)}
    assert {row.state for row in rows[2:]} == {"processed"}
    ends = [row.processed_at for row in rows if row.processed_at]
    # The others go before the third try of any poison mail.
    assert max(ends[4:]) < min(ends[:2])
    assert all(after > before for before, after in zip(ends[:2], ends[2:4], strict=True))
