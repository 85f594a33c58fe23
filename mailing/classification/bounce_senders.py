"""Recognise the senders of delivery failures: mail servers, and addresses that people use too."""

from __future__ import annotations

import re

from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing.message import ParsedEmail

# Addresses that mail servers report from (RFC 5321, 4.5.5 and RFC 2142, 5). They are sure signs,
# since no person writes from them.
_DAEMON = re.compile(
    r"(?:mail(?:er)?[-_. ]?(?:daemon|deliver[a-z]*[-_. ]?(?:sub)?system)|mdaemon|double-bounce"
    r"|mail-?delivery-?(?:system|subsystem)?|(?:[a-z0-9.]*-mailer|fetchmail|news|smtp)-daemon|mmdf"
    r"|mailsystem"
    r"|microsoftexchange[0-9a-f]{20,}|complaints?-?bounces?)"
)
# Addresses that people use too: they need more evidence.
_ROLE = re.compile(
    r"(?:po+st[-_.]?master|bounces?|ndr|mmsc|mail[-_.]?(?:admin(?:istrator)?|system|robot))"
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
# Programs that people write with, in X-Mailer or User-Agent.
_MAIL_PROGRAM = re.compile(
    r"thunderbird|outlook|apple mail|iphone mail|ipad mail|the bat|k-9|mutt|evolution|kmail"
    r"|roundcube|squirrelmail|horde|eudora|foxmail|sylpheed|claws|pine\b|gnus|em client|mailspring"
    r"|airmail|yahoomail|mail\.ru mailer|yamail"
)
_GREETING = re.compile(
    r"\W*(?:hello|hi\b|hey\b|dear|good (?:morning|day|afternoon|evening)|здравствуйте|добр\w+ |"
    r"привет|уважаем|вітаю|доброго дня|hallo|guten |sehr geehrt|moin|bonjour|madame|monsieur|hola"
    r"|buen[oa]s |estimad|ciao|buongiorno|gentile|olá|bom dia|prezad|dzień dobry|witam|dobrý den"
    r"|hej\b|goede|beste |merhaba)"
)
_SES_BOUNCE = re.compile(r"\"(?:notificationType|eventType)\\?\"\s*:\s*\\?\"Bounce")
_SES_COMPLAINT = re.compile(r"\"(?:notificationType|eventType)\\?\"\s*:\s*\\?\"Complaint")
_FML = re.compile(
    r"not (?:a )?member|reject|loop|security alert|duplicated message-id|system error"
)


def is_written_by_hand(mail: ParsedEmail) -> bool:
    """Return whether the header names a program that people write with."""
    program = f"{mail.header('x-mailer')} {mail.header('user-agent')}".lower()
    # Mail written in Gmail; Gmail's own reports end in "@mx.google.com>".
    return bool(_MAIL_PROGRAM.search(program)) or mail.message_id.endswith("@mail.gmail.com>")


def is_impersonal(mail: ParsedEmail) -> bool:
    """Return whether the sender is no person and no list; those may write about failures."""
    if any(mail.header(name) for name in ("list-id", "list-unsubscribe", "list-post")):
        return False
    local = mail.sender.email.split("@")[0]
    if not local or _IMPERSONAL.search(local):
        return True
    start = mail.text[:300].lower()
    return bool(_PEOPLE_TOO.fullmatch(local)) and not (_GREETING.match(start) or "?" in start)


def find_daemon(mail: ParsedEmail) -> str:
    """Return "mailer-daemon", or "postmaster" for an address that people use too, or ""."""
    sender = mail.header("from").lower()
    local = mail.sender.email.split("@")[0]
    if _DAEMON.fullmatch(local) or re.match(r"\W*mail(?:er)?-daemon\b", sender):
        return "mailer-daemon"
    name = _DAEMON_NAME.search(mail.sender.name.lower() if mail.sender.email else sender)
    return "postmaster" if name or _ROLE.fullmatch(local) else ""


def find_special_system(mail: ParsedEmail, text: str) -> str:
    """Return the name of a system that shares no sign with the others, or ""."""
    # Amazon SES reports through SNS, as JSON:
    # https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
    if _is_from_sns(mail) and _SES_BOUNCE.search(text):
        return "amazon ses notification"
    # fml rejects mail of non-members to a list: https://www.fml.org
    by_fml = mail.header("x-mlserver") and ".fml" in mail.message_id.lower()
    return "fml" if by_fml and _FML.search(f"{mail.subject}\n{text}".lower()) else ""


def is_ses_complaint(mail: ParsedEmail) -> bool:
    """Return whether Amazon SES reports a complaint through SNS."""
    return _is_from_sns(mail) and bool(_SES_COMPLAINT.search(mail.text[:REPORT_CHARACTERS]))


def _is_from_sns(mail: ParsedEmail) -> bool:
    return bool(mail.header("x-amz-sns-message-id")) or mail.sender.email.endswith(
        "@sns.amazonaws.com"
    )
