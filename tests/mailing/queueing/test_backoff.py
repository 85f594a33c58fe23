"""The waits between tries grow, and end growing."""

from datetime import timedelta

from mailing.queueing.backoff import exponential_backoff


def test_the_wait_doubles_up_to_the_longest() -> None:
    waits = [
        exponential_backoff(failures, first=timedelta(seconds=5), longest=timedelta(seconds=60))
        for failures in range(1, 8)
    ]

    assert [wait.total_seconds() for wait in waits] == [5, 10, 20, 40, 60, 60, 60]


def test_any_number_of_failures_has_a_wait() -> None:
    wait = exponential_backoff(10**9, first=timedelta(seconds=30), longest=timedelta(hours=1))

    assert wait == timedelta(hours=1)
