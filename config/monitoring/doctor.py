"""`manage.py doctor`: check every part of an installation, and advise what to do."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from config.monitoring import checks
from mailing.monitoring import heartbeats
from mailing.outbound.smtp import Connection, ServerUnavailable
from operators.masking import mask_addresses

# The checks run at the same time, and all of them together take no longer than this.
LIMIT_SECONDS = 10.0
WORKERS_SECONDS = 3.0  # how long workers are given to answer
_CLOCKS_APART_SECONDS = 30.0  # a webhook signature is valid for five minutes
_DISK_NEEDED_BYTES = 1024**3
_FEWEST_DIFFERENT_BYTES = 12  # in a webhook key; a random one has at least 24 bytes


class ActionNeeded(Exception):
    """A check has failed; the text is one sentence that says what to do."""


class Finding(NamedTuple):
    """The result of one check; `advice` is empty when the check has passed."""

    name: str
    advice: str


def examine() -> list[Finding]:
    """Run all checks at the same time and return the results in the order of `CHECKS`."""
    advice: dict[str, str] = {}

    def run(name: str, check: Callable[[], None]) -> None:
        try:
            advice[name] = _run_check(check)
        finally:
            connections[DEFAULT_DB_ALIAS].close()

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in CHECKS.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LIMIT_SECONDS
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    late = f"It did not answer within {LIMIT_SECONDS:.0f} s: look at its log and at the network."
    return [Finding(name, advice.get(name, late)) for name in CHECKS]


def is_well(findings: Sequence[Finding]) -> bool:
    """Return whether every check has passed."""
    return not any(finding.advice for finding in findings)


def _run_check(check: Callable[[], None]) -> str:
    """Return what to do; an empty string when the check has passed."""
    try:
        check()
    except ActionNeeded as action:
        return str(action)
    except Error as error:
        return f"Not known without the database ({type(error).__name__})."
    except Exception as error:  # noqa: BLE001 - an unforeseen error must not hide other findings
        return f"It cannot be examined ({type(error).__name__}): look at its log."
    return ""


def _check_database() -> None:
    try:
        checks.query_database()
    except Error as error:
        raise ActionNeeded(
            "Start PostgreSQL, and check POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DB "
            f"({type(error).__name__})."
        ) from error


def _check_migrations() -> None:
    if checks.has_missing_migrations():
        raise ActionNeeded("Run manage.py migrate.")


def _check_broker() -> None:
    try:
        checks.ping_broker(timeout_seconds=3)
    except checks.BROKER_ERRORS as error:
        raise ActionNeeded(
            f"Start {checks.broker_name()}, and check CELERY_BROKER_URL ({type(error).__name__})."
        ) from error


def _check_workers() -> None:
    try:
        answers = app.control.inspect(timeout=WORKERS_SECONDS).active_queues() or {}
    except (OSError, OperationalError) as error:
        raise ActionNeeded("Not known without Redis.") from error
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if lacking := sorted({"inbox", "outbox"} - served):
        raise ActionNeeded(
            f"Start a worker for {' and '.join(lacking)}: celery -A config worker -Q {lacking[0]}."
        )


def _check_beat() -> None:
    never_seen = heartbeats.Name.BEAT not in heartbeats.ages()
    if never_seen or heartbeats.Name.BEAT in heartbeats.overdue():
        raise ActionNeeded(
            "Start beat (celery -A config beat); its last tick is over a minute ago."
        )


def _check_smtp() -> None:
    try:
        Connection().close()
    except ServerUnavailable as error:
        raise ActionNeeded(
            "Check EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_HOST_USER and "
            f"EMAIL_HOST_PASSWORD: {mask_addresses(str(error))}"
        ) from error


def _check_webhook_secret() -> None:
    for key in settings.WEBHOOK_SECRETS:
        if len(set(key)) < _FEWEST_DIFFERENT_BYTES:
            raise ActionNeeded(
                'Replace the secret in WEBHOOK_SECRETS by a random one: echo "whsec_$(openssl rand '
                '-base64 32)".'
            )


def _check_script() -> None:
    # A script that has never called is not overdue: no mailbox is connected yet.
    if silence := heartbeats.overdue().get(heartbeats.Name.SCRIPT):
        raise ActionNeeded(
            "Look at Executions in the Apps Script editor: it has not called for "
            f"{silence.total_seconds() / 60:.0f} minutes."
        )


def _check_clock() -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (database_now,) = cursor.fetchone()
    apart = abs((database_now - now).total_seconds())
    if apart > _CLOCKS_APART_SECONDS:
        raise ActionNeeded(
            f"Set the clocks (NTP): this machine's and the database's are {apart:.0f} s apart."
        )


def _check_disk() -> None:
    folders = {Path(settings.STATIC_ROOT)}  # not /tmp, which may be small and is emptied
    if not settings.FILES_S3_BUCKET:
        folders.add(Path(settings.FILES_ROOT))
    for folder in sorted(folders):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < _DISK_NEEDED_BYTES:
            raise ActionNeeded(f"Make room on the disk of {folder}: {free // 1024**2} MB are free.")


def _check_files() -> None:
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
        raise ActionNeeded(
            f"Let the service write to {where}, where files lie ({type(error).__name__})."
        ) from error


CHECKS: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "Redis": _check_broker,
    "workers": _check_workers,
    "beat": _check_beat,
    "SMTP sign-in": _check_smtp,
    "webhook secret": _check_webhook_secret,
    "script heartbeat": _check_script,
    "clock": _check_clock,
    "disk": _check_disk,
    "files": _check_files,
}
