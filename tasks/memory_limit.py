"""Limit the memory of the worker processes that parse mail."""

import resource
import sys
from typing import Any

from celery.signals import worker_process_init

# The largest accepted mail, 50 MB, needs some 150 MB. Beyond the limit the process itself gets a
# MemoryError, before the kernel runs out of memory and kills any process.
DATA_BYTES = 768 * 1024 * 1024


@worker_process_init.connect(dispatch_uid="tasks.memory_limit")
def on_worker_process_init(**kwargs: Any) -> None:
    """Limit the memory of a process of the prefork pool (setrlimit(2), RLIMIT_DATA)."""
    if sys.platform == "linux":  # elsewhere RLIMIT_DATA does not count mmap
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = DATA_BYTES if hard == resource.RLIM_INFINITY else min(DATA_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
