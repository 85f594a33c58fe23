"""Points in the code at which a process ends as by a power cut, when it is told to.

The code knows nothing of them: they are put around its functions when a process starts with
`tests.chaos.settings`, and nothing else does that.
"""

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig

FOLDER = "CHAOS_ORDERS"  # the environment variable that names the folder of the orders

# What each point is, for the table.
POINTS = {
    "stored": "web: mail stored, nobody woken",
    "queued": "notice stored, nobody woken",
    "claimed": "inbox: mails leased",
    "judged": "inbox: mail parsed, not yet in a ticket",
    "settled": "inbox: mail in its ticket",
    "leased": "mail: leased, not yet sent",
    "accepted": "mail: taken with 250, not recorded",
}


class FaultPoints(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from mailing.inbound import processing
        from mailing.inbound import queue as inbox_queue
        from mailing.outbound import outcomes
        from mailing.outbound import queue as outbox_queue
        from mailing.outbound.smtp import SendStatus
        from tasks import wiring

        _before(wiring, "nudge", lambda task: "stored" if task == wiring.INBOX else "queued")
        _after(inbox_queue, "claim_batch", lambda claimed: "claimed" if claimed else "")
        _after(processing, "classify_for_desk", lambda _verdict: "judged")
        _after(processing, "process", lambda _nothing: "settled")
        _after(outbox_queue, "claim_next", lambda row: "leased" if row else "")
        _before(
            outcomes,
            "record_with_retry",
            lambda _row, result: "accepted" if result.status == SendStatus.SENT else "",
        )


def _before(module: Any, name: str, point: Callable[..., str]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _obey(point(*args, **kwargs))
        return function(*args, **kwargs)

    setattr(module, name, wrapped)


def _after(module: Any, name: str, point: Callable[[Any], str]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        _obey(point(result))
        return result

    setattr(module, name, wrapped)


def _obey(point: str) -> None:
    """End this process if there is an order for this point; one order ends one process."""
    if not point:
        return
    order = Path(os.environ[FOLDER]) / point
    try:
        order.rename(order.with_name(f"{point}.obeyed-{os.getpid()}"))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
