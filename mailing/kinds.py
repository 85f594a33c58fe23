"""The kinds of incoming mail."""

from enum import StrEnum


class MailKind(StrEnum):
    """What kind of mail it is; only a person's mail is acknowledged."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    MACHINE = "machine"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OURS = "ours"
