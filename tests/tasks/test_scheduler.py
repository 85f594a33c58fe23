"""Of several schedulers one leads, and the others wait to take over."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from mailing.queueing.locks import AdvisoryLock
from tasks import scheduler
from tasks.scheduler import LeaderScheduler
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The schedulers that published what was due, in order."""
    ticked: list[object] = []

    def tick(self: object, *args: Any, **kwargs: Any) -> float:
        ticked.append(self)
        return 5.0

    monkeypatch.setattr(DatabaseScheduler, "tick", tick)
    return ticked


@pytest.fixture
def two() -> Iterator[list[LeaderScheduler]]:
    schedulers = [LeaderScheduler(app=app, lazy=True) for _ in range(2)]
    yield schedulers
    for each in schedulers:
        each.resign()


def terminate_leader() -> None:
    """End the database session that holds the leader's lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [AdvisoryLock.BEAT_LEADER],
        )


def test_the_first_scheduler_leads_and_the_second_waits(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    waits = [each.tick() for _ in range(2) for each in two]

    assert waits == [5.0, 1.0, 5.0, 1.0]
    assert ticks == [two[0], two[0]]


def test_when_the_leader_closes_the_other_leads(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    first, second = two
    first.tick()

    first.close()

    assert second.tick() == 5.0
    assert ticks == [first, second]


def test_a_leader_whose_connection_breaks_waits_and_leads_again(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    leader = two[0]
    leader.tick()
    terminate_leader()

    assert leader.tick() == 1.0
    assert leader.tick() == 5.0
    assert ticks == [leader, leader]


def test_a_leader_that_hangs_loses_the_lead_to_the_other(
    two: list[LeaderScheduler], ticks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "LONGEST_SILENCE_MILLISECONDS", 500)
    first, second = two
    first.tick()

    wait_until(lambda: second.tick() == 5.0)

    assert first.tick() == 1.0
    assert ticks == [first, second]


def test_without_the_database_no_scheduler_leads(
    two: list[LeaderScheduler], ticks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**parameters: Any) -> None:
        raise psycopg2.OperationalError("refused")

    monkeypatch.setattr(psycopg2, "connect", refuse)

    assert [each.tick() for each in two] == [1.0, 1.0]
    assert ticks == []
