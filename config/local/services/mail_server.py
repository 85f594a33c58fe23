"""A local SMTP server that stores mail in a Maildir.

`python -m config.local.services.mail_server --port 2525 --maildir .local/mail`

The server answers 250 only when a mail is synced to the disk under `new/`, as a real server must.
Each mail is stored byte for byte after header lines with its envelope: one `X-Envelope-From`, and
one `X-Envelope-To` per recipient.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from config.local.processes.ports import HOST, is_listening
from config.local.processes.process import Program

SIZE_LIMIT_BYTES = 50 * 1024 * 1024
_FOLDERS = ("tmp", "new", "cur")


class MailServer:
    """The mail server as a part of a local run.

    Args:
        maildir: the folder for `tmp`, `new` and `cur`; made when missing.
        port: where it listens on 127.0.0.1, without TLS and without passwords.
        log: the file for its output.
    """

    def __init__(self, maildir: Path, *, port: int, log: Path) -> None:
        self.maildir = maildir
        self.port = port
        self.log = log

    def env(self) -> dict[str, str]:
        """Return the settings with which ServiceDesk connects to it."""
        return {
            "EMAIL_HOST": HOST,
            "EMAIL_PORT": str(self.port),
            "EMAIL_USE_TLS": "false",
            "EMAIL_USE_SSL": "false",
            "EMAIL_HOST_USER": "",
            "EMAIL_HOST_PASSWORD": "",
        }

    def prepare(self) -> Program:
        """Return the program to start."""
        options = ["--port", str(self.port), "--maildir", str(self.maildir)]
        return Program(
            name="mailserver",
            command=[sys.executable, "-m", "config.local.services.mail_server", *options],
            log=self.log,
            env=dict(os.environ),
            cwd=Path(__file__).parents[3],
        )

    def is_ready(self) -> bool:
        """Return whether it accepts connections."""
        return is_listening(self.port)


class Maildir:
    """The handler of aiosmtpd, which calls methods named for the SMTP commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = itertools.count(1)
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:
        """Store a mail and return the answer to DATA."""
        try:
            # In a thread, so that a slow disk does not block other connections.
            name = await asyncio.to_thread(self.store, _with_envelope(envelope))
        except OSError as error:
            return f"451 4.3.0 The mail cannot be stored: {error.strerror}"
        return f"250 2.0.0 Stored as {name}"

    def store(self, content: bytes) -> str:
        """Write a mail under a new name and return the name; raises OSError."""
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(self._count)}.localhost"
        unfinished = self.folder / "tmp" / name
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.folder / "new" / name)
        # Also sync the directory entry.
        folder = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name


def _with_envelope(envelope: Envelope) -> bytes:
    sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd returns an empty address as <>
    lines = [f"X-Envelope-From: <{sender}>"]
    lines += [f"X-Envelope-To: <{recipient}>" for recipient in envelope.rcpt_tos]
    head = "".join(f"{line}\r\n" for line in lines).encode(errors="surrogateescape")
    content = envelope.original_content or b""
    return head + (content if isinstance(content, bytes) else content.encode())


async def serve(port: int, maildir: Path) -> None:
    """Accept mail until SIGTERM or SIGINT."""
    handler = Maildir(maildir)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def session() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    server = await loop.create_server(session, HOST, port)
    print(f"Accepting mail on {HOST}:{port} for {maildir}", flush=True)
    await ended.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m config.local.services.mail_server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--maildir", type=Path, required=True)
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.maildir))


if __name__ == "__main__":
    main()
