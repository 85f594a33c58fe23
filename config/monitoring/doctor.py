"""What an administrator looks at first: each thing is ok, or there is one sentence what to do."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from mailing.monitoring import heartbeats, problems
from mailing.outbound.smtp import Connection, ServerUnavailable
from operators.masking import mask_addresses

# All checks together wait no longer than this, whatever hangs behind them.
LIMIT_SECONDS = 10.0
_WORKERS_SECONDS = 3.0
_CLOCKS_APART_SECONDS = 30.0  # a signature is good for five minutes
_DISK_NEEDED_BYTES = 1024**3
_FEWEST_DIFFERENT_BYTES = 12  # in a key of 24 random ones


class Trouble(Exception):
    """One sentence what to do."""


class Finding(NamedTuple):
    """`advice` is empty where all is well."""

    name: str
    advice: str


def examine() -> list[Finding]:
    """Look at everything at once and return what was found, in the order of `CHECKS`."""
    found: dict[str, str] = {}

    def look(name: str, check: Callable[[], None]) -> None:
        try:
            check()
            found[name] = ""
        except Trouble as trouble:
            found[name] = str(trouble)
        except Error as error:
            found[name] = f"Not known without the database ({type(error).__name__})."
        except Exception as error:  # noqa: BLE001 - an unforeseen one must not hide the others
            found[name] = f"It cannot be examined ({type(error).__name__}): look at its log."
        finally:
            connections[DEFAULT_DB_ALIAS].close()

    threads = [threading.Thread(target=look, args=one, daemon=True) for one in CHECKS.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LIMIT_SECONDS
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    late = f"It did not answer within {LIMIT_SECONDS:.0f} s: look at its log and at the network."
    return [Finding(name, found.get(name, late)) for name in CHECKS]


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        raise Trouble(
            "Start PostgreSQL, and check POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DB "
            f"({type(error).__name__})."
        ) from error


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Trouble("Run manage.py migrate.")


def _redis() -> None:
    try:
        with redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=3, socket_connect_timeout=3
        ) as broker:
            broker.ping()
    except redis.RedisError as error:
        raise Trouble(
            f"Start Redis, and check CELERY_BROKER_URL ({type(error).__name__})."
        ) from error


def _workers() -> None:
    try:
        answers = app.control.inspect(timeout=_WORKERS_SECONDS).active_queues() or {}
    except (OSError, OperationalError) as error:
        raise Trouble("Not known without Redis.") from error
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if lacking := sorted({"inbox", "outbox"} - served):
        raise Trouble(
            f"Start a worker for {' and '.join(lacking)}: celery -A config worker -Q {lacking[0]}."
        )


def _beat() -> None:
    age = heartbeats.ages().get(heartbeats.Name.BEAT)
    if age is None or age > heartbeats.LONGEST_SILENCE:
        raise Trouble("Start beat (celery -A config beat); its last tick is over a minute ago.")


def _smtp() -> None:
    try:
        with Connection():
            pass
    except ServerUnavailable as error:
        raise Trouble(
            f"Check EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_HOST_USER and "
            f"EMAIL_HOST_PASSWORD: "
            f"{mask_addresses(str(error))}"
        ) from error


def _webhook_secret() -> None:
    for key in settings.WEBHOOK_SECRETS:
        if len(set(key)) < _FEWEST_DIFFERENT_BYTES:
            raise Trouble(
                'Replace the secret in WEBHOOK_SECRETS by a random one: echo "whsec_$(openssl rand '
                '-base64 32)".'
            )


def _script() -> None:
    # A desk that was never connected to a mailbox is no broken one.
    age = heartbeats.ages().get(heartbeats.Name.SCRIPT)
    if age is not None and age > problems.SCRIPT_SILENCE:
        raise Trouble(
            "Look at Executions in the Apps Script editor: it has not called for "
            f"{age.total_seconds() / 60:.0f} minutes."
        )


def _clock() -> None:
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    apart = abs((theirs - before).total_seconds())
    if apart > _CLOCKS_APART_SECONDS:
        raise Trouble(
            f"Set the clocks (NTP): this machine's and the database's are {apart:.0f} s apart."
        )


def _disk() -> None:
    places = {Path(settings.STATIC_ROOT)}  # not /tmp, which may be small and is emptied
    if not settings.FILES_S3_BUCKET:
        places.add(Path(settings.FILES_ROOT))
    for place in sorted(places):
        there = next(folder for folder in (place, *place.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        if free < _DISK_NEEDED_BYTES:
            raise Trouble(f"Make room on the disk of {place}: {free // 1024**2} MB are free.")


def _files() -> None:
    try:
        if settings.FILES_S3_BUCKET:
            default_storage.exists("0" * 64)
            return
        Path(settings.FILES_ROOT).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.FILES_ROOT) as probe:
            probe.write(b"probe")
            os.fsync(probe.fileno())
    except Exception as error:
        where = "the bucket" if settings.FILES_S3_BUCKET else settings.FILES_ROOT
        raise Trouble(
            f"Let the service write to {where}, where files lie ({type(error).__name__})."
        ) from error


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "Redis": _redis,
    "workers": _workers,
    "beat": _beat,
    "SMTP sign-in": _smtp,
    "webhook secret": _webhook_secret,
    "script heartbeat": _script,
    "clock": _clock,
    "disk": _disk,
    "files": _files,
}


def is_well(findings: Sequence[Finding]) -> bool:
    """Tell whether nothing is to be done."""
    return not any(finding.advice for finding in findings)
