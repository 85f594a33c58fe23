"""Measure whether the parser's time per byte is constant up to 25 MB, for hostile mail too.

    .venv/bin/python -m tests.benchmarks.parsing_time [--stdlib]

For each shape of mail: seconds at 1, 5 and 25 MB, and the time per byte at 25 MB as a multiple of
that at 1 MB (constant: about 1; quadratic: about 25; a shape that a limit stops: near 0). With
--stdlib also `email.message_from_bytes` and `walk()`, stopped after 60 seconds.
"""

from __future__ import annotations

import base64
import os
import signal
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from functools import partial

from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import classify
from mailing.parsing.message import parse

SIZES = (1_000_000, 5_000_000, 25_000_000)
STDLIB_SECONDS = 60
DESK = DeskIdentity(("help@desk.example",), lambda _id: False, lambda _mail: "")

HEAD = b"From: anna@client.example\r\nTo: help@desk.example\r\nSubject: Printer\r\n"
MIXED = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
BASE64 = base64.encodebytes(os.urandom(57_000)).replace(b"\n", b"\r\n")


def _filled(head: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: head + (unit * (size // len(unit) + 1))[: size - len(head)]


def _nested(size: int) -> bytes:
    levels = (
        b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1) for n in range(28)
    )
    head = HEAD + b'Content-Type: multipart/mixed; boundary="b0"\n\n' + b"".join(levels)
    return _filled(head + b"--b28\n\n", b"--b\n")(size)


SHAPES: dict[str, Callable[[int], bytes]] = {
    "plain text": _filled(HEAD + b"\r\n", b"The printer on the second floor is broken.\r\n"),
    "Russian, no charset": _filled(HEAD + b"\r\n", "Не работает принтер.\r\n".encode("cp1251")),
    "attachment, base64": _filled(
        MIXED + b"--b\r\n\r\nhi\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n",
        BASE64,
    ),
    "quoted-printable": _filled(
        HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n", b"=D0=9F=D1=80=\r\n"
    ),
    "HTML": _filled(HTML, b"<p>The <b>printer</b> is broken.</p>\r\n"),
    "flowed": _filled(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"word \n"),
    "blank lines": _filled(HEAD + b"\r\n", b"\n"),
    "bare CRs": _filled(HEAD + b"\r\n", b"\r"),
    "false boundaries": _filled(MIXED, b"--bb\n"),
    "28 levels deep": _nested,
    "parts without end": _filled(MIXED, b"--b\n\nx\n"),
    "tags never closed": _filled(HTML, b"<div>"),
    "comments never closed": _filled(HTML, b"<!--"),
    "scripts never closed": _filled(HTML, b"<script>"),
    "header without end": _filled(HEAD + b"X: ", b"a"),
    "fields without end": _filled(HEAD, b"X: y\n"),
    "encoded words": _filled(b"Subject: ", b"=?utf-8?q?a?= "),
    "addresses": _filled(b"From: ", b"<a@b.example>, "),
    "quotes in From": _filled(b"From: ", b'"'),
}


def measure_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def parse_and_classify(raw: bytes) -> None:
    classify(parse(raw), DESK)


def measure_stdlib(raw: bytes) -> str:
    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(STDLIB_SECONDS)
    try:
        return f"{measure_seconds(lambda: list(message_from_bytes(raw).walk())):7.2f}"
    except (TimeoutError, RecursionError) as error:
        return type(error).__name__
    finally:
        signal.alarm(0)


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    with_stdlib = "--stdlib" in sys.argv
    print_line(
        f"{'':24}{'1 MB':>8}{'5 MB':>8}{'25 MB':>8}  per byte" + "  email at 25 MB" * with_stdlib
    )
    for name, shape in SHAPES.items():
        parse_and_classify(shape(100_000))
        durations = [measure_seconds(partial(parse_and_classify, shape(size))) for size in SIZES]
        ratio = (durations[-1] / SIZES[-1]) / (durations[0] / SIZES[0])
        line = (
            f"{name:24}" + "".join(f"{duration:8.2f}" for duration in durations) + f"{ratio:10.2f}"
        )
        print_line(line + (f"  {measure_stdlib(shape(SIZES[-1]))}" if with_stdlib else ""))


if __name__ == "__main__":
    main()
