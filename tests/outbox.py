"""Send the outbox's mail, as a worker does."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import attempts, queue
from mailing.outbound.worker import work_outbox


def send_due_mail() -> int:
    """Send all mail that is due, in this process; return how many mails were tried."""
    return work_outbox(until=timezone.now() + timedelta(seconds=30))


def is_all_mail_sent() -> bool:
    """Return whether every mail of the outbox was sent."""
    return not OutboundEmail.objects.exclude(state=OutboundEmail.State.SENT).exists()


def begin_next(holder: UUID | None = None) -> OutboundEmail | None:
    """Claim the next mail that is due and begin to send it; return None if none may be sent."""
    claimed = queue.claim_batch(holder=holder or uuid4(), limit=1)
    for mail in claimed.mails:
        assert attempts.record_acceptance(None, mail)
        return mail
    return None
