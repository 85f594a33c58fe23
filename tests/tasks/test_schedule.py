"""Beat's schedule, an administrator's changes to it, and beats that take over."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from mailing.queueing.locks import AdvisoryLock
from tasks import schedule
from tasks.scheduler import LeaderScheduler
from tests import processes
from tests.factories import InboundEmailFactory
from tests.processes import wait_until

NAMES = [
    "Nudge the inbox",
    "Nudge the outbox",
    "Free what dead workers held",
    "Wake snoozed tickets",
    "Purge raw mail",
    "Purge files",
    "Purge idempotency keys",
    "Clear sessions",
]


@pytest.mark.django_db
def test_the_entries_are_added_once() -> None:
    first, second = StringIO(), StringIO()

    call_command("sync_schedule", stdout=first)
    call_command("sync_schedule", stdout=second)

    assert first.getvalue() == f"Added: {', '.join(NAMES)}\n"
    assert second.getvalue() == "The schedule is complete.\n"
    rows = PeriodicTask.objects.filter(name__in=NAMES)
    assert {row.name: (row.task, row.interval.every, row.expire_seconds) for row in rows} == {
        "Nudge the inbox": ("inbound.work", 5, 5),
        "Nudge the outbox": ("outbound.work", 5, 5),
        "Free what dead workers held": ("maintenance.release_orphans", 5, 5),
        "Wake snoozed tickets": ("maintenance.wake_tickets", 10, 10),
        "Purge raw mail": ("maintenance.purge_raw_mail", 21_600, 21_600),
        "Purge files": ("maintenance.purge_files", 3_600, 3_600),
        "Purge idempotency keys": ("maintenance.purge_idempotency_keys", 3_600, 3_600),
        "Clear sessions": ("maintenance.clear_sessions", 86_400, 86_400),
    }
    assert {row.interval.period for row in rows} == {IntervalSchedule.SECONDS}
    assert all(row.enabled for row in rows)


@pytest.mark.django_db
def test_every_entry_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()

    assert {entry.task for entry in schedule.ENTRIES} <= set(app.tasks)


@pytest.mark.django_db
def test_an_administrators_changes_are_kept() -> None:
    schedule.sync()
    hourly = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.filter(name="Nudge the inbox").update(interval=hourly, enabled=False)
    PeriodicTask.objects.filter(name="Purge raw mail").delete()

    assert schedule.sync() == ["Purge raw mail"]

    row = PeriodicTask.objects.get(name="Nudge the inbox")
    assert (row.interval, row.enabled) == (hourly, False)


@pytest.mark.django_db
def test_the_two_entries_of_earlier_versions_that_freed_mail_become_one() -> None:
    schedule.sync()
    row = PeriodicTask.objects.get(name="Free what dead workers held")
    row.task, row.enabled = "outbound.release_orphans", False
    row.save()
    PeriodicTask.objects.create(
        name="Free what dead inbox workers held",
        task="inbound.release_orphans",
        interval=row.interval,
    )
    changed_at = PeriodicTasks.last_change()

    assert schedule.sync() == []

    rows = PeriodicTask.objects.filter(task__contains="release_orphans")
    assert [(each.name, each.task, each.enabled) for each in rows] == [
        ("Free what dead workers held", "maintenance.release_orphans", False)
    ]
    assert PeriodicTasks.last_change() > changed_at


@pytest.mark.django_db
def test_an_interval_that_exists_twice_does_not_stop_a_deploy() -> None:
    # django-celery-beat lets an administrator make the same interval again.
    for _ in range(2):
        IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)

    assert len(schedule.sync()) == 8
    assert schedule.sync() == []


def test_beat_looks_for_changes_of_its_schedule_every_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("tasks.scheduler.time.monotonic", lambda: now)
    monkeypatch.setattr(DatabaseScheduler, "schedule_changed", lambda self: True)
    beat = LeaderScheduler(app=app, lazy=True)
    assert beat.schedule_changed()

    now += 4.9
    assert not beat.schedule_changed()
    now += 0.1
    assert beat.schedule_changed()


def leader() -> int | None:
    """Return the backend that holds the leader's lock, if any does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [AdvisoryLock.BEAT_LEADER],
        )
        row = cursor.fetchone()
    return row[0] if row else None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_beats_one_leads_and_the_other_takes_over_when_it_is_killed(
    tmp_path: Path,
) -> None:
    schedule.sync()
    env = processes.environment()

    with (
        processes.beat(folder=tmp_path, env=env, name="first-beat") as first_beat,
        processes.beat(folder=tmp_path, env=env, name="second-beat") as second_beat,
        processes.worker("inbox", folder=tmp_path, env=env, size=1),
    ):
        wait_until(leader)
        wait_until(
            lambda: (
                "beat_became_leader" in processes.log_of(first_beat) + processes.log_of(second_beat)
            )
        )
        leading = [
            beat
            for beat in (first_beat, second_beat)
            if "beat_became_leader" in processes.log_of(beat)
        ]
        assert len(leading) == 1
        follower = second_beat if leading[0] is first_beat else first_beat
        first = InboundEmailFactory.create()
        wait_until(lambda: type(first).objects.filter(state="processed").exists())
        assert "Sending due task" not in processes.log_of(follower)

        processes.kill(leading[0])

        wait_until(lambda: "beat_became_leader" in processes.log_of(follower))
        assert leader() is not None
        second = InboundEmailFactory.create(
            requester_address="olga@example.com", internal_date=timezone.now()
        )
        wait_until(lambda: type(second).objects.get(pk=second.pk).state == "processed")
        assert "Sending due task" in processes.log_of(follower)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_leader_whose_connection_ends_leads_again(tmp_path: Path) -> None:
    schedule.sync()

    with processes.beat(folder=tmp_path, env=processes.environment()) as beat:
        first = wait_until(leader)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [first])
        wait_until(lambda: leader() not in (None, first))
        wait_until(lambda: processes.log_of(beat).count("beat_became_leader") == 2)

    wait_until(lambda: leader() is None)
    assert processes.log_of(beat).count("beat_lost_database") == 1
