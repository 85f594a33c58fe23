"""Compare the mailbox's list of mail with the inbox; each call is also the script's heartbeat."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from mailing.inbound import inbox
from mailing.models import InboundEmail
from mailing.monitoring import heartbeats
from mailing.monitoring_models import Gap

log = structlog.get_logger(__name__)

Source = InboundEmail.Source

# The script calls every 15 minutes and posts at once what is missing, so a gap that is still open
# after two calls will not close by itself.
_LASTS_AFTER = timedelta(minutes=35)


@transaction.atomic
def reconcile(external_ids: list[str]) -> list[str]:
    """Return which of the mailbox's ids were never received, and record them as gaps."""
    missing = inbox.find_missing(Source.GMAIL, external_ids)
    now = timezone.now()
    Gap.objects.bulk_create(
        [
            Gap(external_id=external_id, missing_since=now, last_missed_at=now)
            for external_id in sorted(missing)
        ],
        update_conflicts=True,
        unique_fields=["external_id"],
        update_fields=["last_missed_at"],
    )
    closed = open_gaps().filter(Exists(_received())).update(closed_at=now)
    heartbeats.record_script_call()
    if missing or closed:
        log.warning("gaps_recorded", missing=len(missing), closed=closed)
    log.info("mailbox_reconciled", asked=len(external_ids), missing=len(missing))
    return missing


def open_gaps() -> QuerySet[Gap]:
    """Return the missed mails that have not been received since."""
    return Gap.objects.filter(closed_at=None)


def lasting_gaps() -> QuerySet[Gap]:
    """Return the gaps that posting again did not close, as long as the script reports them."""
    since = timezone.now() - _LASTS_AFTER
    return open_gaps().filter(
        ~Exists(_received()), missing_since__lt=since, last_missed_at__gte=since
    )


def _received() -> QuerySet[InboundEmail]:
    return InboundEmail.objects.filter(source=Source.GMAIL, external_id=OuterRef("external_id"))
