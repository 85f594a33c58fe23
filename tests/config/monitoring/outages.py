"""A watch over problems that the test names, and the mails that it sends."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

from config.monitoring.outage_watch import OutageWatch
from mailing.monitoring.problems import Problem
from tests.smtp_server import SmtpServer

SILENT_SCRIPT = Problem("script", "The Apps Script has not called for 30 min.")
DEAD_WORKER = Problem("inbox", "Nothing was heard of the inbox worker for 2 min.")
PAUSED_OUTBOX = Problem("outbox_paused", "Mail does not go out.")


class Scene:
    """An outage watch that finds the problems listed in `problems`."""

    def __init__(self, clock: Any) -> None:
        self.problems: list[Problem] = []
        self.watch = OutageWatch(lambda: self.problems)
        self._clock = clock

    def pass_by(self, minutes: float) -> None:
        """Let the time pass, with a round of the watch every 15 seconds."""
        for _ in range(round(minutes * 4)):
            self._clock.shift(timedelta(seconds=15))
            self.watch.run_round()


def texts(server: SmtpServer) -> list[str]:
    """Return the different texts that were mailed to the administrators, in their order."""
    contents = [
        message_from_bytes(mail.content, policy=default).get_content() for mail in server.received
    ]
    return list(dict.fromkeys(contents))
