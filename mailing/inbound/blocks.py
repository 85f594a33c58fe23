"""Addresses and domains whose mail is ignored, and whom a block would have hit."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypedDict

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Reverse
from django.utils import timezone

from mailing.exceptions import AlreadyBlocked
from mailing.inbound.reading import ReadMail
from mailing.kinds import MailKind
from mailing.models import Block, InboundEmail
from operators.mailboxes import canonical_address
from operators.models import Operator

# What the reason of an ignored mail begins with.
BLOCKED = "blocked by "
_LOOKED_BACK = timedelta(days=90)
_MOST_SENDERS = 1_000
# They are recorded on the mail that they are about, whoever sent them, or are our own.
_NEVER_BLOCKED = (MailKind.BOUNCE, MailKind.COMPLAINT, MailKind.OURS)


class Hit(TypedDict):
    """A sender of mail of one kind, and how many of these a block would have hit."""

    address: str
    kind: str
    mails: int


def block(*, address: str, by: Operator) -> Block:
    """Block an address, or "@" and a domain without those below it.

    Raises `AlreadyBlocked`.
    """
    try:
        with transaction.atomic():
            return Block.objects.create(pattern=canonical_address(address), created_by=by)
    except IntegrityError as error:
        if "address_is_blocked_once" not in str(error):
            raise
        raise AlreadyBlocked from error


def find_blocked(mails: Iterable[ReadMail]) -> dict[str, str]:
    """Return by which pattern the senders are blocked, by `Sender.key`; only those who are."""
    patterns = {mail.sender.key: _patterns(mail.sender.key) for mail in mails}
    wanted = {pattern for of_sender in patterns.values() for pattern in of_sender}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pattern FROM mailing_block WHERE pattern = ANY(%s)", [list(wanted)])
        known = {pattern for (pattern,) in cursor.fetchall()}
    if not known:
        return {}
    # The last one counts: a block of the very address before one of its domain.
    return {
        key: pattern
        for key, of_sender in patterns.items()
        for pattern in of_sender
        if pattern in known
    }


def _patterns(address: str) -> tuple[str, str]:
    return f"@{address.rpartition('@')[2]}", address


def preview(address: str) -> list[Hit]:
    """Return whose mail of the last 90 days a block would have hit, people first."""
    since = timezone.now() - _LOOKED_BACK
    mails = _mails_of(canonical_address(address)).filter(received_at__gt=since)
    counted = (
        mails.exclude(kind__in=_NEVER_BLOCKED)
        .values_list("requester_address", "kind")
        .annotate(mails=Count("pk"))
    )
    hits = [Hit(address=sender, kind=kind, mails=number) for sender, kind, number in counted]
    hits.sort(key=lambda hit: (hit["kind"] != MailKind.PERSON, -hit["mails"], hit["address"]))
    return hits[:_MOST_SENDERS]


def _mails_of(pattern: str) -> QuerySet[InboundEmail]:
    """Return the mails of an address or of a domain, which inbound_by_reversed_sender finds."""
    rows = InboundEmail.objects.annotate(reversed=Reverse("requester_address"))
    backwards = pattern[::-1]
    if pattern.startswith("@"):
        return rows.filter(reversed__startswith=backwards)
    return rows.filter(reversed=backwards)
