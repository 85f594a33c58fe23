"""The seeded program of faults: each breaks one thing for a moment and is over when it returns."""

import os
import random
import signal
import subprocess
import threading
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
from tests.smtp_server import Action, Drop, Hang, SmtpServer

_ORDER_PATIENCE_SECONDS = 6.0
_START_PATIENCE_SECONDS = 10.0
_PAUSE_SECONDS = (0.2, 1.5)


@dataclass
class Scene:
    """What there is to break, and what was broken so far."""

    stack: Stack
    supervisor: Supervisor
    smtp: SmtpServer
    orders: Path
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)
    refusals: int = 0  # mails that the mail server was told to refuse for good

    @property
    def kills(self) -> int:
        """How often a mail that was being worked may have lost a try."""
        return sum(self.done[name] for name in _ENDING_TRIES)

    def pid(self, part: str) -> int | None:
        """Return a part's process; one that was killed a moment ago may be starting again."""
        deadline = time.monotonic() + _START_PATIENCE_SECONDS
        while not self.supervisor.is_ready(part) and time.monotonic() < deadline:
            time.sleep(0.05)
        with suppress(LocalError):
            return self.supervisor.pid(part) if self.supervisor.is_ready(part) else None
        return None


def _kill_main(part: str) -> Callable[[Scene], bool]:
    return lambda scene: _kill(scene.pid(part))


def _kill_child(part: str) -> Callable[[Scene], bool]:
    def fault(scene: Scene) -> bool:
        parent = scene.pid(part)
        children = _children(parent) if parent else []
        return _kill(scene.random.choice(children) if children else None)

    return fault


def _order(point: str) -> Callable[[Scene], bool]:
    def fault(scene: Scene) -> bool:
        order = scene.orders / point
        order.touch()
        deadline = time.monotonic() + _ORDER_PATIENCE_SECONDS
        while order.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            order.unlink()
        except FileNotFoundError:
            return True
        return False  # nobody came by

    return fault


def _flush_redis(scene: Scene) -> bool:
    try:
        with redis.Redis.from_url(scene.stack.env["CELERY_BROKER_URL"], socket_timeout=2) as client:
            client.flushall()
    except redis.RedisError:
        return False
    return True


def _freeze_redis(scene: Scene) -> bool:
    """A black hole: it takes connections and bytes, and answers nothing."""
    pid = scene.pid("valkey")
    if pid is None:
        return False
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(scene.random.uniform(2, 6))
    finally:
        os.kill(pid, signal.SIGCONT)
    return True


def _cut_backends(scene: Scene) -> bool:
    env = scene.stack.env
    try:
        connection = psycopg2.connect(
            host=env["POSTGRES_HOST"],
            port=env["POSTGRES_PORT"],
            user=env["POSTGRES_USER"],
            password=env["POSTGRES_PASSWORD"],
            dbname=env["POSTGRES_DB"],
        )
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE usename = current_user"
                " AND pid <> pg_backend_pid() ORDER BY pid"
            )
            pids = [pid for (pid,) in cursor.fetchall()]
            chosen = scene.random.sample(pids, min(len(pids), scene.random.randrange(1, 4)))
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [chosen])
    finally:
        connection.close()
    return bool(pids)


def _smtp_refuses_connections(scene: Scene) -> bool:
    scene.smtp.stop()
    time.sleep(scene.random.uniform(1, 4))
    scene.smtp.start()
    return True


def _smtp_hangs(step: str) -> Callable[[Scene], bool]:
    def fault(scene: Scene) -> bool:
        hangs = [Hang() for _ in range(3)]
        scene.smtp.answer(step, *hangs)
        hangs[0].reached.wait(_ORDER_PATIENCE_SECONDS)
        time.sleep(scene.random.uniform(1, 5))
        scene.smtp.as_usual()
        for hang in hangs:
            hang.let_go()
        return hangs[0].reached.is_set()

    return fault


def _smtp_answers(step: str, action: Action, times: int) -> Callable[[Scene], bool]:
    """Answer the next mails so; what of it was not asked for is forgotten."""

    def fault(scene: Scene) -> bool:
        before = len(scene.smtp.commands)
        if isinstance(action, str) and action.startswith("55") and "5.4.5" not in action:
            scene.refusals += times
        scene.smtp.answer(step, *[action] * times)
        time.sleep(scene.random.uniform(1.5, 3))
        scene.smtp.as_usual()
        return len(scene.smtp.commands) > before

    return fault


FAULTS: dict[str, Callable[[Scene], bool]] = {
    "kill inbox worker": _kill_main("inbox"),
    "kill a child of it": _kill_child("inbox"),
    "kill mail worker": _kill_main("mail"),
    "kill beat": _kill_main("beat"),
    "kill web": _kill_main("web"),
    "kill a child of web": _kill_child("web"),
    **{f"kill at: {told}": _order(point) for point, told in POINTS.items()},
    "FLUSHALL": _flush_redis,
    "kill Redis": _kill_main("valkey"),
    "Redis falls silent": _freeze_redis,
    "kill PostgreSQL": _kill_main("postgres"),
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
    *(f"kill at: {told}" for told in POINTS.values() if told.startswith("inbox:")),
)


class Breaker:
    """Does so many faults in an order that the seed gives, each kind as often as any other."""

    def __init__(self, scene: Scene, count: int, is_behind: Callable[[], bool]) -> None:
        """`is_behind` tells that what is broken lags: then the next fault waits."""
        self.scene = scene
        self._is_behind = is_behind
        self.order: list[str] = []
        while len(self.order) < count:
            self.order += scene.random.sample(list(FAULTS), len(FAULTS))
        del self.order[count:]
        self.begun = 0
        self.now = ""
        self.ended_at = 0.0  # time.monotonic() of the last fault's end
        self.stopped = False
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self.stopped = True
        self._thread.join()

    def _run(self) -> None:
        for name in self.order:
            if self.stopped:
                break
            time.sleep(self.scene.random.uniform(*_PAUSE_SECONDS))
            while self._is_behind() and not self.stopped:
                time.sleep(0.05)
            self.begun += 1
            self.now = name
            if FAULTS[name](self.scene):
                self.scene.done[name] += 1
                self.ended_at = time.monotonic()
        self.now = ""


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
