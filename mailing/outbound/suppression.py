"""When automatic mail stays at home: no machine is answered, and nobody is flooded."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from mailing.classification.rules import Kind as MailKind
from mailing.mailboxes import mailbox
from mailing.models import MutedMailbox, OutboundEmail
from tickets.models import HistoryEntry, Message, Ticket

Kind = OutboundEmail.Kind


def why_suppressed(kind: OutboundEmail.Kind, entry: HistoryEntry) -> str:
    """Return why the requester must not get this notice, or an empty string."""
    if kind == Kind.CREATED and entry.message is not None:
        age = timezone.now() - entry.message.written_at
        if age > settings.NOTICE_MAX_AGE:
            return "the mail that opened the request is older than NOTICE_MAX_AGE"
    if not _a_person_wrote(entry.ticket):
        return "only machines have written in this request"
    return ""


def why_held_back(recipient: str) -> str:
    """Return why a mailbox must get nothing automatic at the moment, or an empty string."""
    muted = MutedMailbox.objects.filter(mailbox=mailbox(recipient)).first()
    if muted is not None:
        return f"muted until this address writes again: {muted.reason}"
    return over_limit(recipient)


def over_limit(recipient: str, *, besides: int = 0) -> str:
    """Return which limit of automatic mail this recipient's mailbox has reached, or nothing.

    besides: the id of a mail that is not counted, to be sent again. What was begun anew counts as
    anew.
    """
    lock_mailboxes([recipient])
    box, now = mailbox(recipient), timezone.now()
    automatic = (
        OutboundEmail.objects.filter(mailbox=box)
        .exclude(kind=Kind.REPLY)
        .exclude(state=OutboundEmail.State.SUPPRESSED)
        .exclude(pk=besides)
    )
    limits = (
        (timedelta(hours=1), settings.NOTICES_PER_HOUR, "NOTICES_PER_HOUR"),
        (timedelta(days=1), settings.NOTICES_PER_DAY, "NOTICES_PER_DAY"),
    )
    for span, most, name in limits:
        since = now - span
        recent = Q(created_at__gt=since) | Q(first_attempt_at__gt=since)
        if automatic.filter(recent | Q(next_attempt_at__gt=since)).count() >= most:
            return f"this mailbox has got {most} automatic mails already, see {name}"
    return ""


def lock_mailboxes(recipients: Iterable[str]) -> None:
    """Wait for all others who queue for one of these mailboxes, so that the counts are exact.

    Who queues for several must lock them in one call: in one order nobody locks another out.
    """
    numbers = sorted({_lock_number(mailbox(recipient)) for recipient in recipients})
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def mute(address: str, reason: str) -> None:
    """Send this address's mailbox nothing automatic from now on."""
    MutedMailbox.objects.get_or_create(mailbox=mailbox(address), defaults={"reason": reason})


def unmute(address: str) -> None:
    """A person has written from the address, so mail to it may arrive again."""
    MutedMailbox.objects.filter(mailbox=mailbox(address)).delete()


def _a_person_wrote(ticket: Ticket) -> bool:
    theirs = Message.objects.filter(ticket=ticket, sender_type=Message.SenderType.USER)
    return theirs.filter(origin__kind=MailKind.PERSON).exists()


def _lock_number(box: str) -> int:
    """Return a number of 63 bits; PostgreSQL's advisory locks know no names."""
    return int.from_bytes(blake2b(box.encode(), digest_size=8).digest()) >> 1
