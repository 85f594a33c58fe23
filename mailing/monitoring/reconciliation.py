"""Hold the mailbox's list of mail against the inbox; each call is also the script's heartbeat."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from mailing.inbound import inbox
from mailing.models import Gap, InboundEmail
from mailing.monitoring import heartbeats

log = structlog.get_logger(__name__)

Source = InboundEmail.Source

# The script asks every 15 minutes and sends at once what is missing: the next call must find it.
STAYS_AFTER = timedelta(minutes=35)


@transaction.atomic
def reconcile(external_ids: list[str]) -> list[str]:
    """Return which of the mailbox's ids were never received, and keep that they were missing."""
    missing = inbox.missing(Source.GMAIL, external_ids)
    now = timezone.now()
    Gap.objects.bulk_create(
        [Gap(external_id=one, missing_since=now, last_missed_at=now) for one in sorted(missing)],
        update_conflicts=True,
        unique_fields=["external_id"],
        update_fields=["last_missed_at"],
    )
    closed = open_gaps().filter(Exists(_arrival())).update(closed_at=now)
    heartbeats.script_called()
    if missing or closed:
        log.warning("mailbox_gap", missing=len(missing), closed=closed)
    log.info("mailbox_reconciled", asked=len(external_ids), missing=len(missing))
    return missing


def open_gaps() -> QuerySet[Gap]:
    """Return the mails of which it is not known that they came after all."""
    return Gap.objects.filter(closed_at=None)


def staying_gaps() -> QuerySet[Gap]:
    """Return the gaps that sending again did not close, as long as the script tells of them."""
    since = timezone.now() - STAYS_AFTER
    return open_gaps().filter(
        ~Exists(_arrival()), missing_since__lt=since, last_missed_at__gte=since
    )


def _arrival() -> QuerySet[InboundEmail]:
    return InboundEmail.objects.filter(source=Source.GMAIL, external_id=OuterRef("external_id"))
