"""Put mail into the inbox and have it processed, as the webhook and a worker do."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from django.utils import timezone

from mailing.inbound import queue
from mailing.inbound.worker import work_inbox
from mailing.models import InboundEmail
from tests.factories import InboundEmailFactory
from tests.webhook import post_mails


def store_mail(
    sender: str = "ivan@example.com",
    *,
    raw: EmailMessage | bytes | None = None,
    minutes_ago: int = 0,
    **columns: Any,
) -> InboundEmail:
    """Return an unprocessed mail that reached the mailbox, and us, so many minutes ago."""
    if raw is not None:
        columns["raw"] = bytes(raw)
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    mail: InboundEmail = InboundEmailFactory.create(
        requester_address=sender, internal_date=moment, **columns
    )
    InboundEmail.objects.filter(pk=mail.pk).update(received_at=moment)
    return mail


def claim(holder: UUID) -> list[int]:
    """Claim a batch for a worker; return the ids in processing order."""
    return [mail.pk for mail in queue.claim_batch(holder=holder)]


def process_inbox(*, seconds: float = 30) -> int:
    """Process all mail that is due, in this process; return how many were processed."""
    return work_inbox(until=timezone.now() + timedelta(seconds=seconds))


def receive(*mails: bytes, prefix: str = "m") -> None:
    """Post mails to the webhook, with the ids m1, m2 …, and process them."""
    post_mails(*mails, prefix=prefix)
    process_inbox()


def is_inbox_empty() -> bool:
    """Return whether no mail waits to be processed."""
    return not InboundEmail.objects.filter(state=InboundEmail.State.RECEIVED).exists()
