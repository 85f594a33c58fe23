"""Decide whether to suppress automatic mail: no machine is answered, and nobody is flooded."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from mailing import own_mail
from mailing.kinds import MailKind
from mailing.mailboxes import mailbox, same_mailbox
from mailing.models import MutedMailbox, OutboundEmail
from mailing.queueing.locks import lock_names_until_commit
from tickets.models import HistoryEntry, Message, Ticket

Kind = OutboundEmail.Kind

TOTAL_REACHED = "automatic mails in an hour are the limit, see AUTOMATIC_MAIL_PER_HOUR"
_LATEST_SUPPRESSED = 1000
# More than any outbox gets in an hour; it only keeps the count away from old mail.
_MOST_IN_AN_HOUR = 2_000_000


def reason_to_suppress(kind: OutboundEmail.Kind, entry: HistoryEntry) -> str:
    """Return why the requester must not get this notice; "" when they may."""
    origin = (entry.message.origin if entry.message else None) or {}
    # A supervisor may accept an ignored mail days later; its requester has heard nothing yet.
    if kind == Kind.CREATED and entry.message is not None and not origin.get("accepted"):
        age = timezone.now() - entry.message.written_at
        if age > settings.NOTICE_MAX_AGE:
            return "the mail that opened the request is older than NOTICE_MAX_AGE"
    if kind == Kind.CREATED and origin.get("not_acknowledged"):
        return str(origin["not_acknowledged"])
    if not _has_mail_of_a_person(entry.ticket):
        return "only machines have written in this request"
    return ""


def reason_to_suppress_mailbox(recipient: str) -> str:
    """Return why a recipient's mailbox must get no automatic mail now; "" when it may."""
    if any(same_mailbox(recipient, own) for own in own_mail.own_addresses()):
        return "it is one of this desk's own addresses"
    muted = MutedMailbox.objects.filter(mailbox=mailbox(recipient)).first()
    if muted is not None:
        return f"muted until this address writes again: {muted.reason}"
    return reached_limit(recipient) or reached_total()


def reached_limit(recipient: str, *, except_for: int = 0) -> str:
    """Return which limit of automatic mail a recipient's mailbox has reached, or "".

    A mail that was queued again counts from then on. except_for: the id of a mail that is not
    counted, because it is to be sent again.
    """
    lock_mailboxes([recipient])
    automatic = (
        OutboundEmail.objects.filter(mailbox=mailbox(recipient))
        .exclude(kind=Kind.REPLY)
        .exclude(state=OutboundEmail.State.SUPPRESSED)
        .exclude(pk=except_for)
    )
    limits = (
        (timedelta(hours=1), settings.NOTICES_PER_HOUR, "NOTICES_PER_HOUR"),
        (timedelta(days=1), settings.NOTICES_PER_DAY, "NOTICES_PER_DAY"),
    )
    now = timezone.now()
    for span, most, setting in limits:
        since = now - span
        recent = Q(created_at__gt=since) | Q(first_attempt_at__gt=since)
        if automatic.filter(recent | Q(next_attempt_at__gt=since)).count() >= most:
            return f"this mailbox has got {most} automatic mails already, see {setting}"
    return ""


def reached_total() -> str:
    """Return that AUTOMATIC_MAIL_PER_HOUR is reached, or "".

    It ends loops that no other limit can see, such as with a desk that answers each mail from a new
    address. Mails that are queued at the same moment may exceed it by a few.
    """
    most = settings.AUTOMATIC_MAIL_PER_HOUR
    since = timezone.now() - timedelta(hours=1)
    newest = OutboundEmail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    # Numbers grow by one, so this mail is old unless the limit may be reached: no need to count.
    earlier = OutboundEmail.objects.filter(pk__lte=newest - most + 1).order_by("-pk")
    created_at = earlier.values_list("created_at", flat=True).first()
    if created_at is None or created_at <= since:
        return ""
    recent = OutboundEmail.objects.filter(pk__gt=newest - _MOST_IN_AN_HOUR, created_at__gt=since)
    automatic = recent.exclude(kind=Kind.REPLY).exclude(state=OutboundEmail.State.SUPPRESSED)
    return f"{most} {TOTAL_REACHED}" if automatic.count() >= most else ""


def suppressed_by_total() -> int:
    """Return how many of the latest suppressed mails of the last hour AUTOMATIC_MAIL_PER_HOUR hit.

    Only the latest are looked at, so that the query stays fast in a large outbox.
    """
    suppressed = OutboundEmail.objects.filter(state=OutboundEmail.State.SUPPRESSED)
    latest = suppressed.order_by("-pk").values("pk")[:_LATEST_SUPPRESSED]
    since = timezone.now() - timedelta(hours=1)
    hit = OutboundEmail.objects.filter(pk__in=latest, reason__endswith=TOTAL_REACHED)
    return hit.filter(created_at__gt=since).count()


def lock_mailboxes(recipients: Iterable[str]) -> None:
    """Wait for other transactions that queue mail for these mailboxes, so that counts are exact.

    A caller that queues mail for several recipients must lock them in one call.
    """
    lock_names_until_commit(mailbox(recipient) for recipient in recipients)


def mute(address: str, reason: str) -> None:
    """Send no more automatic mail to this address's mailbox."""
    MutedMailbox.objects.get_or_create(mailbox=mailbox(address), defaults={"reason": reason})


def unmute(address: str) -> None:
    """Send automatic mail to this address's mailbox again, because a person wrote from there."""
    MutedMailbox.objects.filter(mailbox=mailbox(address)).delete()


def _has_mail_of_a_person(ticket: Ticket) -> bool:
    theirs = Message.objects.filter(ticket=ticket, sender_type=Message.SenderType.USER)
    return theirs.filter(origin__kind=MailKind.PERSON).exists()
