"""Compose the mails that the demonstration sends, and read those that it receives."""

import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from pathlib import Path

ANNA = ("Анна Смирнова", "anna@client.example")
BORIS = ("Борис Котов", "boris@client.example")
VERA = ("Вера Лисина", "vera@client.example")


@dataclass(frozen=True)
class SupportMail:
    """A mail in the support mailbox, with the id that Gmail gives it."""

    name: str
    message_id: str
    raw: bytes

    def for_webhook(self) -> tuple[str, int, bytes]:
        """Return id, arrival in milliseconds since 1970, and bytes."""
        return self.name, time.time_ns() // 1_000_000, self.raw


def compose(
    name: str,
    *,
    sender: tuple[str, str],
    subject: str,
    text: str,
    charset: str = "utf-8",
    answers: str = "",
) -> SupportMail:
    """Compose a mail to the support mailbox.

    Args:
        name: the mail's id in the mailbox.
        sender: a name and an address.
        subject: the Subject.
        text: the body.
        charset: the encoding of the body.
        answers: the Message-ID of the mail that this mail answers.
    """
    mail = EmailMessage(policy.SMTP)
    mail["From"] = f'"{sender[0]}" <{sender[1]}>'
    mail["To"] = "support@servicedesk.example"
    mail["Subject"] = subject
    mail["Date"] = format_datetime(localtime())
    message_id = f"<{name}.{time.time_ns()}@client.example>"
    mail["Message-ID"] = message_id
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text, charset=charset)
    return SupportMail(name, message_id, mail.as_bytes())


def sent_mails(maildir: Path) -> list[EmailMessage]:
    """Return the mails that the local SMTP server has stored, oldest first."""
    paths = sorted((maildir / "new").glob("*"), key=lambda path: int(path.name.split(".")[0]))
    mails = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths)
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def body(mail: EmailMessage) -> str:
    """Return a mail's plain text, decoded."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""
