"""Claim once for each line of standard input, and write how many milliseconds it took.

A process of its own, because Django knows one database. What is claimed is released again. The
argument is `inbox` or `outbox`.
"""

import os
import sys
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    claim, release = {"inbox": _inbox, "outbox": _outbox}[sys.argv[1]]()
    for _line in sys.stdin:
        holder = uuid4()
        began = time.perf_counter()
        claim(holder)
        spent = time.perf_counter() - began
        release(holder)
        sys.stdout.write(f"{spent * 1000}\n")
        sys.stdout.flush()


_Queue = tuple[Callable[[UUID], object], Callable[[UUID], object]]  # how to claim and to release


def _inbox() -> _Queue:
    from mailing.inbound import queue

    queue.claim_batch(holder=uuid4())  # held from now on
    return lambda holder: queue.claim_batch(holder=holder), queue.release_untried


def _outbox() -> _Queue:
    from mailing.outbound import queue
    from mailing.outbound.worker import MAX_BATCH

    return lambda holder: queue.claim_batch(holder=holder, limit=MAX_BATCH), queue.release


if __name__ == "__main__":
    main()
