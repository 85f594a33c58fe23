"""One run: start everything, use and break it, wait until it is calm, and account for it."""

import json
import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from config.local.client import Api
from config.local.credentials import write_credentials
from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack, build
from tests.chaos import account, books, effort, letters
from tests.chaos.breaker import FAULTS, Breaker, Scene
from tests.chaos.desk import Desk
from tests.chaos.points import FOLDER
from tests.chaos.senders import Senders
from tests.smtp_server import SmtpServer

RECOVERY_SECONDS = 30.0  # what is promised: docs/reliability.md
_LETTERS_PER_SENDER = 10
_LETTERS_PER_FAULT = 80
_MOST_WAITING = 200  # letters are held back while more are still to be worked
_FAULTS_AHEAD = 2  # of the letters: the last faults and the last letters come together
_OPERATORS = 3
_MOST_RECOVERY_SECONDS = 120.0  # then whatever still waits is stuck
_PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class Report:
    """What a run found; `recovery_seconds` is None when it was never calm."""

    seed: int
    letters: int
    calls: int
    seconds: float
    faults: dict[str, int]
    not_reached: int
    recovery_seconds: float | None
    books: books.Books
    findings: list[account.Finding]

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        recovered = self.recovery_seconds is not None
        return not self.findings and recovered and (self.recovery_seconds or 0) <= RECOVERY_SECONDS


def run(
    folder: Path, *, seed: int, count: int, say: Callable[[str], None], faults: int = 0
) -> Report:
    """Run it in a folder and return what came of it; the folder is left as it is.

    Args:
        count: how many letters are posted.
        faults: how many; by default each kind once, and more with more letters.
    """
    orders = folder / "orders"
    orders.mkdir(parents=True)
    smtp = SmtpServer()
    smtp.start()
    stack = build(folder / "stack", port=None, configured=_configured(smtp.port, orders))
    log = (folder / "supervisor.log").open("w", buffering=1)
    supervisor = Supervisor(stack.parts, say=lambda line: print(line, file=log))
    try:
        supervisor.start()
        return _Run(stack, supervisor, smtp, orders, seed, count, faults, say).run()
    finally:
        supervisor.stop()
        smtp.stop()
        log.close()


def _configured(smtp_port: int, orders: Path) -> dict[str, str]:
    return {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp_port),
        "EMAIL_USE_TLS": "false",
        # Both shortened, so that the promise of recovery can be held against a run of minutes.
        "EMAIL_TIMEOUT": "3s",
        "UNCERTAIN_RETRY_AFTER": "5s",
        # A sender writes more in these minutes than a person does in a day.
        "NOTICES_PER_HOUR": "100000",
        "NOTICES_PER_DAY": "100000",
        "SEND_RATE_PER_RECIPIENT": "none",
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        FOLDER: str(orders),
    }


