"""`manage.py watch` runs its rounds until a signal comes, and then ends at once."""

import os
import signal
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from config.management.commands import watch


@pytest.fixture(autouse=True)
def restored_signal_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.django_db
@pytest.mark.timeout(20)
def test_it_runs_rounds_until_a_signal_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    class Counting:
        def run_round(self) -> None:
            rounds.append(len(rounds))
            if len(rounds) == 2:
                raise ValueError("a bug")
            if len(rounds) == 3:
                monkeypatch.setattr(watch, "ROUND_SECONDS", 60.0)
                os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(watch, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(watch, "OutageWatch", Counting)

    call_command("watch")

    assert rounds == [0, 1, 2]
