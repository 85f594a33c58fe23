"""The scheduler that leads or rests, inside one process."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from tasks import scheduler
from tasks.scheduler import LeaderScheduler
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The schedulers that did what is due, in order."""
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
    for one in schedulers:
        one._resign()


def test_the_first_that_ticks_leads_and_the_other_rests(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    waits = [one.tick() for _ in range(2) for one in two]

    assert waits == [5.0, 1.0, 5.0, 1.0]
    assert ticks == [two[0], two[0]]


def test_a_leader_that_closes_leaves_the_lead_to_the_other(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    first, second = two
    first.tick()

    first.close()

    assert second.tick() == 5.0
    assert ticks == [first, second]


def test_a_leader_whose_connection_broke_rests_and_stands_again(
    two: list[LeaderScheduler], ticks: list[object]
) -> None:
    leader = two[0]
    leader.tick()
    leader._leadership.close()

    assert leader.tick() == 1.0
    assert leader.tick() == 5.0
    assert ticks == [leader, leader]


def test_a_leader_that_fell_silent_has_lost_the_lead_to_the_other(
    two: list[LeaderScheduler], ticks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "_SILENCE_MILLISECONDS", 500)
    first, second = two
    first.tick()

    wait_until(lambda: second.tick() == 5.0)

    assert first.tick() == 1.0
    assert ticks == [first, second]


def test_without_the_database_nobody_leads(
    two: list[LeaderScheduler], ticks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**parameters: Any) -> None:
        raise psycopg2.OperationalError("refused")

    monkeypatch.setattr(psycopg2, "connect", refuse)

    assert [one.tick() for one in two] == [1.0, 1.0]
    assert ticks == []
