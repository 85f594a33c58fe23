"""The times that the desk offers."""

from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tickets.desk.send_times import times_to_choose
from tickets.desk.snooze_times import snooze_times

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("before", ["2026-10-25T02:30+02:00", "2026-03-29T01:30+01:00"])
def test_hours_are_hours_when_the_clocks_change(before: str) -> None:
    now = datetime.fromisoformat(before)

    with patch.object(timezone, "now", return_value=now), timezone.override(BERLIN):
        in_an_hour, in_three = times_to_choose()["hour"], snooze_times()[0]

    assert in_an_hour - now == timedelta(hours=1)
    assert datetime.fromisoformat(in_three.value) - now == timedelta(hours=3)


def test_on_a_monday_monday_is_the_next_one_at_nine() -> None:
    now = datetime.fromisoformat("2026-11-23T00:30+01:00")  # a Monday; in London a Sunday

    with patch.object(timezone, "now", return_value=now), timezone.override(BERLIN):
        times = times_to_choose()

    assert times["tomorrow"] == datetime(2026, 11, 24, 9, tzinfo=BERLIN)
    assert times["monday"] == datetime(2026, 11, 30, 9, tzinfo=BERLIN)
