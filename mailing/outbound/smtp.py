"""One SMTP connection for many mails, and what each answer of the server means.

`smtplib.SMTP.sendmail` does not tell an answer lost after the final dot, after which the mail may
have been taken, from one lost before it; so the steps of RFC 5321, section 3.3, are taken here.
"""

import binascii
import io
import re
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Any

from django.conf import settings

from mailing.parsing.addresses import spelled


class Fate(Enum):
    SENT = "sent"
    DEFERRED = "deferred"  # refused for now: try this mail later
    HELD_UP = "held up"  # not sent for want of a file: neither the mail's nor the server's fault
    REFUSED = "refused"  # refused for good
    UNCERTAIN = "uncertain"  # no answer after the final dot: it may have been taken


@dataclass(frozen=True, repr=False)
class Answer:
    """What became of a mail: the server's code and words, or ours where it said nothing."""

    fate: Fate
    code: int | None
    reply: str


class ServerUnavailable(Exception):
    """The server takes no mail from us at all, now; no mail is at fault.

    `about_us` tells that it answered, and refused our credentials, our sender or our volume.
    `words` are all of its words: said to a mail they may repeat it, and so are the mail's alone.
    """

    def __init__(self, reason: str, *, about_us: bool = False, words: str = "") -> None:
        super().__init__(reason)
        self.about_us = about_us
        self.words = words or reason


class ConnectionExpired(Exception):
    """A server ended a connection that had carried mail; a new one may go on at once."""


class ContentUnavailable(Exception):
    """A part of the mail cannot be read at the moment."""


# Answers to a recipient or a mail that are about this account. Gmail's 5.4.5 is the daily limit
# (https://support.google.com/a/answer/3726730); relaying and sign-in are RFC 4954's 530 and 5.7.x
# (RFC 3463).
_ABOUT_US = re.compile(
    r"\b5\.4\.5\b|(?:sending|user|daily|message|rate|email)\s+(?:\w+\s+)?(?:limit|quota)\s+exceeded"
    r"|relay(?:ing)?\s+(?:access\s+)?(?:not|denied)|not\s+permitted\s+to\s+relay"
    r"|authentication\s+(?:is\s+)?required|must\s+issue\s+a\s+starttls|client\s+host\s+.*\bblocked",
    re.IGNORECASE,
)
# "User quota exceeded" is the recipient's full mailbox, "message size limit exceeded" this mail's
# fault (RFC 3463: 5.1.x address, 5.2.x mailbox, 5.3.4 size), whatever else the words look like.
_ABOUT_THE_MAIL = re.compile(r"\b5\.(?:1\.\d+|2\.\d+|3\.4)\b|\bsize\b", re.IGNORECASE)
# RFC 3463, section 2.
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


# Many times what a server has to say (RFC 5321, section 4.5.3.1.5: lines of 512 octets).
_REPLY_BYTES = 1 << 16