class _Waiting(threading.Thread):
    """Counts what waits in inbox and outbox, again and again; the last count stands."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self.inbox = self.outbox = 0
        self.counted_at = 0.0  # time.monotonic(), before the counting
        self.stopped = False

    def run(self) -> None:
        connection = None
        while not self.stopped:
            began = time.monotonic()
            with suppress(psycopg2.Error):
                connection = connection or books.connect(self._stack.env)
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT ({books.WAITING_INBOX}), ({books.WAITING_OUTBOX})")
                    self.inbox, self.outbox = cursor.fetchone()
                self.counted_at = began
                time.sleep(0.25)
                continue
            connection = None
            time.sleep(0.25)


class _Run:
    def __init__(
        self,
        stack: Stack,
        supervisor: Supervisor,
        smtp: SmtpServer,
        orders: Path,
        seed: int,
        count: int,
        faults: int,
        say: Callable[[str], None],
    ) -> None:
        self._stack, self._supervisor, self._smtp = stack, supervisor, smtp
        self._seed, self._count, self._say = seed, count, say
        credentials = json.loads(write_credentials(stack).read_text())
        # One after the other: what the seed gives must not hang on the threads' order.
        self._senders_count = max(1, count // _LETTERS_PER_SENDER)
        self._letters = letters.write(random.Random(seed), count, self._senders_count)
        scene = Scene(stack, supervisor, smtp, orders, random.Random(seed + 1))
        self._breaker = Breaker(
            scene, faults or max(len(FAULTS), count // _LETTERS_PER_FAULT), self._is_behind
        )
        self._waiting = _Waiting(stack)
        self._senders = Senders(
            Api(stack.base_url, timeout_seconds=20),
            str(credentials["webhook_secret"]),
            self._letters,
            seed=seed,
            may_post=self._may_post,
        )
        self._desk = Desk(
            stack.api(str(credentials["supervisor_token"])),
            lambda token: stack.api(token, timeout_seconds=20),
            seed=seed,
            operators=_OPERATORS,
        )
        self._last_told = 0.0

    def run(self) -> Report:
        began = time.monotonic()
        for part in (self._waiting, self._senders, self._desk, self._breaker):
            part.start()
        try:
            # Ten times what it takes: it ends by itself, whatever hangs.
            limit = 120 + 30.0 * len(self._breaker.order)
            self._supervisor.wait_until(self._all_is_done, limit)
            tried, idle = self._breaker.begun, self._desk.idle()
            self._desk.stopped = True
            recovery = self._recover()
        finally:
            for part in (self._breaker, self._senders, self._desk):
                part.stop()
            self._waiting.stopped = True
        found = books.read(self._stack.env, self._smtp.received)
        scene = self._breaker.scene
        robots = {one.sender for one in self._letters}
        findings = account.account(
            found,
            letters=self._letters,
            answers=self._senders.answers,
            deeds=self._desk.deeds,
            robots=[one for one in robots if letters.is_robot(one, self._senders_count)],
            refusals=scene.refusals,
            kills=scene.kills,
        )
        findings += effort.shortfalls(
            done=scene.done,
            begun=tried,
            planned=len(self._breaker.order),
            idle_operators=idle,
            deeds=self._desk.deeds,
            books=found,
        )
        return Report(
            seed=self._seed,
            letters=self._count,
            calls=self._senders.calls,
            seconds=time.monotonic() - began,
            faults=dict(scene.done),
            not_reached=self._breaker.begun - sum(scene.done.values()),
            recovery_seconds=recovery,
            books=found,
            findings=findings,
        )

    def _may_post(self, begun: int) -> bool:
        """Hold letters back so that posting lasts as long as the faults do, and no pile grows."""
        share = (self._breaker.begun + 1) / len(self._breaker.order)
        return begun <= share * self._count and self._waiting.inbox < _MOST_WAITING

    def _is_behind(self) -> bool:
        """Tell whether fewer letters were posted than the faults so far allowed.

        On a slow machine faults would end long before the letters do, and what is told of
        recovery would be the time that it takes to work them.
        """
        share = (self._breaker.begun - _FAULTS_AHEAD) / len(self._breaker.order)
        return self._senders.begun < share * self._count

    def _all_is_done(self) -> bool:
        self._tell()
        return self._senders.are_done() and self._breaker.is_done()

    def _recover(self) -> float | None:
        """Return the seconds from the last fault until nothing waits, None if that never came."""
        since = max(self._breaker.ended_at, 0.0)
        calm_at: list[float] = []

        def is_calm() -> bool:
            self._tell()
            waiting = self._waiting
            if waiting.counted_at > since and waiting.inbox == waiting.outbox == 0:
                calm_at.append(waiting.counted_at)
            return bool(calm_at)

        self._supervisor.wait_until(is_calm, _MOST_RECOVERY_SECONDS)
        return calm_at[0] - since if calm_at else None

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._last_told < _PROGRESS_SECONDS:
            return
        self._last_told = now
        breaker, waiting = self._breaker, self._waiting
        self._say(
            f"posted {len(self._senders.answers)}/{self._count}, in the inbox {waiting.inbox}, "
            f"in the outbox {waiting.outbox}, sent {len(self._smtp.received)}, "
            f"faults {breaker.begun}/{len(breaker.order)} {breaker.now}"
        )


def environment_number(name: str, default: int) -> int:
    """Return a number from the environment; exit with a sentence when it is none."""
    value = os.environ.get(name, "") or str(default)
    if not value.isdigit():
        raise SystemExit(f"{name} must be a whole number, not {value!r}.")
    return int(value)
