"""Snoozed tickets wake when their time comes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from tasks import schedule
from tasks.maintenance import wake_tickets
from tests import processes
from tests.concurrency import at_once
from tests.factories import TicketFactory
from tests.processes import wait_until
from tickets import snoozing
from tickets.changes import lock_ticket
from tickets.models import HistoryEntry, Ticket

UNTIL = datetime(2030, 1, 3, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_a_ticket_wakes_when_its_time_has_come(api: APIClient) -> None:
    ticket = TicketFactory.create(taken=True, waiting_on="requester", snoozed_until=UNTIL)
    later = TicketFactory.create(snoozed_until=UNTIL + timedelta(seconds=1))

    with time_machine.travel(UNTIL - timedelta(seconds=1), tick=False):
        wake_tickets()
    assert not HistoryEntry.objects.exists()
    with time_machine.travel(UNTIL, tick=False):
        wake_tickets()
        wake_tickets()

    shown = api.get(f"/requests/user_requests/{ticket.pk}/").json()
    assert (shown["snoozed_until"], shown["version"]) == (None, 2)
    assert (shown["date_update"], shown["waiting_on"]) == ("2030-01-03T09:00:00Z", "requester")
    (entry,) = shown["history"]
    assert (entry["event"], entry["actor_type"], entry["actor_id"]) == ("woken", "system", None)
    assert entry["details"] == {"before": "2030-01-03T09:00:00Z", "after": None}
    assert (entry["status_before"], entry["status_after"]) == ("in_progress", "in_progress")
    later.refresh_from_db()
    assert (later.version, later.snoozed_until) == (1, UNTIL + timedelta(seconds=1))
    assert not OutboundEmail.objects.exists()


@pytest.mark.django_db
def test_many_tickets_take_as_many_statements_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    TicketFactory.create_batch(20, snoozed_until=timezone.now())

    with django_assert_num_queries(5):  # with a savepoint
        assert snoozing.wake_due_tickets() == 20

    assert HistoryEntry.objects.filter(event="woken", version=2).count() == 20


@pytest.mark.django_db
def test_all_due_tickets_wake_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snoozing, "_TICKETS_IN_A_TRANSACTION", 3)
    TicketFactory.create_batch(7, snoozed_until=timezone.now())

    wake_tickets()

    assert not Ticket.objects.filter(snoozed_until__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_somebody_changes_delays_no_other() -> None:
    changed, other = TicketFactory.create_batch(2, snoozed_until=timezone.now())
    locked, others_are_awake = Event(), Event()

    def close_slowly() -> None:
        with transaction.atomic():
            lock_ticket(ticket_id=changed.pk)
            locked.set()
            assert others_are_awake.wait(30)

    def wake() -> None:
        assert locked.wait(30)
        wake_tickets()
        others_are_awake.set()

    at_once([close_slowly, wake])

    assert list(HistoryEntry.objects.values_list("ticket", flat=True)) == [other.pk]
    wake_tickets()
    assert HistoryEntry.objects.filter(ticket=changed).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_beat_and_a_mail_worker_wake_a_ticket(tmp_path: Path) -> None:
    schedule.sync()
    until = timezone.now() + timedelta(seconds=3)
    ticket = TicketFactory.create(snoozed_until=until)
    env = processes.environment()

    with (
        processes.beat(folder=tmp_path, env=env),
        processes.worker("outbox", folder=tmp_path, env=env, size=1),
    ):
        wait_until(lambda: Ticket.objects.filter(pk=ticket.pk, snoozed_until=None).exists())

    entry = ticket.history.get()
    assert (entry.event, entry.is_system) == ("woken", True)
    assert entry.created_at >= until
