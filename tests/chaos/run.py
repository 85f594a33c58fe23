"""One run: start the system, use and break it, wait until it has recovered, and check it."""

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.local.client import Api
from config.local.credentials import write_credentials
from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack, build
from tests.chaos import activity, checks, mails
from tests.chaos.backlog import Backlog
from tests.chaos.breaker import Breaker
from tests.chaos.faults import FAULTS, Target
from tests.chaos.operators import Operators
from tests.chaos.participants import Participants
from tests.chaos.points import FOLDER
from tests.chaos.senders import Senders
from tests.chaos.snapshot import Snapshot, take_snapshot
from tests.chaos.violations import Violation
from tests.smtp_server import SmtpServer

RECOVERY_SECONDS = 30.0  # what is promised: docs/reliability.md
_MAILS_PER_SENDER = 10
_MAILS_PER_FAULT = 80
_MOST_WAITING = 200  # posting waits while more mails wait in the inbox
_FAULTS_AHEAD = 2  # of the mails, so that the last faults meet the last mails
_OPERATORS = 4
_MOST_RECOVERY_SECONDS = 120.0  # what still waits then is stuck
_PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class Report:
    """The result of a run; `recovery_seconds` is None if it did not recover in time."""

    seed: int
    mails: int
    calls: int
    seconds: float
    faults: dict[str, int]
    not_reached: int
    recovery_seconds: float | None
    snapshot: Snapshot
    violations: list[Violation]

    @property
    def is_clean(self) -> bool:
        """Whether no check failed, and the system recovered in time."""
        recovered = self.recovery_seconds is not None
        return (
            not self.violations and recovered and (self.recovery_seconds or 0) <= RECOVERY_SECONDS
        )


def run(
    folder: Path, *, seed: int, count: int, say: Callable[[str], None], faults: int = 0
) -> Report:
    """Run it in a folder, which stays, and return the result.

    Args:
        count: how many mails are posted.
        faults: how many; by default each kind once, and more with more mails.
    """
    kill_requests = folder / "kill_requests"
    kill_requests.mkdir(parents=True)
    smtp = SmtpServer()
    smtp.start()
    stack = build(folder / "stack", port=None, configured=_configured(smtp.port, kill_requests))
    log = (folder / "supervisor.log").open("w", buffering=1)
    supervisor = Supervisor(stack.parts, say=lambda line: print(line, file=log))
    try:
        supervisor.start()
        return _Run(stack, supervisor, smtp, kill_requests, seed, count, faults, say).run()
    finally:
        supervisor.stop()
        smtp.stop()
        log.close()


def _configured(smtp_port: int, kill_requests: Path) -> dict[str, str]:
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
        "AUTOMATIC_MAIL_PER_HOUR": "1000000",
        "SEND_RATE_PER_RECIPIENT": "none",
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        FOLDER: str(kill_requests),
    }


