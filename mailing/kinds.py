"""The kinds of incoming mail."""

from enum import StrEnum


class MailKind(StrEnum):
    """Who wrote a mail, and for what; only a person's mail is acknowledged."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    MACHINE = "machine"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OURS = "ours"
