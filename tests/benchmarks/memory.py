"""How much memory do web and workers take for a mail and an answer of 25 MB?

    python tests/benchmarks/memory.py

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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

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
    credentials = json.loads(write_credentials(stack).read_text())
    api = stack.api(credentials["operator_token"], timeout_seconds=120)

    def tickets() -> list[dict[str, Any]]:
        answer = api.call("GET", "/requests/user_requests/")
        return list(answer.body["results"])

    def mail(name: str, size: int) -> None:
        content = _mail(f"{name}@example.com", size)
        before = len(tickets())
        answer = api.post_mails(
            credentials["webhook_secret"], [(name, int(time.time() * 1000), content)]
        )
        assert answer.status == 202, answer
        _wait(lambda: len(tickets()) > before)

    def answer(size: int) -> None:
        ticket = tickets()[0]
        number = ticket["request_id"]
        file = _upload(stack, credentials["operator_token"], number, size)
        sent = api.call(
            "POST",
            f"/mgs/requests/{number}/mgs/create",
            {
                "title": "Re",
                "description": "Files",
                "recipient_mail": ticket["user_email"],
                "operator_id": credentials["operator_id"],
                "files": [file],
            },
        )
        assert sent.status == 201, sent
        path = f"/mgs/requests/{number}/mgs/?ordering=-sort&page_size=1"

        def is_sent() -> bool:
            return bool(api.call("GET", path).body["results"][0]["delivery"]["state"] == "sent")

        _wait(is_sent)
        _download(stack, credentials["operator_token"], number, file)

    for index in range(6):  # every process has worked once
        mail(f"small{index}", 1_000)
    answer(1_000)
    steps: dict[str, Callable[[], None]] = {
        "a mail of 25 MB": lambda: mail("large", SIZE),
        "an answer of 25 MB, uploaded, sent and downloaded": lambda: answer(SIZE - 1_000),
    }
    for what, step in steps.items():
        before = {part: _forget_peaks(pid) for part, pid in pids.items()}
        began = time.monotonic()
        step()
        sys.stdout.write(f"{what} ({time.monotonic() - began:.1f} s)\n")
        for part, pid in pids.items():
            rows = [(_status(one, "VmHWM"), one) for one in _processes(pid)]
            growth, peak, base = max(
                (peak - before[part].get(one, peak), peak, before[part].get(one, 0))
                for peak, one in rows
            )
            sys.stdout.write(
                f"   {part:6} before {base:6.0f} MB   peak {peak:6.0f} MB   growth {growth:6.0f} MB"
                f" = {growth * 1e6 / SIZE:.1f} times   peak = {peak * 1e6 / SIZE:.1f} times\n"
            )


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
