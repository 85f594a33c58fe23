"""Claim once for each line of standard input, and write how many milliseconds it took.

A process of its own, because Django knows one database. What is claimed is released again.
"""

import os
import sys
import time
from uuid import uuid4

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from mailing.inbound import queue

    queue.claim_batch(holder=uuid4())  # held from now on
    for _line in sys.stdin:
        holder = uuid4()
        began = time.perf_counter()
        queue.claim_batch(holder=holder)
        spent = time.perf_counter() - began
        queue.release_untried(holder)
        sys.stdout.write(f"{spent * 1000}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
