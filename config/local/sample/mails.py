"""What the people of the sample write, and the mails that it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

SUPPORT = "support@servicedesk.example"


@dataclass(frozen=True)
class File:
    """A file of a letter; with an `inline` id it is an image in the HTML, as `cid:ID`."""

    name: str
    kind: str  # such as "image/png"
    content: bytes
    inline: str = ""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail to the support address.

    Args:
        name: its id in the mailbox, by which it is accepted only once.
        sender: name and address.
        subject, text, html: what it says.
        hours_ago: when it arrived in the mailbox.
        cc: who gets a copy; names and addresses.
        files: what is attached.
        answers: the Message-ID of the desk's mail that it answers.
        auto: the value of Auto-Submitted (RFC 3834), for what no person wrote.
    """

    name: str
    sender: tuple[str, str]
    subject: str
    text: str
    html: str = ""
    hours_ago: float = 0
    cc: Sequence[tuple[str, str]] = ()
    files: Sequence[File] = field(default=())
    answers: str = ""
    auto: str = ""


def for_webhook(letter: Letter) -> tuple[str, int, bytes]:
    """Return a letter's id, its arrival in milliseconds since 1970, and its bytes."""
    at = datetime.now(UTC) - timedelta(hours=letter.hours_ago)
    mail = EmailMessage(policy.SMTP)
    mail["From"] = _person(letter.sender)
    mail["To"] = SUPPORT
    if letter.cc:
        mail["Cc"] = ", ".join(map(_person, letter.cc))
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.name}@{letter.sender[1].rpartition('@')[2]}>"
    if letter.answers:
        mail["In-Reply-To"] = mail["References"] = letter.answers
    if letter.auto:
        mail["Auto-Submitted"] = letter.auto
    mail.set_content(letter.text)
    _add_html(mail, letter)
    for file in letter.files:
        if not file.inline:
            main, _, sub = file.kind.partition("/")
            mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return letter.name, int(at.timestamp() * 1000), mail.as_bytes()


def bounce(*, name: str, recipient: str, message_id: str) -> tuple[str, int, bytes]:
    """Return the report of a mail server that the recipient of our mail does not exist (RFC 3464).

    message_id: of the mail that did not arrive.
    """
    now = datetime.now(UTC)
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.lumen.example>",
        f"To: {SUPPORT}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{name}@mx.lumen.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="report"',
        *("", "--report", "Content-Type: text/plain", ""),
        f"I'm sorry: your message could not be delivered to {recipient}.",
        *("", "--report", "Content-Type: message/delivery-status", ""),
        *("Reporting-MTA: dns; mx.lumen.example", ""),
        f"Final-Recipient: rfc822; {recipient}",
        *("Action: failed", "Status: 5.1.1"),
        f"Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected:",
        "    User unknown",
        *("", "--report", "Content-Type: text/rfc822-headers", ""),
        *(f"From: {SUPPORT}", f"To: {recipient}", f"Message-ID: {message_id}"),
        *("", "--report--", ""),
    ]
    return name, int(now.timestamp() * 1000), "\r\n".join(lines).encode()


def _add_html(mail: EmailMessage, letter: Letter) -> None:
    if not letter.html:
        return
    mail.add_alternative(letter.html, subtype="html")
    *_others, page = mail.iter_parts()
    for file in letter.files:
        if file.inline:
            main, _, sub = file.kind.partition("/")
            page.add_related(
                file.content, maintype=main, subtype=sub, cid=f"<{file.inline}>", filename=file.name
            )


def _person(person: tuple[str, str]) -> str:
    return f'"{person[0]}" <{person[1]}>' if person[0] else person[1]
