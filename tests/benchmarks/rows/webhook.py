"""Rows of the webhook: signed calls per second with one mail, and mails per second with 100."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from config.local.client import WEBHOOK_PATH, sign_mails
from config.local.processes.ports import HOST, free_ports, is_listening
from config.local.stack import Stack, gunicorn
from tests.benchmarks.http_load import Load, send_all
from tests.benchmarks.local_stack import BARE, FLOORS, query, running_program, running_stack
from tests.benchmarks.row import Pair, Row
from tests.mail import build_mail

CLIENTS = 8
_TABLE = "CREATE TABLE bare_mail (id bigserial PRIMARY KEY, name text UNIQUE, raw bytea)"
_numbers = count()


def mail_of(number: int) -> bytes:
    """Return a mail of 3 kB from a sender of its own."""
    return build_mail(
        f"sender{number}@example.com",
        subject=f"Printer {number}",
        message_id=f"<{number}@example.com>",
        text="It does not print.\r\n" * 140,
    )


def call_with(mails: int, *, secret: str) -> bytes:
    """Return the HTTP request of a signed webhook call with so many mails of 3 kB."""
    numbers = [next(_numbers) for _ in range(mails)]
    now = int(time.time() * 1000)
    body, headers = sign_mails(secret, [(f"m{number}", now, mail_of(number)) for number in numbers])
    headers |= {"Host": HOST, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {WEBHOOK_PATH} HTTP/1.1\r\n{lines}\r\n".encode() + body


@contextmanager
def _webhook_and_floor() -> Iterator[tuple[Stack, int]]:
    """Run web beside the bare view, in one configuration and on one database."""
    with running_stack("postgres", "valkey", "setup", "web") as (stack, _supervisor):
        query(stack, _TABLE)
        with bare_web(stack) as floor:
            yield stack, floor.port


@dataclass(frozen=True)
class BareWeb:
    """The bare view in gunicorn: the ID of its first process, and its port."""

    pid: int
    port: int


@contextmanager
def bare_web(stack: Stack) -> Iterator[BareWeb]:
    """Run the bare view in gunicorn as the stack runs web."""
    (port,) = free_ports(1)
    program = gunicorn(stack, "bare_web:application", port, name="bare")
    program = replace(program, cwd=FLOORS, env={**stack.env, **BARE})
    with running_program(program, partial(is_listening, port)) as process:
        yield BareWeb(process.pid, port)


@contextmanager
def _prepare(
    *, calls: int, mails: int, figure: Callable[[Load], float]
) -> Iterator[Callable[[], Pair]]:
    with _webhook_and_floor() as (stack, floor_port):

        def load(port: int, number: int = calls) -> Load:
            secret = stack.settings["WEBHOOK_SECRETS"]
            requests = [call_with(mails, secret=secret) for _ in range(number)]
            return send_all(port, requests, clients=CLIENTS, status=202)

        def measure() -> Pair:
            ours, floor = load(stack.port), load(floor_port)
            details = {
                side: {f"p{percent}": taken.percentile(percent) for percent in (50, 95, 99)}
                for side, taken in (("ours", ours), ("floor", floor))
            }
            return Pair(figure(ours), figure(floor), details)

        for port in (stack.port, floor_port):
            load(port, max(calls // 5, 20))  # opens the connections to the database
        yield measure


_ONE = partial(_prepare, calls=2000, mails=1)
ROWS = [
    Row(
        name="webhook-1",
        title="webhook, 1 mail of 3 kB a call, 8 clients",
        floor_title="a bare Django view: HMAC, JSON, one row",
        unit="calls/s",
        goal=0.7,
        higher_is_better=True,
        prepare=partial(_ONE, figure=lambda load: load.per_second),
    ),
    Row(
        name="webhook-1-p99",
        title="webhook, 1 mail of 3 kB a call, 8 clients: 99th percentile",
        floor_title="the bare Django view",
        unit="ms",
        goal=2.0,
        higher_is_better=False,
        prepare=partial(_ONE, figure=lambda load: load.percentile(99) * 1000),
    ),
    Row(
        name="webhook-100",
        title="webhook, 100 mails of 3 kB a call, 8 clients",
        floor_title="a bare Django view: HMAC, JSON, one INSERT of 100 rows",
        unit="mails/s",
        goal=0.5,
        higher_is_better=True,
        prepare=partial(_prepare, calls=100, mails=100, figure=lambda load: load.per_second * 100),
    ),
]
