"""Read a mail server's replies within limits, and decide whether a refusal is about our account."""

import io
import re
import smtplib
import socket
import time
from base64 import b64encode
from typing import Any

from django.conf import settings

# Many times the longest real reply (RFC 5321, section 4.5.3.1.5: lines of 512 octets).
_REPLY_BYTES = 1 << 16
_TEXT_CHARACTERS = 1000

# Answers to a recipient or a mail that are about this account. Gmail's 5.4.5 is the daily limit
# (https://support.google.com/a/answer/3726730); relaying and sign-in are RFC 4954's 530 and 5.7.x
# (RFC 3463).
_ABOUT_US = re.compile(
    r"\b5\.4\.5\b|(?:sending|user|daily|message|rate|email)\s+(?:\w+\s+)?(?:limit|quota)\s+exceeded"
    r"|relay(?:ing)?\s+(?:access\s+)?(?:not|denied)|not\s+permitted\s+to\s+relay"
    r"|authentication\s+(?:is\s+)?required|must\s+issue\s+a\s+starttls|client\s+host\s+.*\bblocked",
    re.IGNORECASE,
)
# "User quota exceeded" means the recipient's full mailbox, "message size limit exceeded" this mail
# (RFC 3463: 5.1.x address, 5.2.x mailbox, 5.3.4 size), although both look like the above.
_ABOUT_THE_MAIL = re.compile(r"\b5\.(?:1\.\d+|2\.\d+|3\.4)\b|\bsize\b", re.IGNORECASE)
# RFC 3463, section 2.
_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class _ReplyReader(io.RawIOBase):
    """Reads a server's replies, each within EMAIL_TIMEOUT and `_REPLY_BYTES`.

    A socket's own timeout starts again with every byte, and smtplib accepts any number of lines.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def expect_reply(self) -> None:
        """Start the limits for the next reply."""
        self._ends_at = time.monotonic() + settings.EMAIL_TIMEOUT
        self._bytes_left = _REPLY_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds_left = self._ends_at - time.monotonic()
        if seconds_left <= 0:
            raise TimeoutError("timed out")
        if self._bytes_left <= 0:
            raise OSError("the reply has no end")
        self._socket.settimeout(seconds_left)
        try:
            count = self._socket.recv_into(buffer)
        finally:
            self._socket.settimeout(settings.EMAIL_TIMEOUT)
        self._bytes_left -= count
        return count


class BoundedSmtp(smtplib.SMTP):
    """smtplib's client, with limits on each reply."""

    def _get_socket(self, *args: Any) -> socket.socket:
        connected: socket.socket = super()._get_socket(*args)  # type: ignore[misc]  # not in typeshed
        # Nagle's algorithm would hold back the end of a mail until the server acknowledges the
        # rest of it, which takes up to 40 ms.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self._reader = _ReplyReader(self.sock)
            self.file = io.BufferedReader(self._reader)
        self._reader.expect_reply()
        return super().getreply()


class BoundedSmtpOverTls(BoundedSmtp, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


def is_about_us(code: int, text: str) -> bool:
    """Return whether a refusal is about our account, our volume or our sender, not the mail."""
    if code in (530, 535):
        return True
    return code >= 500 and bool(_ABOUT_US.search(text)) and not _ABOUT_THE_MAIL.search(text)


def enhanced_status(text: str) -> str:
    """Return the status code that begins a reply's text, such as "5.1.1"; "" when it has none."""
    status = _ENHANCED_STATUS.match(text)
    return status[0] if status else ""


def reply_text(reply: bytes) -> str:
    """Return a server's reply on one line, without our password, which some servers repeat.

    AUTH LOGIN sends the password in base64, AUTH PLAIN with the user's name before it (RFC 4616).
    """
    text = " ".join(reply.decode("utf-8", "replace").replace("\0", "").split())
    if password := settings.EMAIL_HOST_PASSWORD:
        plain = f"\0{settings.EMAIL_HOST_USER}\0{password}"
        encoded = (b64encode(secret.encode()).decode() for secret in (password, plain))
        for secret in (password, *encoded):
            text = text.replace(secret, "…")
    return text[:_TEXT_CHARACTERS]


def error_text(error: Exception) -> str:
    """Return what an error of smtplib or of the connection says, without our password."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return (
            f"{error.smtp_code} {reply_text(reply if isinstance(reply, bytes) else reply.encode())}"
        )
    return reply_text(f"{type(error).__name__}: {error}".encode())
