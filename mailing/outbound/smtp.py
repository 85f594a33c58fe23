"""One SMTP connection for many mails, and what each answer of the server means.

`smtplib.SMTP.sendmail` does not distinguish an answer that was lost before the final dot from one
that was lost after it, when the mail may have been accepted. So the steps of RFC 5321, section 3.3,
are done here.
"""

import binascii
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial

from django.conf import settings

from mailing.outbound.smtp_replies import (
    BoundedSmtp,
    BoundedSmtpOverTls,
    enhanced_status,
    error_text,
    is_about_us,
    reply_text,
)
from mailing.parsing.addresses import format_addr_spec


class SendStatus(Enum):
    """How an attempt to send a mail ended."""

    SENT = "sent"
    DEFERRED = "deferred"  # refused for now: try this mail later
    ATTACHMENT_UNAVAILABLE = "attachment unavailable"  # not the mail's fault, nor the server's
    REFUSED = "refused"  # refused for good
    UNCERTAIN = "uncertain"  # no answer after the final dot: it may have been accepted


@dataclass(frozen=True, repr=False)
class SendResult:
    """The status of an attempt, with the server's reply, or our own words if there was none."""

    status: SendStatus
    code: int | None
    reply: str


class ServerUnavailable(Exception):
    """The server accepts no mail from us at the moment; no mail is at fault.

    about_us: it answered, and refused our credentials, our sender or our volume.
    words: its whole reply. A reply to a mail may repeat that mail, so only that mail's row gets it.
    """

    def __init__(self, reason: str, *, about_us: bool = False, words: str = "") -> None:
        super().__init__(reason)
        self.about_us = about_us
        self.words = words or reason


class ConnectionExpired(Exception):
    """The server ended a connection after it had accepted mail; a new connection may go on."""


class ContentUnavailable(Exception):
    """A part of the mail cannot be read at the moment."""


