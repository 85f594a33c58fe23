"""How workers and beat come back to a broker that was away."""

import pytest
from kombu.exceptions import OperationalError
from kombu.utils import functional

from config.celery import app
from config.local.processes.ports import free_ports

_TRIES = 40


def test_a_broker_that_was_away_for_long_is_tried_every_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(functional, "sleep", lambda seconds: None)
    nobody = app.connection_for_read(f"redis://127.0.0.1:{free_ports(1)[0]}/0")

    with pytest.raises(OperationalError):
        nobody.clone().ensure_connection(lambda _error, wait: waits.append(wait), _TRIES)

    assert set(waits) == {2}
    assert len(waits) == _TRIES