class _Replies(io.RawIOBase):
    """What a server says, each reply within `EMAIL_TIMEOUT` and `_REPLY_BYTES`.

    A socket's own timeout begins anew with every byte, and smtplib takes any number of lines.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def begin(self) -> None:
        """Expect the next reply."""
        self._ends_at = time.monotonic() + settings.EMAIL_TIMEOUT
        self._room = _REPLY_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if self._room <= 0:
            raise OSError("the reply has no end")
        self._socket.settimeout(left)
        try:
            count = self._socket.recv_into(buffer)
        finally:
            self._socket.settimeout(settings.EMAIL_TIMEOUT)
        self._room -= count
        return count


class _Smtp(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self._replies = _Replies(self.sock)
            self.file = io.BufferedReader(self._replies)
        self._replies.begin()
        return super().getreply()


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    pass


class Connection:
    """A context manager over one signed-in connection.

    Every step takes at most `EMAIL_TIMEOUT`. Entering raises `ServerUnavailable`.
    """

    def __enter__(self) -> "Connection":
        self._has_carried = False
        make: Callable[..., smtplib.SMTP] = _Smtp
        if settings.EMAIL_USE_SSL:
            # Without a context of ours `SMTP_SSL` checks no certificate.
            make = partial(_SmtpOverTls, context=ssl.create_default_context())
        try:
            self._smtp = make(
                settings.EMAIL_HOST,
                settings.EMAIL_PORT,
                local_hostname=socket.gethostname(),
                timeout=settings.EMAIL_TIMEOUT,
            )
        except (OSError, smtplib.SMTPException, UnicodeError) as error:  # a name that is none
            raise ServerUnavailable(f"cannot connect: {_words(error)}") from error
        try:
            self._sign_in()
        except UnicodeEncodeError:
            self._smtp.close()
            # Not in its own words, which may repeat a letter of the password.
            raise ServerUnavailable("cannot sign in: the name or password is not ASCII") from None
        # binascii.Error: its challenge is no base64.
        except (OSError, smtplib.SMTPException, binascii.Error) as error:
            self._smtp.close()
            refused = isinstance(error, smtplib.SMTPAuthenticationError)
            raise ServerUnavailable(f"cannot sign in: {_words(error)}", about_us=refused) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()

    def _sign_in(self) -> None:
        if settings.EMAIL_USE_TLS:
            self._smtp.starttls(context=ssl.create_default_context())
        self._smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            self._smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)

    def send(self, *, recipient: str, content: Iterable[bytes]) -> Answer:
        """Send one mail from the support address, its content piece by piece.

        Raises `ServerUnavailable` or `ConnectionExpired` when nothing of it was taken and nothing
        is wrong with it.
        """
        options = []
        if not recipient.isascii():
            if not self._smtp.has_extn("smtputf8"):
                return Answer(Fate.REFUSED, None, "the mail server takes only ASCII addresses")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        self._announce(options)
        try:
            # Not `rcpt`, which makes another address of an odd one.
            refusal = self._step(*self._smtp.docmd("RCPT", f"TO:<{spelled(recipient)}>"))
            refusal = refusal or self._step(*self._smtp.docmd("DATA"), wanted=3)
            if refusal is not None:
                self._begin_anew(refusal)
                return refusal
            for piece in _dot_stuffed(content):
                self._smtp.send(piece)
        except ContentUnavailable as error:
            self._smtp.close()  # without its end the server drops it
            return Answer(Fate.HELD_UP, None, f"a file of it cannot be read: {_words(error)}")
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._smtp.close()
            return Answer(Fate.DEFERRED, None, f"before the mail was complete: {_words(error)}")
        return self._answer_to_the_mail()

    def _answer_to_the_mail(self) -> Answer:
        try:
            code, reply = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            return Answer(Fate.UNCERTAIN, None, f"no answer to the mail: {_words(error)}")
        if code // 100 not in (2, 4, 5):
            self._smtp.close()
            return Answer(Fate.UNCERTAIN, None, f"no answer to the mail but: {_text(reply)}")
        self._has_carried = True
        return self._step(code, reply) or Answer(Fate.SENT, code, _text(reply))

    def _begin_anew(self, refusal: Answer) -> None:
        """Make the connection ready for the next mail, or leave one that the server has ended."""
        if refusal.code is None or refusal.code // 100 not in (4, 5) or refusal.code == 421:
            self._smtp.close()
            return
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.rset()

    @property
    def is_open(self) -> bool:
        """Tell whether it can carry another mail; a new connection may where this one cannot."""
        return self._smtp.sock is not None

    def _announce(self, options: list[str]) -> None:
        """Say MAIL FROM; whatever goes wrong there is about us or the server."""
        try:
            code, reply = self._smtp.mail(settings.SUPPORT_ADDRESS, options)
        except (OSError, smtplib.SMTPException) as error:
            code, reply = 421, _words(error).encode()
        if code // 100 == 2:
            return
        if self._has_carried:
            raise ConnectionExpired(f"{code} {_text(reply)}")
        raise ServerUnavailable(
            f"refuses mail from us: {code} {_text(reply)}", about_us=code >= 500
        )

    def _step(self, code: int, reply: bytes, wanted: int = 2) -> Answer | None:
        """Return None to go on, or what the answer to RCPT, DATA or the final dot means.

        Its first digit decides (RFC 5321, section 4.2.1); smtplib gives -1 for what is no answer.
        """
        if code // 100 == wanted:
            return None
        text = _text(reply)
        if code in (530, 535) or (code >= 500 and _is_about_us(text)):
            status = _STATUS.match(text)
            reason = f"refuses mail from us: {code} {status[0] if status else ''}".rstrip()
            raise ServerUnavailable(
                reason, about_us=True, words=f"refuses mail from us: {code} {text}"
            )
        return Answer(
            Fate.REFUSED if code // 100 == 5 else Fate.DEFERRED, max(code, 0) or None, text
        )


def _is_about_us(text: str) -> bool:
    return bool(_ABOUT_US.search(text)) and not _ABOUT_THE_MAIL.search(text)


def _dot_stuffed(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content as DATA wants it (RFC 5321, section 4.5.2), final dot included."""
    end = b"\r\n"
    for piece in filter(None, content):
        stuffed = re.sub(rb"(?m)^\.", b"..", piece)
        if piece.startswith(b".") and not end.endswith(b"\n"):
            stuffed = stuffed[1:]  # no line begins here
        end = (end + piece[-2:])[-2:]
        yield stuffed
    yield b".\r\n" if end == b"\r\n" else b"\r\n.\r\n"


def _text(reply: bytes) -> str:
    """Return a server's words, without our password: there are servers that repeat it.

    It stands in base64 in AUTH LOGIN, and behind the user's name in AUTH PLAIN (RFC 4616).
    """
    text = " ".join(reply.decode("utf-8", "replace").replace("\0", "").split())
    if password := settings.EMAIL_HOST_PASSWORD:
        plain = f"\0{settings.EMAIL_HOST_USER}\0{password}"
        for told in (password, *(b64encode(one.encode()).decode() for one in (password, plain))):
            text = text.replace(told, "…")
    return text[:1000]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return f"{error.smtp_code} {_text(reply if isinstance(reply, bytes) else reply.encode())}"
    return _text(f"{type(error).__name__}: {error}".encode())
