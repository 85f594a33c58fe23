"""Send the outbox's mail, as a worker does."""

from datetime import timedelta

from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.worker import work_outbox


def send_due_mail() -> int:
    """Send all mail that is due, in this process; return how many mails were tried."""
    return work_outbox(until=timezone.now() + timedelta(seconds=30))


def is_all_mail_sent() -> bool:
    """Return whether every mail of the outbox was sent."""
    return not OutboundEmail.objects.exclude(state=OutboundEmail.State.SENT).exists()
