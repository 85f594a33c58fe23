"""The faults of a run: each breaks one part for a moment, and has ended when it returns."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import redis

from config.local.errors import LocalError
from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack
from tests.chaos.points import POINTS
from tests.database import connect
from tests.smtp_server import Action, Drop, Hang, SmtpServer

_WAIT_FOR_POINT_SECONDS = 6.0
_WAIT_FOR_START_SECONDS = 10.0


@dataclass
class Target:
    """The running system, and the faults that broke it so far."""

    stack: Stack
    supervisor: Supervisor
    smtp: SmtpServer
    kill_requests: Path
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)
    refusals: int = 0  # mails that the mail server was told to refuse for good
    crashes: list[float] = field(default_factory=list)  # when PostgreSQL had been killed

    @property
    def kills(self) -> int:
        """How often the processing of a mail may have been cut short, which costs it a try."""
        return sum(self.done[name] for name in _ENDING_TRIES)

    def pid(self, part: str) -> int | None:
        """Return a part's process id, None if it is down; wait a while for one that is starting."""
        deadline = time.monotonic() + _WAIT_FOR_START_SECONDS
        while not self.supervisor.is_ready(part) and time.monotonic() < deadline:
            time.sleep(0.05)
        with suppress(LocalError):
            return self.supervisor.pid(part) if self.supervisor.is_ready(part) else None
        return None


def _kill_main(part: str) -> Callable[[Target], bool]:
    return lambda target: _kill(target.pid(part))


def _kill_postgres(target: Target) -> bool:
    return _crash(target, target.pid("postgres"))


def _crash(target: Target, postgres: int | None) -> bool:
    is_killed = _kill(postgres)
    target.crashes.append(time.time())
    return is_killed


def _kill_child(part: str) -> Callable[[Target], bool]:
    def fault(target: Target) -> bool:
        parent = target.pid(part)
        children = _children(parent) if parent else []
        return _kill(target.random.choice(children) if children else None)

    return fault


def _kill_at(point: str) -> Callable[[Target], bool]:
    def fault(target: Target) -> bool:
        request = target.kill_requests / point
        request.touch()
        deadline = time.monotonic() + _WAIT_FOR_POINT_SECONDS
        while request.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            request.unlink()
        except FileNotFoundError:
            return True
        return False  # no process reached the point

    return fault


def _flush_redis(target: Target) -> bool:
    try:
        with redis.Redis.from_url(
            target.stack.env["CELERY_BROKER_URL"], socket_timeout=2
        ) as client:
            client.flushall()
    except redis.RedisError:
        return False
    return True


def _kill_postgres_while_mail_is_sent(target: Target) -> bool:
    """Kill PostgreSQL right after the mail server has accepted a mail.

    The record of it need not be on the disk then (`mailing.outbound.attempts`).
    """
    pid = target.pid("postgres")
    before = len(target.smtp.received)
    deadline = time.monotonic() + _WAIT_FOR_POINT_SECONDS
    while len(target.smtp.received) == before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    time.sleep(target.random.uniform(0, 0.05))
    return _crash(target, pid)


def _freeze_redis(target: Target) -> bool:
    """Stop Redis so that it accepts connections and bytes, and answers nothing."""
    pid = target.pid("valkey")
    if pid is None:
        return False
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(target.random.uniform(2, 6))
    finally:
        os.kill(pid, signal.SIGCONT)
    return True


def _cut_backends(target: Target) -> bool:
    try:
        connection = connect(target.stack.env)
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE usename = current_user"
                " AND pid <> pg_backend_pid() ORDER BY pid"
            )
            pids = [pid for (pid,) in cursor.fetchall()]
            chosen = target.random.sample(pids, min(len(pids), target.random.randrange(1, 4)))
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [chosen])
    finally:
        connection.close()
    return bool(pids)


def _smtp_refuses_connections(target: Target) -> bool:
    target.smtp.stop()
    time.sleep(target.random.uniform(1, 4))
    target.smtp.start()
    return True


def _smtp_hangs(step: str) -> Callable[[Target], bool]:
    def fault(target: Target) -> bool:
        hangs = [Hang() for _ in range(3)]
        target.smtp.answer(step, *hangs)
        hangs[0].reached.wait(_WAIT_FOR_POINT_SECONDS)
        time.sleep(target.random.uniform(1, 5))
        target.smtp.as_usual()
        for hang in hangs:
            hang.let_go()
        return hangs[0].reached.is_set()

    return fault


def _smtp_answers(step: str, action: Action, times: int) -> Callable[[Target], bool]:
    """Answer the next mails so; answers that no mail asked for in time are dropped."""

    def fault(target: Target) -> bool:
        before = len(target.smtp.commands)
        if isinstance(action, str) and action.startswith("55") and "5.4.5" not in action:
            target.refusals += times
        target.smtp.answer(step, *[action] * times)
        time.sleep(target.random.uniform(1.5, 3))
        target.smtp.as_usual()
        return len(target.smtp.commands) > before

    return fault


FAULTS: dict[str, Callable[[Target], bool]] = {
    "kill inbox worker": _kill_main("inbox"),
    "kill a child of it": _kill_child("inbox"),
    "kill mail worker": _kill_main("mail"),
    "kill beat": _kill_main("beat"),
    "kill web": _kill_main("web"),
    "kill a child of web": _kill_child("web"),
    **{f"kill at: {text}": _kill_at(point) for point, text in POINTS.items()},
    "FLUSHALL": _flush_redis,
    "kill Redis": _kill_main("valkey"),
    "Redis falls silent": _freeze_redis,
    "kill PostgreSQL": _kill_postgres,
    "kill it as mail is sent": _kill_postgres_while_mail_is_sent,
    "cut its backends": _cut_backends,
    "SMTP refuses connections": _smtp_refuses_connections,
    "SMTP hangs at the start": _smtp_hangs("connect"),
    "SMTP hangs after the mail": _smtp_hangs("dot"),
    "SMTP 451 to the recipient": _smtp_answers("RCPT", "451 4.3.0 Try again later", 4),
    "SMTP 452 to the mail": _smtp_answers("dot", "452 4.2.2 Try again later", 4),
    "SMTP 550 to the recipient": _smtp_answers("RCPT", "550 5.1.1 No such user", 2),
    "SMTP 554 to the mail": _smtp_answers("dot", "554 5.6.0 Refused", 2),
    "SMTP 421 to us": _smtp_answers("MAIL", "421 4.7.0 Come back later", 6),
    "SMTP 550 to us": _smtp_answers("dot", "550 5.4.5 Daily user sending limit exceeded", 2),
    "SMTP drops the line in DATA": _smtp_answers("DATA", Drop(after="354 Go ahead"), 3),
    "SMTP drops it after the mail": _smtp_answers("dot", Drop(), 3),
}


_ENDING_TRIES = (
    *("kill inbox worker", "kill a child of it", "kill PostgreSQL", "cut its backends"),
    "kill it as mail is sent",
    *(f"kill at: {text}" for text in POINTS.values() if text.startswith("inbox:")),
)


def _kill(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _children(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]
