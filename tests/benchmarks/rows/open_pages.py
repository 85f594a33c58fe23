"""What 50 open pages of the desk cost at 1,000,000 tickets, while nothing happens.

Each asks every 4 seconds whether there is something new, of a web server with the three workers
that it has in production. There is no floor to compare with; the goal itself stands in its place.
The details have how long a page of each queue and that of a ticket take.
"""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

import psutil

from config.local.processes.ports import HOST, free_ports, is_listening
from tests.benchmarks import filling
from tests.benchmarks.databases import Databases, databases
from tests.benchmarks.row import Pair, Row
from tests.paths import ROOT
from tests.processes import running, wait_until

GOAL_PERCENT = 15.0
_TICKETS = 1_000_000
_PAGES = 50
_SECONDS_BETWEEN = 4.0
_SECONDS = 40.0
_QUEUES = ("waiting", "new", "mine", "open", "snoozed", "needs_attention", "closed", "all")
_OPERATOR = 101
_SIGN_IN = f"""
from django.contrib.auth import login
from django.http import HttpRequest
from importlib import import_module
from django.conf import settings
from operators.models import Operator
for _ in range({_PAGES}):
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, Operator.objects.get(pk={_OPERATOR}), settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    print("session", request.session.session_key)
"""


class OpenPage(threading.Thread):
    """A page that asks for changes until it is told to stop, over one connection."""

    def __init__(self, port: int, session: str, *, begins_in: float) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection(HOST, port, timeout=30)
        self._headers = {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
        self._begins_in = begins_in
        self._ended = threading.Event()
        self.latencies: list[float] = []
        self.statuses: list[int] = []

    def run(self) -> None:
        """Ask with the last tag, as a page does."""
        tag, due = "", time.monotonic() + self._begins_in
        while not self._ended.wait(max(due - time.monotonic(), 0)):
            due += _SECONDS_BETWEEN
            began = time.perf_counter()
            answer = self.get("/desk/changes/", {"If-None-Match": tag})
            self.latencies.append((time.perf_counter() - began) * 1000)
            self.statuses.append(answer.status)
            tag = answer.headers["ETag"]

    def get(self, path: str, headers: dict[str, str]) -> Any:
        """Return the answer to a request, read to its end."""
        self._connection.request("GET", path, headers={**self._headers, **headers})
        answer = self._connection.getresponse()
        self.size = len(answer.read())
        return answer

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()


def _sessions(made: Databases, name: str) -> list[str]:
    command = [sys.executable, "manage.py", "shell", "-c", _SIGN_IN]
    done = subprocess.run(
        command, cwd=ROOT, env=made.env(name), check=True, stdout=subprocess.PIPE, text=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    return [words[1] for words in lines if words[:1] == ["session"]]


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its children."""
    first, used = psutil.Process(pid), 0.0
    for process in [first, *first.children(recursive=True)]:
        times = process.cpu_times()
        used += times.user + times.system + times.children_user + times.children_system
    return used


def _page_times(page: OpenPage) -> dict[str, dict[str, float]]:
    """Return the median milliseconds and the compressed size of each page."""
    found = {}
    paths = {queue: f"/desk/?queue={queue}" for queue in _QUEUES}
    paths["a ticket"] = f"/desk/tickets/{_TICKETS // 2}/"
    for name, path in paths.items():
        spent = []
        for _ in range(9):
            began = time.perf_counter()
            answer = page.get(path, {})
            spent.append((time.perf_counter() - began) * 1000)
            assert answer.status == 200, answer.status
        found[name] = {"milliseconds": median(spent), "bytes": page.size}
    return found


@contextmanager
def _prepare() -> Iterator[Callable[[], Pair]]:
    with databases() as made:
        fill = partial(filling.fill_tickets, tickets=_TICKETS, messages_each=3)
        made.make("desk", filling.fill_operators, fill)
        sessions = _sessions(made, "desk")
        env = {**made.env("desk"), "STATIC_ROOT": str(made.folder / "static")}
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(collect, cwd=ROOT, env=env, check=True)
        (port,) = free_ports(1)
        options = ["--bind", f"{HOST}:{port}", "--workers", "3", "--no-control-socket"]
        with running(
            "web", "gunicorn", "config.wsgi", *options, folder=made.folder, env=env
        ) as web:
            wait_until(lambda: is_listening(port), seconds=60)
            pids = {"web": web.pid, "postgres": made.postgres_pid}
            yield partial(_measure, port, sessions, pids)


def _measure(port: int, sessions: list[str], pids: dict[str, int]) -> Pair:
    pages = [
        OpenPage(port, session, begins_in=_SECONDS_BETWEEN * number / _PAGES)
        for number, session in enumerate(sessions)
    ]
    for page in pages:
        page.start()
    time.sleep(2 * _SECONDS_BETWEEN)  # until each has its connection and a tag
    before = {name: _cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(_SECONDS)
    percents = {
        name: (_cpu_seconds(pid) - before[name]) / _SECONDS * 100 for name, pid in pids.items()
    }
    for page in pages:
        page.stop()
    latencies = sorted(spent for page in pages for spent in page.latencies)
    statuses = [status for page in pages for status in page.statuses]
    details = {
        **percents,
        "median_ms": median(latencies),
        "p95_ms": latencies[len(latencies) * 95 // 100],
        "not_changed_percent": 100 * statuses.count(304) / len(statuses),
        "queues": _page_times(pages[0]),
    }
    return Pair(sum(percents.values()), GOAL_PERCENT, details)


ROWS = [
    Row(
        name="open_pages",
        title="50 open pages of the desk",
        floor_title="the goal: 15 % of a core",
        unit="% of a core",
        goal=1.0,
        higher_is_better=False,
        prepare=_prepare,
    )
]
