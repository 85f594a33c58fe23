"""Recognise the senders of delivery failures: mail servers, and addresses that people use too."""

from __future__ import annotations

import re

from mailing.classification import person_signs
from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing.message import ParsedEmail

# Addresses that mail servers report from (RFC 5321, 4.5.5 and RFC 2142, 5). They are sure signs,
# since no person writes from them.
_DAEMON = re.compile(
    r"(?:mail(?:er)?[-_. ]?(?:daemon|deliver[a-z]*[-_. ]?(?:sub)?system)|mdaemon|double-bounce"
    r"|(?:[a-z0-9.]*-mailer|fetchmail|news|smtp)-daemon|mmdf|microsoftexchange[0-9a-f]{20,}|complaints?-?bounces?)"
)
# Addresses that people use too: they need more evidence.
_ROLE = re.compile(
    r"(?:po+st[-_.]?master|bounces?|ndr|mmsc"
    r"|mail[-_.]?(?:admin(?:istrator)?|system|robot|delivery))"
    r"(?:[^a-z].*)?"
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)?[- ]?daemon|mail deliver\w* (?:sub)?system|mail delivery service"
    r"|system administrator|^\W*postmaster\b|mail dispatcher|ndr administrator|content-filter at"
    r"|система доставки|почтовая система|mail-?system|bulk email firewall"
    r"|mail router|interscan|barracuda"
)
_IMPERSONAL = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|mail[-_.]?(?:er|system|server|gateway|filter)|deliver"
    r"|bounce|i?mss$|interscan|^(?:smtp|antispam|spam|virus|filter|gateway|gwia|(?:x400)?mta)$"
    r"|mailmarshal|m(?:ime|ail)sweeper"
)
# Mail servers report from these too (Domino, Verizon), but people write from them more often.
_PEOPLE_TOO = re.compile(r"administrator(?:/.*)?|sys(?:tem|admin).*|e?-?mail|security")
_SES_BOUNCE = re.compile(r"\"(?:notificationType|eventType)\\?\"\s*:\s*\\?\"Bounce")
_SES_COMPLAINT = re.compile(r"\"(?:notificationType|eventType)\\?\"\s*:\s*\\?\"Complaint")
_FML = re.compile(
    r"not (?:a )?member|reject|loop|security alert|duplicated message-id|system error"
)


def is_impersonal(mail: ParsedEmail) -> bool:
    """Return whether the sender is no person and no list; those may write about failures."""
    if any(mail.header(name) for name in ("list-id", "list-unsubscribe", "list-post")):
        return False
    local = mail.sender.email.split("@")[0]
    if not local or _IMPERSONAL.search(local):
        return True
    is_asking = person_signs.has_greeting(mail) or "?" in mail.text[:300]
    return bool(_PEOPLE_TOO.fullmatch(local)) and not is_asking


def find_daemon(mail: ParsedEmail) -> str:
    """Return "mailer-daemon", or "postmaster" for a name or address of people too, or ""."""
    if is_daemon_address(mail):
        return "mailer-daemon"
    sender = mail.header("from").lower()
    name = _DAEMON_NAME.search(mail.sender.name.lower() if mail.sender.email else sender)
    return "postmaster" if name or _ROLE.fullmatch(mail.sender.email.split("@")[0]) else ""


def is_daemon_address(mail: ParsedEmail) -> bool:
    """Return whether the sender is a mail server's address, which may have no domain.

    A display name is not enough, since anybody may be called so.
    """
    sender = mail.header("from").lower()
    is_bare = "@" not in sender and re.match(r"\W*mail(?:er)?-daemon\b", sender)
    return bool(is_bare or _DAEMON.fullmatch(mail.sender.email.split("@")[0]))


def has_daemon_return_path(mail: ParsedEmail) -> bool:
    """Return whether the return path is a mail server's address, which may have no domain."""
    path = mail.header("return-path").strip().strip("<>").lower()
    return bool(path and _DAEMON.fullmatch(path.split("@")[0]))


def find_special_system(mail: ParsedEmail, text: str) -> str:
    """Return the name of a system that shares no sign with the others, or ""."""
    # Amazon SES reports through SNS, as JSON:
    # https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
    if _is_from_sns(mail) and _SES_BOUNCE.search(text):
        return "amazon ses notification"
    # fml rejects mail of non-members to a list: https://www.fml.org
    by_fml = mail.header("x-mlserver") and ".fml" in mail.message_id.lower()
    return "fml" if by_fml and _FML.search(f"{mail.subject}\n{text}".lower()) else ""


def is_ses_notification(mail: ParsedEmail) -> bool:
    """Return whether Amazon SES reports a bounce or a complaint through SNS."""
    return is_ses_complaint(mail) or (_is_from_sns(mail) and bool(_SES_BOUNCE.search(mail.text)))


def is_ses_complaint(mail: ParsedEmail) -> bool:
    """Return whether Amazon SES reports a complaint through SNS."""
    return _is_from_sns(mail) and bool(_SES_COMPLAINT.search(mail.text[:REPORT_CHARACTERS]))


def _is_from_sns(mail: ParsedEmail) -> bool:
    return bool(mail.header("x-amz-sns-message-id")) or mail.sender.email.endswith(
        "@sns.amazonaws.com"
    )
