"""Kill beat and workers: /readyz names them until they run again."""

from pathlib import Path

import pytest

from mailing.monitoring import heartbeats
from mailing.monitoring.problems import find_mail_problems
from tasks import schedule
from tests import processes
from tests.processes import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def codes() -> set[str]:
    return {problem.code for problem in find_mail_problems()}


def test_dead_parts_are_reported_until_they_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule.sync()
    heartbeats.record_start()
    env = processes.environment()
    with (
        processes.worker("inbox", folder=tmp_path, env=env) as inbox,
        processes.worker("outbox", folder=tmp_path, env=env) as outbox,
        processes.beat(folder=tmp_path, env=env) as beat,
    ):
        started = heartbeats.ages()
        wait_until(lambda: all(age < started[name] for name, age in heartbeats.ages().items()))
        assert codes() == set()
        # Instead of a minute, which is too long for a test.
        monkeypatch.setattr(heartbeats, "LONGEST_SILENCE", heartbeats.LONGEST_SILENCE / 5)
        for process in (inbox, outbox, beat):
            processes.kill(process)
        wait_until(lambda: codes() == {"beat", "inbox", "outbox"})
    with (
        processes.worker("inbox", folder=tmp_path, env=env, name="inbox2"),
        processes.worker("outbox", folder=tmp_path, env=env, name="outbox2"),
        processes.beat(folder=tmp_path, env=env, name="beat2"),
    ):
        wait_until(lambda: codes() == set())
