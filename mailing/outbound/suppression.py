"""Decide whether to suppress automatic mail: no machine is answered, and nobody is flooded."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from mailing.kinds import MailKind
from mailing.models import MutedMailbox, OutboundEmail
from mailing.queueing.locks import lock_names_until_commit
from operators.mailboxes import mailbox
from operators.own_addresses import is_own_address
from tickets.models import HistoryEntry, Message

Kind = OutboundEmail.Kind

# The limits neither count nor refuse these: answers, and what tells operators of their tickets.
UNLIMITED = (Kind.REPLY, Kind.OPERATOR_UPDATE, Kind.ADDRESS_CHANGED)

TOTAL_REACHED = "automatic mails in an hour are the limit, see AUTOMATIC_MAIL_PER_HOUR"
_ONLY_MACHINES = "only machines have written in this request"
_LATEST_SUPPRESSED = 1000
# More than any outbox gets in an hour; it only keeps the count away from old mail.
_MOST_IN_AN_HOUR = 2_000_000
# For each mailbox: why it is muted, and how many automatic mails it got in the last hour and in the
# last day, where a mail that was queued again counts from then on. Each row also has the time of
# the mail whose id is AUTOMATIC_MAIL_PER_HOUR below the latest: at most so many came later.
_LIMITS = """
    SELECT wanted.mailbox, muted.reason, got.in_hour, got.in_day, (
        SELECT created_at FROM mailing_outboundemail
        WHERE id <= (SELECT max(id) FROM mailing_outboundemail) - %(most)s
        ORDER BY id DESC LIMIT 1
    )
    FROM unnest(%(mailboxes)s::text[]) AS wanted (mailbox)
    LEFT JOIN mailing_mutedmailbox AS muted ON muted.mailbox = wanted.mailbox
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE counted.since > %(hour_ago)s) AS in_hour,
            count(*) FILTER (WHERE counted.since > %(day_ago)s) AS in_day
        FROM mailing_outboundemail AS mail,
            greatest(mail.created_at, mail.first_attempt_at, mail.next_attempt_at)
                AS counted (since)
        WHERE mail.mailbox = wanted.mailbox AND mail.id <> %(except_for)s
            AND mail.kind <> ALL(%(unlimited)s) AND mail.state <> 'suppressed'
    ) AS got
"""


def reasons_to_suppress(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> list[str]:
    """Return why the requesters must not get these notices; "" for those who may."""
    if kind == Kind.CREATED:
        return [_reason_not_to_acknowledge(entry) for entry in entries]
    written_by_machines = _tickets_of_machines(entries)
    return [_ONLY_MACHINES if entry.ticket_id in written_by_machines else "" for entry in entries]


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
        if not mailboxes:
            return
        lock_names_until_commit(mailboxes)
        now = timezone.now()
        hour_ago = now - timedelta(hours=1)
        values: dict[str, Any] = {
            "mailboxes": list(mailboxes),
            "unlimited": [kind.value for kind in UNLIMITED],
            "except_for": except_for,
            "hour_ago": hour_ago,
            "day_ago": now - timedelta(days=1),
            "most": settings.AUTOMATIC_MAIL_PER_HOUR - len(recipients),
        }
        with connection.cursor() as cursor:
            cursor.execute(_LIMITS, values)
            rows = cursor.fetchall()
        self._muted = {key: reason for key, reason, *_counts in rows if reason is not None}
        self._counts = {key: (in_hour, in_day) for key, _, in_hour, in_day, _ in rows}
        earlier = rows[0][-1]
        # No need to count where the limit cannot be reached.
        self._total = _count_total(hour_ago) if earlier and earlier > hour_ago else 0

    def claim(self, recipient: str) -> str:
        """Count a mail to a recipient; return "", or why it must not be sent now."""
        key, most = mailbox(recipient), settings.AUTOMATIC_MAIL_PER_HOUR
        if unreachable := _reason_not_to_reach(recipient, self._muted):
            return unreachable
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


def find_unreachable(recipients: Iterable[str]) -> dict[str, str]:
    """Return why those of the recipients must get no automatic mail who must not, in any number."""
    recipients = list(recipients)
    if not recipients:
        return {}
    rows = MutedMailbox.objects.filter(mailbox__in={mailbox(address) for address in recipients})
    muted = dict(rows.values_list("mailbox", "reason"))
    reasons = {address: _reason_not_to_reach(address, muted) for address in recipients}
    return {address: reason for address, reason in reasons.items() if reason}


def _reason_not_to_reach(recipient: str, muted: Mapping[str, str]) -> str:
    """Return why a recipient gets no automatic mail; muted: the reasons by mailbox."""
    if is_own_address(recipient):
        return "it is one of this desk's own addresses"
    reason = muted.get(mailbox(recipient))
    return "" if reason is None else f"muted until this address writes again: {reason}"


def _count_total(since: datetime) -> int:
    """Return how many automatic mails were queued since then, for AUTOMATIC_MAIL_PER_HOUR.

    It ends loops that no other limit can see, such as with a desk that answers each mail from a new
    address. Mails that other transactions queue at the same moment may exceed it.
    """
    newest = OutboundEmail.objects.aggregate(pk=Max("pk"))["pk"]
    recent = OutboundEmail.objects.filter(pk__gt=newest - _MOST_IN_AN_HOUR, created_at__gt=since)
    automatic = recent.exclude(kind__in=UNLIMITED).exclude(state=OutboundEmail.State.SUPPRESSED)
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
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM mailing_mutedmailbox WHERE mailbox = ANY(%s)", [list(mailboxes)]
            )


def _tickets_of_machines(entries: list[HistoryEntry]) -> set[int]:
    """Return the ids of those entries' tickets whose requesters are machines.

    A requester may not have written yet, where the ticket began with an operator's mail.
    """
    theirs = Message.objects.filter(
        ticket__in={entry.ticket_id for entry in entries},
        sender_type=Message.SenderType.USER,
        sender_email="",  # not a participant's, who gets no notices
    )
    kinds = set(theirs.values_list("ticket_id", "origin__kind").distinct())
    persons = {ticket for ticket, kind in kinds if kind == MailKind.PERSON}
    return {ticket for ticket, _kind in kinds} - persons
