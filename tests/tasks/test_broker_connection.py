"""Workers and beat reconnect to a broker that was away."""

import pytest
from kombu.exceptions import OperationalError
from kombu.utils import functional

from config.celery import app
from config.local.processes.ports import free_ports

_TRIES = 40


def test_reconnecting_is_tried_every_two_seconds_however_long_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(functional, "sleep", lambda seconds: None)
    connection = app.connection_for_read(f"redis://127.0.0.1:{free_ports(1)[0]}/0")

    with pytest.raises(OperationalError):
        connection.clone().ensure_connection(lambda _error, wait: waits.append(wait), _TRIES)

    assert set(waits) == {2}
    assert len(waits) == _TRIES
