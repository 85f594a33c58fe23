"""Which parts may connect through PgBouncer: docs/scaling.md says so, and this shows it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep, time

import pytest

from config.local.client import Api
from tests.benchmarks.desk import one_value, running_desk
from tests.benchmarks.mails import generate
from tests.database import connect
from tests.paths import ROOT
from tests.processes import wait_until, web, worker
from tests.scaling.pgbouncer import pooled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_MAILS = 200
_STORED = "SELECT count(*) FROM mailing_inboundemail"
_WAITING = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
_LIVENESS_LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"

# What a worker does before it claims mail.
_HOLD_LEASES = """
import time, django
django.setup()
from mailing.queueing.leases import LeaseHolder
holder = LeaseHolder()
holder.hold_liveness_lock()
print("holds", flush=True)
time.sleep(60)
"""


def test_the_web_server_shares_two_connections_in_transaction_mode(tmp_path: Path) -> None:
    mails = generate(_MAILS, senders=50)
    now = int(time() * 1000)
    with (
        running_desk() as desk,
        # Not in tmp_path, which only its owner can enter, and not `nobody`.
        TemporaryDirectory(prefix="servicedesk-pgbouncer-") as folder,
    ):
        env = desk.new_inbox("inbox", [])

        # Eight callers at once send each mail twice, through a pool of two connections.
        with (
            pooled(env, Path(folder), mode="transaction", size=2) as pooled_env,
            web(folder=tmp_path, env=pooled_env) as url,
            ThreadPoolExecutor(8) as callers,
        ):
            api = Api(url, token="", timeout_seconds=60)

            def post(number: int) -> int:
                mail = (f"mail{number}", now + number, mails[number])
                return api.post_mails(env["WEBHOOK_SECRETS"], [mail]).status

            statuses = set(callers.map(post, [*range(_MAILS), *range(_MAILS)]))

        # Each is stored once, and a worker that is connected directly processes it.
        database = connect(env)
        assert statuses == {202}
        assert one_value(database, _STORED) == _MAILS
        with worker("inbox", folder=tmp_path, env=env):
            desk.new_broker_client().send_task("inbound.work", queue="inbox")
            wait_until(lambda: one_value(database, _WAITING) == 0, seconds=120)


@pytest.mark.parametrize(("mode", "is_noticed"), [("session", True), ("transaction", False)])
def test_the_death_of_a_worker_is_noticed_in_session_mode_only(mode: str, is_noticed: bool) -> None:
    with (
        running_desk() as desk,
        TemporaryDirectory(prefix="servicedesk-pgbouncer-") as folder,
        pooled(desk.env, Path(folder), mode=mode) as env,
    ):
        database = connect(desk.env)
        command = [sys.executable, "-c", _HOLD_LEASES]
        with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"holds\n"
            assert one_value(database, _LIVENESS_LOCKS) == 1
            holder.kill()

        # A pool in transaction mode keeps the connection that has the dead worker's lock.
        if is_noticed:
            wait_until(lambda: one_value(database, _LIVENESS_LOCKS) == 0)
        else:
            sleep(3)
            assert one_value(database, _LIVENESS_LOCKS) == 1