class Connection:
    """One signed-in connection; each step takes at most `EMAIL_TIMEOUT`.

    Making it raises `ServerUnavailable`.
    """

    def __init__(self) -> None:
        self._has_carried = False
        make: Callable[..., smtplib.SMTP] = BoundedSmtp
        if settings.EMAIL_USE_SSL:
            # Without a context of our own SMTP_SSL checks no certificate.
            make = partial(BoundedSmtpOverTls, context=ssl.create_default_context())
        try:
            self._smtp = make(
                settings.EMAIL_HOST,
                settings.EMAIL_PORT,
                local_hostname=socket.gethostname(),
                timeout=settings.EMAIL_TIMEOUT,
            )
        # UnicodeError: the host's name is malformed.
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise ServerUnavailable(f"cannot connect: {error_text(error)}") from error
        try:
            self._sign_in()
        except UnicodeEncodeError:
            self._smtp.close()
            # Without the error's text, which may repeat a letter of the password.
            raise ServerUnavailable("cannot sign in: the name or password is not ASCII") from None
        # binascii.Error: the server's challenge is not base64.
        except (OSError, smtplib.SMTPException, binascii.Error) as error:
            self._smtp.close()
            refused = isinstance(error, smtplib.SMTPAuthenticationError)
            raise ServerUnavailable(
                f"cannot sign in: {error_text(error)}", about_us=refused
            ) from error

    def close(self) -> None:
        """Say goodbye, if the connection is still open, and close it."""
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()

    def _sign_in(self) -> None:
        if settings.EMAIL_USE_TLS:
            self._smtp.starttls(context=ssl.create_default_context())
        self._smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            self._smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)

    def send(
        self, *, recipient: str, content: Iterable[bytes], in_ascii: bool = True
    ) -> SendResult:
        """Send one mail from the support address, its content piece by piece.

        in_ascii: whether its header is. Raises `ServerUnavailable` or `ConnectionExpired` when
        nothing of it was accepted and the mail is not at fault.
        """
        options = ""
        if not (in_ascii and recipient.isascii()):
            if not self._smtp.has_extn("smtputf8"):
                words = "the mail server takes only ASCII addresses"
                return SendResult(SendStatus.REFUSED, None, words)
            options = " SMTPUTF8 BODY=8BITMIME"
        replies = self._replies_to(
            f"mail FROM:<{settings.SUPPORT_ADDRESS}>{options}",
            # Not smtplib's `rcpt`, which changes unusual addresses.
            f"RCPT TO:<{format_addr_spec(recipient)}>",
            "DATA",
        )
        try:
            refusal = self._read_refusal(replies)
            if refusal is not None:
                self._reset(refusal)
                return refusal
            for piece in dot_stuffed(content):
                self._smtp.send(piece)
        except ContentUnavailable as error:
            self._smtp.close()  # the server drops a mail whose final dot never comes
            return SendResult(
                SendStatus.ATTACHMENT_UNAVAILABLE,
                None,
                f"a file of it cannot be read: {error_text(error)}",
            )
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._smtp.close()
            return SendResult(
                SendStatus.DEFERRED, None, f"before the mail was complete: {error_text(error)}"
            )
        return self._read_result()

    def _read_refusal(self, replies: Iterator[tuple[int, bytes]]) -> SendResult | None:
        """Read the replies to MAIL, RCPT and DATA; return the refusal of the mail, if any."""
        self._check_sender(replies)
        refusal = self._check_answer(*next(replies))
        if refusal is None:
            return self._check_answer(*next(replies), wanted=3)
        self._end_empty_mail(replies)
        return refusal

    def _replies_to(self, *commands: str) -> Iterator[tuple[int, bytes]]:
        """Send commands and yield the reply to each.

        They go out together if the server allows it (PIPELINING, RFC 2920), else one by one.
        """
        together = len(commands) if self._pipelines else 1
        for first in range(0, len(commands), together):
            group = commands[first : first + together]
            if any("\r" in command or "\n" in command for command in group):
                raise UnicodeError("a line end in an address")
            self._smtp.send("".join(f"{command}\r\n" for command in group).encode())
            for _command in group:
                yield self._smtp.getreply()

    def _end_empty_mail(self, replies: Iterator[tuple[int, bytes]]) -> None:
        """Read the reply to a DATA that went out before its recipient was refused.

        RFC 2920, section 3.1: a server that accepts it gets a lone dot, and refuses the mail.
        """
        if not self._pipelines:
            return
        with suppress(OSError, smtplib.SMTPException):  # smtplib has closed the connection then
            if next(replies)[0] == 354:
                self._smtp.send(b".\r\n")
                self._smtp.getreply()

    @property
    def _pipelines(self) -> bool:
        return self._smtp.has_extn("pipelining")

    def _read_result(self) -> SendResult:
        try:
            code, reply = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            return SendResult(
                SendStatus.UNCERTAIN, None, f"no answer to the mail: {error_text(error)}"
            )
        if code // 100 not in (2, 4, 5):
            self._smtp.close()
            return SendResult(
                SendStatus.UNCERTAIN, None, f"no answer to the mail but: {reply_text(reply)}"
            )
        self._has_carried = True
        return self._check_answer(code, reply) or SendResult(
            SendStatus.SENT, code, reply_text(reply)
        )

    def _reset(self, refusal: SendResult) -> None:
        """Make the connection ready for the next mail, or close it when the server has ended it."""
        if refusal.code is None or refusal.code // 100 not in (4, 5) or refusal.code == 421:
            self._smtp.close()
            return
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.rset()

    @property
    def is_open(self) -> bool:
        """Whether the connection can carry another mail; if not, a new connection may."""
        return self._smtp.sock is not None

    @property
    def is_silent(self) -> bool:
        """Whether the server has neither said anything since the last reply nor hung up."""
        if self._smtp.sock is None:
            return False
        readable, _writable, _errors = select.select([self._smtp.sock], [], [], 0)
        return not readable

    def _check_sender(self, replies: Iterator[tuple[int, bytes]]) -> None:
        """Read the reply to MAIL FROM; a refusal of it is about us or the server, not the mail."""
        try:
            code, reply = next(replies)
        except (OSError, smtplib.SMTPException) as error:
            code, reply = 421, error_text(error).encode()
        if code // 100 == 2:
            return
        if self._has_carried:
            raise ConnectionExpired(f"{code} {reply_text(reply)}")
        raise ServerUnavailable(
            f"refuses mail from us: {code} {reply_text(reply)}", about_us=code >= 500
        )

    def _check_answer(self, code: int, reply: bytes, wanted: int = 2) -> SendResult | None:
        """Return None to go on, or what the answer to RCPT, DATA or the final dot means.

        Its first digit decides (RFC 5321, section 4.2.1); smtplib returns -1 for no valid code.
        """
        if code // 100 == wanted:
            return None
        text = reply_text(reply)
        if is_about_us(code, text):
            reason = f"refuses mail from us: {code} {enhanced_status(text)}".rstrip()
            raise ServerUnavailable(
                reason, about_us=True, words=f"refuses mail from us: {code} {text}"
            )
        return SendResult(
            SendStatus.REFUSED if code // 100 == 5 else SendStatus.DEFERRED,
            max(code, 0) or None,
            text,
        )


def dot_stuffed(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content with dots doubled at the start of lines, and the final dot.

    RFC 5321, section 4.5.2.
    """
    end = b"\r\n"
    unsent = b""
    for piece in filter(None, content):
        stuffed = piece.replace(b"\n.", b"\n..")
        if piece.startswith(b".") and end.endswith(b"\n"):
            stuffed = b"." + stuffed
        end = (end + piece[-2:])[-2:]
        if unsent:
            yield unsent
        unsent = stuffed
    # In one write with what precedes it, and so in one packet if it is a short mail.
    yield unsent + (b".\r\n" if end == b"\r\n" else b"\r\n.\r\n")
