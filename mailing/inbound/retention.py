"""Delete the bytes of incoming mail after RAW_RETENTION."""

import structlog
from django.conf import settings
from django.utils import timezone

from mailing.models import InboundEmail

log = structlog.get_logger(__name__)

_BATCH = 1000


def purge_raw_mail() -> int:
    """Delete the bytes of mails processed longer than RAW_RETENTION ago; return how many."""
    purged = 0
    old = InboundEmail.objects.filter(
        raw__isnull=False, processed_at__lt=timezone.now() - settings.RAW_RETENTION
    )
    # In batches, so that no row stays locked for long.
    while ids := list(old.values_list("pk", flat=True)[:_BATCH]):
        # Filtered by age again: one of them may just have been replayed.
        purged += old.filter(pk__in=ids).update(raw=None)
    log.info("raw_mail_purged", mails=purged)
    return purged
