"""Decide whether to suppress automatic mail: no machine is answered, and nobody is flooded."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from mailing import own_mail
from mailing.kinds import MailKind
from mailing.mailboxes import mailbox, same_mailbox
from mailing.models import MutedMailbox, OutboundEmail
from mailing.queueing.locks import lock_names_until_commit
from tickets.models import HistoryEntry, Message

Kind = OutboundEmail.Kind

TOTAL_REACHED = "automatic mails in an hour are the limit, see AUTOMATIC_MAIL_PER_HOUR"
_ONLY_MACHINES = "only machines have written in this request"
_LATEST_SUPPRESSED = 1000
# More than any outbox gets in an hour; it only keeps the count away from old mail.
_MOST_IN_AN_HOUR = 2_000_000


def reasons_to_suppress(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> list[str]:
    """Return why the requesters must not get these notices; "" for those who may."""
    if kind == Kind.CREATED:
        return [_reason_not_to_acknowledge(entry) for entry in entries]
    written_by_persons = _tickets_of_persons(entries)
    return ["" if entry.ticket_id in written_by_persons else _ONLY_MACHINES for entry in entries]


def _reason_not_to_acknowledge(entry: HistoryEntry) -> str:
    message = entry.message
    assert message is not None  # noqa: S101 - a message opens a ticket
    origin = message.origin or {}
    # A supervisor may accept an ignored mail days later; its requester has heard nothing yet.
    if not origin.get("accepted"):
        age = timezone.now() - message.written_at
        if age > settings.NOTICE_MAX_AGE:
            return "the mail that opened the request is older than NOTICE_MAX_AGE"
    if origin.get("not_acknowledged"):
        return str(origin["not_acknowledged"])
    return "" if origin.get("kind") == MailKind.PERSON else _ONLY_MACHINES


class AutomaticMailLimits:
    """The mutes and the limits of automatic mail, for the mailboxes of some recipients.

    The mailboxes are locked, so that the counts are exact; a transaction that queues automatic
    mail for several recipients must therefore name all in its first call.
    """

    def __init__(self, recipients: Iterable[str], *, except_for: int = 0) -> None:
        """Read them; except_for: the id of a mail that is not counted, as it is sent again."""
        recipients = list(recipients)
        mailboxes = {mailbox(recipient) for recipient in recipients}
        lock_names_until_commit(mailboxes)
        muted = MutedMailbox.objects.filter(mailbox__in=mailboxes)
        self._muted = dict(muted.values_list("mailbox", "reason"))
        self._counts = _count_recent(mailboxes, except_for=except_for)
        self._total = _count_total(to_come=len(recipients))

    def claim(self, recipient: str) -> str:
        """Count a mail to a recipient; return "", or why it must not be sent now."""
        key, most = mailbox(recipient), settings.AUTOMATIC_MAIL_PER_HOUR
        if any(same_mailbox(recipient, own) for own in own_mail.own_addresses()):
            return "it is one of this desk's own addresses"
        if key in self._muted:
            return f"muted until this address writes again: {self._muted[key]}"
        if reached := self.find_reached_limit(recipient):
            return reached
        if self._total >= most:
            return f"{most} {TOTAL_REACHED}"
        in_hour, in_day = self._counts.get(key, (0, 0))
        self._counts[key] = in_hour + 1, in_day + 1
        self._total += 1
        return ""

    def find_reached_limit(self, recipient: str) -> str:
        """Return which limit of automatic mail a recipient's mailbox has reached, or ""."""
        in_hour, in_day = self._counts.get(mailbox(recipient), (0, 0))
        for count, most, setting in (
            (in_hour, settings.NOTICES_PER_HOUR, "NOTICES_PER_HOUR"),
            (in_day, settings.NOTICES_PER_DAY, "NOTICES_PER_DAY"),
        ):
            if count >= most:
                return f"this mailbox has got {most} automatic mails already, see {setting}"
        return ""


def _count_recent(mailboxes: Iterable[str], *, except_for: int) -> dict[str, tuple[int, int]]:
    """Return how many automatic mails each mailbox got in the last hour and in the last day.

    A mail that was queued again counts from then on.
    """
    now = timezone.now()
    in_hour, in_day = _since(now - timedelta(hours=1)), _since(now - timedelta(days=1))
    automatic = (
        OutboundEmail.objects.filter(in_day, mailbox__in=mailboxes)
        .exclude(kind=Kind.REPLY)
        .exclude(state=OutboundEmail.State.SUPPRESSED)
        .exclude(pk=except_for)
    )
    counted = automatic.values("mailbox").annotate(
        in_hour=Count("pk", filter=in_hour), in_day=Count("pk")
    )
    return {row["mailbox"]: (row["in_hour"], row["in_day"]) for row in counted}


def _since(moment: datetime) -> Q:
    return Q(created_at__gt=moment) | Q(first_attempt_at__gt=moment) | Q(next_attempt_at__gt=moment)


def _count_total(*, to_come: int) -> int:
    """Return how many automatic mails were queued in the last hour, for AUTOMATIC_MAIL_PER_HOUR.

    0 if the limit cannot be reached by `to_come` more. It ends loops that no other limit can see,
    such as with a desk that answers each mail from a new address. Mails that other transactions
    queue at the same moment may exceed it.
    """
    most = settings.AUTOMATIC_MAIL_PER_HOUR
    since = timezone.now() - timedelta(hours=1)
    newest = OutboundEmail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    # Numbers grow by one, so this mail is old unless the limit may be reached: no need to count.
    earlier = OutboundEmail.objects.filter(pk__lte=newest - most + to_come).order_by("-pk")
    created_at = earlier.values_list("created_at", flat=True).first()
    if created_at is None or created_at <= since:
        return 0
    recent = OutboundEmail.objects.filter(pk__gt=newest - _MOST_IN_AN_HOUR, created_at__gt=since)
    automatic = recent.exclude(kind=Kind.REPLY).exclude(state=OutboundEmail.State.SUPPRESSED)
    return automatic.count()


def suppressed_by_total() -> int:
    """Return how many of the latest suppressed mails of the last hour AUTOMATIC_MAIL_PER_HOUR hit.

    Only the latest are looked at, so that the query stays fast in a large outbox.
    """
    suppressed = OutboundEmail.objects.filter(state=OutboundEmail.State.SUPPRESSED)
    latest = suppressed.order_by("-pk").values("pk")[:_LATEST_SUPPRESSED]
    since = timezone.now() - timedelta(hours=1)
    hit = OutboundEmail.objects.filter(pk__in=latest, reason__endswith=TOTAL_REACHED)
    return hit.filter(created_at__gt=since).count()


def mute(address: str, reason: str) -> None:
    """Send no more automatic mail to this address's mailbox."""
    MutedMailbox.objects.get_or_create(mailbox=mailbox(address), defaults={"reason": reason})


def unmute(addresses: Iterable[str]) -> None:
    """Send automatic mail to these addresses' mailboxes again, because persons wrote from there."""
    mailboxes = {mailbox(address) for address in addresses}
    if mailboxes:
        MutedMailbox.objects.filter(mailbox__in=mailboxes).delete()


def _tickets_of_persons(entries: list[HistoryEntry]) -> set[int]:
    """Return the ids of those entries' tickets in which a person has written."""
    tickets = {entry.ticket_id for entry in entries}
    theirs = Message.objects.filter(ticket__in=tickets, sender_type=Message.SenderType.USER)
    return set(theirs.filter(origin__kind=MailKind.PERSON).values_list("ticket_id", flat=True))
