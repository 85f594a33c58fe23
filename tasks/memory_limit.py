"""What one process that reads foreign mail may take."""

import resource
import sys
from typing import Any

from celery.signals import worker_process_init

# The largest mail that is taken, 50 MB, needs some 150 MB; whatever wants more is stopped by a
# MemoryError in its own process, before the machine has to choose whom to kill.
DATA_BYTES = 768 * 1024 * 1024


@worker_process_init.connect(dispatch_uid="tasks.memory_limit")
def on_worker_process_init(**kwargs: Any) -> None:
    """Bound the memory of a child of a worker with processes (setrlimit(2), RLIMIT_DATA)."""
    if sys.platform == "linux":  # elsewhere it does not count what is allocated by mmap
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = DATA_BYTES if hard == resource.RLIM_INFINITY else min(DATA_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
