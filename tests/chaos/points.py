"""Points in the code at which a run can kill a process, as a power cut would.

The code knows nothing of them: `tests.chaos.settings` alone wraps its functions in them.
"""

import functools
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig

FOLDER = "CHAOS_KILL_REQUESTS"  # the environment variable that names their folder

# Each point and what the table calls it.
POINTS = {
    "stored": "web: mail stored, nobody woken",
    "queued": "notice stored, nobody woken",
    "claimed": "inbox: mails leased",
    "judged": "inbox: mail parsed, not yet in a ticket",
    "settling": "inbox: tickets written, not yet committed",
    "settled": "inbox: mail in its ticket",
    "leased": "mail: claimed, not begun",
    "begun": "mail: begun, not yet sent",
    "accepted": "mail: taken with 250, not recorded",
}


class FaultPoints(AppConfig):
    """Wraps the functions when Django starts, and shortens the wait for more to tell operators."""

    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from mailing.inbound import processing, reading, settling
        from mailing.inbound import queue as inbox_queue
        from mailing.outbound import attempts, telling
        from mailing.outbound import queue as outbox_queue
        from tasks import wiring

        telling.GROUPED_FOR = timedelta(seconds=5)
        _before(wiring, "nudge", lambda task: "stored" if task == wiring.INBOX else "queued")
        _after(inbox_queue, "claim_batch", lambda claimed: "claimed" if claimed else "")
        _after(reading, "classify_for_desk", lambda _verdict: "judged")
        _after(settling, "settle", lambda _nothing: "settling")
        _after(processing, "process_batch", lambda _nothing: "settled")
        _after(outbox_queue, "claim_batch", lambda batch: "leased" if batch.mails else "")
        _after(attempts, "record_acceptance", lambda begun: "begun" if begun else "")
        _before(
            attempts,
            "record_acceptance",
            lambda accepted, _following=None: "accepted" if accepted else "",
        )


def _before(module: Any, name: str, point: Callable[..., str]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _kill_if_requested(point(*args, **kwargs))
        return function(*args, **kwargs)

    setattr(module, name, wrapped)


def _after(module: Any, name: str, point: Callable[[Any], str]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        _kill_if_requested(point(result))
        return result

    setattr(module, name, wrapped)


def _kill_if_requested(point: str) -> None:
    """Kill this process if there is a request for this point; a request kills one process."""
    if not point:
        return
    request = Path(os.environ[FOLDER]) / point
    try:
        request.rename(request.with_name(f"{point}.done-{os.getpid()}"))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
