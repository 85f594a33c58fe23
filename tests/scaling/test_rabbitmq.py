"""RabbitMQ as the broker, by its URL alone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.local.client import Api
from config.local.processes.ports import HOST, free_ports, is_listening
from config.local.processes.process import Process, Program
from tests.benchmarks.desk import one_value, running_desk
from tests.benchmarks.mails import generate
from tests.database import connect
from tests.processes import beat, wait_until, web, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_PROGRAM = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin")  # not its wrapper
_PROCESSED = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'processed'"


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a running RabbitMQ with its data in a folder; skip without it."""
    if _PROGRAM is None:
        pytest.skip("RabbitMQ is not installed (Debian: apt install rabbitmq-server).")
    port, node_port, name_port = free_ports(3)
    settings = {
        "HOME": str(tmp_path),
        "RABBITMQ_NODENAME": f"desk{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(node_port),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(name_port),
        "RABBITMQ_MNESIA_BASE": str(tmp_path / "data"),
        "RABBITMQ_LOG_BASE": str(tmp_path / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(tmp_path / "plugins"),
    }
    # epmd, which Erlang's nodes find each other by, would otherwise be a daemon that stays.
    commands = [["epmd", "-port", str(name_port), "-address", HOST], [_PROGRAM]]
    env = {"PATH": os.environ["PATH"], **settings}
    with ExitStack() as stack:
        for command in commands:
            name = Path(command[0]).name
            program = Program(name=name, command=command, log=tmp_path / f"{name}.log", env=env)
            process = Process(program)
            stack.callback(process.kill)
            process.start()
        wait_until(lambda: is_listening(port), seconds=120, hint=program.log)
        yield f"amqp://guest:guest@{HOST}:{port}//"


def test_rabbitmq_wakes_the_workers_and_is_reported_when_it_is_gone(
    rabbitmq: str, tmp_path: Path
) -> None:
    with running_desk() as desk:
        env = desk.new_inbox("inbox", generate(20, senders=5))
        env["CELERY_BROKER_URL"] = rabbitmq
        desk.manage(env, "sync_schedule")
        database = connect(env)

        # Beat nudges by RabbitMQ, and the web server finds nothing wrong with it.
        with (
            worker("inbox", folder=tmp_path, env=env),
            beat(folder=tmp_path, env=env),
            web(folder=tmp_path, env=env) as url,
        ):
            wait_until(lambda: one_value(database, _PROCESSED) == 20, seconds=60)
            working = Api(url, token="", timeout_seconds=30).call("GET", "/readyz").body

        # With an address at which no RabbitMQ listens it does.
        env["CELERY_BROKER_URL"] = f"amqp://guest:hidden@{HOST}:1//"
        with web(folder=tmp_path, env=env) as url:
            broken = Api(url, token="", timeout_seconds=30).call("GET", "/readyz").body

        assert "RabbitMQ" not in str(working)
        assert "RabbitMQ does not answer (ConnectionRefusedError)." in str(broken)
        assert "hidden" not in str(broken)
