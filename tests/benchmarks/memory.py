"""Measure how much memory web and workers take for a mail and an answer of 25 MB.

    .venv/bin/python -m tests.benchmarks.memory

Starts a ServiceDesk of its own, posts a mail with an attachment so that its bytes are 25 MB, and
answers it with 25 MB of files. For each part: the resident memory of its largest process before
(after a small mail and a small answer), its highest value since, and the growth in MB and as a
multiple of 25 MB.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from config.local.credentials import write_credentials
from config.local.run import supervised
from config.local.stack import Stack, build

SIZE = 25_000_000
PARTS = ("web", "inbox", "mail")
SETTINGS = {"SUPPORT_ADDRESS": "desk@x.example", "HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1"}


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="servicedesk-memory-"))
    stack = build(folder, port=None, configured=SETTINGS)
    try:
        with supervised(stack) as supervisor:
            supervisor.start()
            pids = {part: supervisor.pid(part) for part in PARTS}
            _measure(stack, pids)
    finally:
        if stack.postgres:
            stack.postgres.discard()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(stack: Stack, pids: dict[str, int]) -> None:
    service = _Service(stack)
    for index in range(6):  # so that every process has worked before
        service.receive(f"small{index}", 1_000)
    service.answer(1_000)
    steps: dict[str, Callable[[], None]] = {
        "a mail of 25 MB": lambda: service.receive("large", SIZE),
        "an answer of 25 MB, uploaded, sent and downloaded": lambda: service.answer(SIZE - 1_000),
    }
    for name, step in steps.items():
        before = {part: _forget_peaks(pid) for part, pid in pids.items()}
        began = time.monotonic()
        step()
        sys.stdout.write(f"{name} ({time.monotonic() - began:.1f} s)\n")
        for part, pid in pids.items():
            _print_growth(part, pid, before[part])


def _print_growth(part: str, pid: int, before: dict[int, float]) -> None:
    peaks = [(_status(process, "VmHWM"), process) for process in _processes(pid)]
    growth, peak, base = max(
        (peak - before.get(process, peak), peak, before.get(process, 0)) for peak, process in peaks
    )
    sys.stdout.write(
        f"   {part:6} before {base:6.0f} MB   peak {peak:6.0f} MB   growth {growth:6.0f} MB"
        f" = {growth * 1e6 / SIZE:.1f} times   peak = {peak * 1e6 / SIZE:.1f} times\n"
    )


class _Service:
    """The running service, as its users reach it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._credentials = json.loads(write_credentials(stack).read_text())
        self._api = stack.api(self._credentials["operator_token"], timeout_seconds=120)

    def receive(self, name: str, size: int) -> None:
        """Post a mail of so many bytes and wait for its ticket."""
        content = _mail(f"{name}@example.com", size)
        before = len(self._tickets())
        response = self._api.post_mails(
            self._credentials["webhook_secret"], [(name, int(time.time() * 1000), content)]
        )
        assert response.status == 202, response
        _wait(lambda: len(self._tickets()) > before)

    def answer(self, size: int) -> None:
        """Answer a ticket with a file of so many bytes, wait until it is sent, and download it."""
        token = self._credentials["operator_token"]
        ticket = self._tickets()[0]
        number = ticket["request_id"]
        file = _upload(self._stack, token, number, size)
        body = {
            "title": "Re",
            "description": "Files",
            "recipient_mail": ticket["user_email"],
            "operator_id": self._credentials["operator_id"],
            "files": [file],
        }
        response = self._api.call("POST", f"/mgs/requests/{number}/mgs/create", body)
        assert response.status == 201, response
        _wait(lambda: self._is_last_message_sent(number))
        _download(self._stack, token, number, file)

    def _tickets(self) -> list[dict[str, Any]]:
        return list(self._api.call("GET", "/requests/user_requests/").body["results"])

    def _is_last_message_sent(self, ticket: int) -> bool:
        path = f"/mgs/requests/{ticket}/mgs/?ordering=-sort&page_size=1"
        message = self._api.call("GET", path).body["results"][0]
        return bool(message["delivery"]["state"] == "sent")


def _mail(sender: str, size: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "desk@x.example", "Files"
    mail.set_content("See the file.")
    content = os.urandom(max(size * 57 // 78 - 600, 10))
    mail.add_attachment(content, maintype="application", subtype="x-data", filename="data.bin")
    return mail.as_bytes().replace(b"\n", b"\r\n")


def _upload(stack: Stack, token: str, ticket: int, size: int) -> int:
    boundary = "b" * 20
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        "Content-Type: application/x-data\r\n\r\n"
    )
    body = head.encode() + os.urandom(size) + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{stack.base_url}/mgs/requests/{ticket}/files/",
        body,
        {
            "Authorization": f"Token {token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        },
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own server
        return int(json.load(answer)[0]["id"])


def _download(stack: Stack, token: str, ticket: int, file: int) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{stack.base_url}/mgs/requests/{ticket}/files/{file}/",
        headers={"Authorization": f"Token {token}"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own server
        while answer.read(1 << 16):
            pass


def _wait(met: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.2)


def _processes(pid: int) -> list[int]:
    """Return a process and its children."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid, *map(int, listed.stdout.split())]


def _forget_peaks(pid: int) -> dict[int, float]:
    """Set each process's peak to what it holds now, and return that in MB by process."""
    for one in _processes(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")
    return {one: _status(one, "VmRSS") for one in _processes(pid)}


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
