"""A pytest plugin (`-p tests.services`): start a PostgreSQL and a Valkey for the tests.

They start before pytest-django reads the settings, once for all processes of pytest-xdist.
Servers that the environment names are used instead.
"""

import base64
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

from config.local.processes.ports import free_ports
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from tests.servers import Server

WEBHOOK_KEY = bytes(range(32))
WEBHOOK_SECRET = "whsec_" + base64.b64encode(WEBHOOK_KEY).decode()

ENVIRONMENT = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghij-ABCDEFGHIJ-xyz",
    "WEBHOOK_SECRETS": WEBHOOK_SECRET,
    "SUPPORT_ADDRESS": "desk@servicedesk.example",
    "OWN_ADDRESSES": "billing@servicedesk.example",
    "FORM_SENDERS": "form@site.example",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": "1",
    "EMAIL_TIMEOUT": "5s",
    "EMAIL_USE_TLS": "false",
    "HTTPS": "false",
    "LANGUAGE_CODE": "ru",
    "LOG_FORMAT": "text",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    os.environ.update(ENVIRONMENT)
    files = tempfile.mkdtemp(prefix="servicedesk-files-")
    os.environ["FILES_ROOT"] = files
    early_config.add_cleanup(lambda: shutil.rmtree(files, ignore_errors=True))
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # each has a Redis database of its own
        url, _slash, _number = os.environ["CELERY_BROKER_URL"].rpartition("/")
        os.environ["CELERY_BROKER_URL"] = f"{url}/{int(worker.removeprefix('gw')) + 1}"
    if "POSTGRES_HOST" in os.environ and "CELERY_BROKER_URL" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="servicedesk-tests-"))
    postgres_port, valkey_port = free_ports(2)
    password = secrets.token_hex(16)
    postgres = Postgres(folder / "pg", port=postgres_port, password=password, durable=False)
    valkey = Valkey(folder / "valkey", port=valkey_port, password=password, durable=False)
    servers = [Server(postgres), Server(valkey)]

    def stop() -> None:
        for server in servers:
            server.stop()
        postgres.discard()
        shutil.rmtree(folder, ignore_errors=True)

    early_config.add_cleanup(stop)
    for server in servers:
        server.start()
    os.environ.update(postgres.env() | valkey.env())
