"""Mail the administrators directly, without the outbox, which may be what is broken."""

import socket
from collections.abc import Sequence
from datetime import timedelta
from email.utils import make_msgid
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

log = structlog.get_logger(__name__)

_FIRST_PAUSE = timedelta(seconds=30)
# After a rejection the pauses grow, because frequent attempts can get the account locked.
_LONGEST_PAUSE = timedelta(minutes=10)


class AdminMailer:
    """Sends mail to `ADMINS`, and pauses after the mail server has rejected us."""

    def __init__(self) -> None:
        self._next_attempt_at = timezone.now()
        self._pause = _FIRST_PAUSE

    def send(self, subject: str, lines: Sequence[str]) -> bool:
        """Return whether the mail server accepted the mail; also True when `ADMINS` is empty."""
        if not settings.ADMINS:
            return True
        if timezone.now() < self._next_attempt_at:
            return False
        try:
            _compose(subject, lines).send()
        except (OSError, SMTPException, ValueError) as error:  # ValueError: an invalid address
            # No log line of level error: the outage itself was logged as one.
            log.warning("administrators_not_notified", error=type(error).__name__)
            if _is_rejection(error):
                self._next_attempt_at = timezone.now() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return False
        self._pause = _FIRST_PAUSE
        log.info("administrators_notified", subject=subject)
        return True


def _is_rejection(error: Exception) -> bool:
    """Return whether the server rejected credentials, sender or volume, and was not just away."""
    if isinstance(error, SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, SMTPRecipientsRefused)


def _compose(subject: str, lines: Sequence[str]) -> EmailMessage:
    end = ["", f"Reported by {socket.gethostname()}. /readyz shows the current problems."]
    return EmailMessage(
        subject,
        "\n".join([*lines, *end]),
        settings.SUPPORT_ADDRESS,
        [address for _name, address in settings.ADMINS],
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": make_msgid(domain=settings.SUPPORT_ADDRESS.rpartition("@")[2]),
        },
    )
