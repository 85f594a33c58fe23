"""The mail to the administrators, which goes to the mail server directly, past the outbox."""

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
# A mail server that refuses us is asked ever more rarely: haste can lock the account.
_LONGEST_PAUSE = timedelta(minutes=10)


class Post:
    """The way to `ADMINS`, past the outbox."""

    def __init__(self) -> None:
        self._not_before = timezone.now()
        self._pause = _FIRST_PAUSE

    def takes(self, subject: str, lines: Sequence[str]) -> bool:
        """Send it; tell whether the mail server took it, or there is nobody to tell."""
        if not settings.ADMINS:
            return True
        if timezone.now() < self._not_before:
            return False
        try:
            _mail(subject, lines).send()
        except (OSError, SMTPException, ValueError) as error:  # ValueError: an odd address
            # An error has been told by then, as `outage_began`.
            log.warning("administrators_not_told", error=type(error).__name__)
            if _is_about_us(error):
                self._not_before = timezone.now() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return False
        self._pause = _FIRST_PAUSE
        log.info("administrators_told", subject=subject)
        return True


def _is_about_us(error: Exception) -> bool:
    """Tell whether the server refused credentials, sender or volume, as opposed to being away."""
    if isinstance(error, SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, SMTPRecipientsRefused)


def _mail(subject: str, lines: Sequence[str]) -> EmailMessage:
    end = ["", f"Seen from {socket.gethostname()}. /readyz tells what stands now."]
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
