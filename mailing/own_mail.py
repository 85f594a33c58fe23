"""Recognise the desk's own mail when it comes back, and the addresses that the desk made up.

A mail of ours has a Message-ID that is in the outbox, and a signed loop header. A requester whose
mail names no address gets an address in a domain that belongs to nobody.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.signing import BadSignature, Signer
from django.db import connection
from django.db.models import BinaryField
from django.db.models.functions import Substr

from mailing.models import OutboundEmail
from mailing.parsing.message import ParsedEmail, parse

LOOP_HEADER = "X-ServiceDesk-Loop"
# RFC 2606, section 2: nobody can ever register a domain below "invalid".
UNKNOWN_SENDER_DOMAIN = "sender.invalid"

# The subject stands near the top of a mail of ours, and takes less than this with all before it.
_SUBJECT_WITHIN_BYTES = 8_192

# As SQL, because every mail waits for it, and Django takes longer to build it than it runs.
_SENT = """
    SELECT mail.id, mail.message_id_header, mail.kind, mail.ticket_id, ticket.requester_id
    FROM mailing_outboundemail AS mail LEFT JOIN tickets_ticket AS ticket ON ticket.id = ticket_id
    WHERE mail.message_id_header = ANY(%s)
"""

_signer = Signer(salt="mailing.loop")


def sign_loop_header(message_id: str) -> str:
    """Return the value of the loop header for a mail of ours."""
    return _signer.sign(message_id)


def find_loop_header(mail: ParsedEmail) -> str:
    """Return the loop header that this desk signed, or "" when the mail has none."""
    values = mail.all_headers(LOOP_HEADER.lower())
    return next((value for value in values if is_loop_header_of_ours(value)), "")


def is_loop_header_of_ours(value: str) -> bool:
    """Return whether this desk signed the value of a loop header."""
    try:
        _signer.unsign(value.strip())
    except BadSignature:
        return False
    return True


class SentMail(NamedTuple):
    """A mail of ours; one to an operator may be about no ticket."""

    pk: int
    message_id: str
    kind: str
    ticket_id: int | None
    requester_id: int | None


class SentMails:
    """The mails of ours that some Message-IDs name, read from the outbox at once."""

    def __init__(self, message_ids: Iterable[str]) -> None:
        wanted = set(message_ids) - {""}
        self.by_message_id: dict[str, SentMail] = {}
        if wanted:
            with connection.cursor() as cursor:
                cursor.execute(_SENT, [list(wanted)])
                found = [SentMail(*row) for row in cursor.fetchall()]
            self.by_message_id = {mail.message_id: mail for mail in found}
        self._subjects: dict[int, str] | None = None

    @classmethod
    def named_by(cls, mails: Iterable[ParsedEmail]) -> "SentMails":
        """Return the mails of ours that these mails are, or that they answer."""
        return cls(
            message_id
            for mail in mails
            for message_id in (mail.message_id, *mail.in_reply_to, *mail.references)
        )

    def has(self, message_id: str) -> bool:
        """Return whether a Message-ID is that of a mail of ours."""
        return message_id in self.by_message_id

    def find_answered(self, mail: ParsedEmail) -> SentMail | None:
        """Return the mail of ours that a mail answers: the nearest of its references."""
        references = [*mail.in_reply_to, *reversed(mail.references)]
        known = (self.by_message_id.get(reference) for reference in references)
        return next((sent for sent in known if sent), None)

    def has_automatic(self, mail: ParsedEmail) -> bool:
        """Return whether a mail names an automatic mail of ours in In-Reply-To or References."""
        named = (self.by_message_id.get(name) for name in (*mail.in_reply_to, *mail.references))
        return any(sent and sent.kind != OutboundEmail.Kind.REPLY for sent in named)

    def find_answered_subject(self, mail: ParsedEmail) -> str:
        """Return the subject of the mail of ours that a mail answers, or ""."""
        answered = self.find_answered(mail)
        return self._read_subjects().get(answered.pk, "") if answered else ""

    def _read_subjects(self) -> dict[int, str]:
        """Return the subjects of all these mails; they are read once, when one is asked for."""
        if self._subjects is None:
            start = Substr("content", 1, _SUBJECT_WITHIN_BYTES, output_field=BinaryField())
            ids = [mail.pk for mail in self.by_message_id.values()]
            rows = OutboundEmail.objects.filter(pk__in=ids).values_list("pk", start)
            self._subjects = {pk: parse(bytes(content)).subject for pk, content in rows}
        return self._subjects


def unknown_sender(number: int) -> str:
    """Return an address for the requester of the mail with this number, which names no address."""
    return f"unknown-{number}@{UNKNOWN_SENDER_DOMAIN}"


def is_unknown_sender(address: str) -> bool:
    """Return whether an address is one that `unknown_sender` returns."""
    return address.endswith(f"@{UNKNOWN_SENDER_DOMAIN}")