class _Run:
    """A run of a started system: senders, operators and faults at the same time."""

    def __init__(
        self,
        stack: Stack,
        supervisor: Supervisor,
        smtp: SmtpServer,
        kill_requests: Path,
        seed: int,
        count: int,
        faults: int,
        say: Callable[[str], None],
    ) -> None:
        self._stack, self._supervisor, self._smtp = stack, supervisor, smtp
        self._seed, self._count, self._say = seed, count, say
        credentials = json.loads(write_credentials(stack).read_text())
        # Generated here: what the seed gives must not depend on the order of threads.
        self._senders_count = max(1, count // _MAILS_PER_SENDER)
        self._mails = mails.generate(random.Random(seed), count, self._senders_count)
        target = Target(stack, supervisor, smtp, kill_requests, random.Random(seed + 1))
        self._breaker = Breaker(
            target, faults or max(len(FAULTS), count // _MAILS_PER_FAULT), self._is_behind
        )
        self._backlog = Backlog(stack)
        self._senders = Senders(
            Api(stack.base_url, timeout_seconds=20),
            str(credentials["webhook_secret"]),
            self._mails,
            seed=seed,
            may_post=self._may_post,
        )
        self._participants = Participants(smtp, self._senders.post, seed=seed, first_position=count)
        self._operators = Operators(
            stack.api(str(credentials["supervisor_token"])),
            lambda token: stack.api(token, timeout_seconds=20),
            seed=seed,
            operators=_OPERATORS,
        )
        self._last_progress_at = 0.0

    def run(self) -> Report:
        began = time.monotonic()
        people = (self._senders, self._participants, self._operators)
        for part in (self._backlog, *people, self._breaker):
            part.start()
        try:
            # Ten times what it takes, so that it ends whatever hangs.
            limit = 120 + 30.0 * len(self._breaker.order)
            self._supervisor.wait_until(self._all_is_done, limit)
            tried, idle = self._breaker.begun, self._operators.count_idle()
            self._participants.stopped = self._operators.stopped = True
            recovery = self._recover()
        finally:
            for part in (self._breaker, *people):
                part.stop()
            self._backlog.stopped = True
        snapshot = take_snapshot(self._stack.env, self._smtp.received)
        target = self._breaker.target
        return Report(
            seed=self._seed,
            mails=self._count + len(self._participants.mails),
            calls=self._senders.calls,
            seconds=time.monotonic() - began,
            faults=dict(target.done),
            not_reached=self._breaker.begun - sum(target.done.values()),
            recovery_seconds=recovery,
            snapshot=snapshot,
            violations=[
                *self._find_violations(snapshot),
                *activity.shortfalls(
                    done=target.done,
                    begun=tried,
                    planned=len(self._breaker.order),
                    idle_operators=idle,
                    snapshot=snapshot,
                ),
            ],
        )

    def _find_violations(self, snapshot: Snapshot) -> list[Violation]:
        senders = {mail.sender for mail in self._mails}
        return checks.find_violations(
            snapshot,
            mails=[*self._mails, *self._participants.mails],
            answers=self._senders.answers,
            acknowledged_at=self._senders.acknowledged_at,
            actions=self._operators.actions,
            machines=[
                sender for sender in senders if mails.is_machine(sender, self._senders_count)
            ],
            refusals=self._breaker.target.refusals,
            kills=self._breaker.target.kills,
            crashes=self._breaker.target.crashes,
        )

    def _may_post(self, begun: int) -> bool:
        """Return whether to post another mail now: posting lasts as long as the faults do."""
        share = (self._breaker.begun + 1) / len(self._breaker.order)
        return begun <= share * self._count and self._backlog.inbox < _MOST_WAITING

    def _is_behind(self) -> bool:
        """Return whether fewer mails were posted than the faults so far allowed.

        On a slow machine the faults would end long before the mails do, and the time to process
        the rest would count as recovery.
        """
        share = (self._breaker.begun - _FAULTS_AHEAD) / len(self._breaker.order)
        return self._senders.begun < share * self._count

    def _all_is_done(self) -> bool:
        self._report_progress()
        return self._senders.are_done() and self._breaker.is_done()

    def _people_have_ended(self) -> bool:
        return self._participants.is_done() and self._operators.are_done()

    def _recover(self) -> float | None:
        """Return the seconds from the last fault until nothing waits, None if it takes too long."""
        since = max(self._breaker.ended_at, 0.0)
        # Not by joining their threads: the supervisor restarts parts only while it waits here.
        self._supervisor.wait_until(self._people_have_ended, _MOST_RECOVERY_SECONDS)
        people_ended_at = time.monotonic()
        recovered_at: list[float] = []

        def has_recovered() -> bool:
            self._report_progress()
            backlog = self._backlog
            waits = backlog.inbox or backlog.outbox or backlog.overdue
            if backlog.counted_at > people_ended_at and not waits:
                recovered_at.append(backlog.counted_at)
            return bool(recovered_at)

        self._supervisor.wait_until(has_recovered, _MOST_RECOVERY_SECONDS)
        return recovered_at[0] - since if recovered_at else None

    def _report_progress(self) -> None:
        now = time.monotonic()
        if now - self._last_progress_at < _PROGRESS_SECONDS:
            return
        self._last_progress_at = now
        breaker, backlog = self._breaker, self._backlog
        self._say(
            f"posted {self._senders.begun}/{self._count}, in the inbox {backlog.inbox}, "
            f"in the outbox {backlog.outbox}, sent {len(self._smtp.received)}, "
            f"faults {breaker.begun}/{len(breaker.order)} {breaker.now}"
        )


def environment_number(name: str, default: int) -> int:
    """Return a number from the environment; exit with a sentence if it is not a number."""
    value = os.environ.get(name, "") or str(default)
    if not value.isdigit():
        raise SystemExit(f"{name} must be a whole number, not {value!r}.")
    return int(value)
