"""Process a batch of claimed mail: read it, store its files, and put it into its tickets."""

from collections.abc import Iterable, Sequence
from functools import partial
from traceback import clear_frames
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from psycopg2.errors import ProgramLimitExceeded

from mailing.inbound import (
    delivery_reports,
    desk_state,
    outcomes,
    queue,
    reading,
    settling,
)
from mailing.inbound.reading import ReadMail
from mailing.inbound.states import State
from mailing.models import InboundEmail
from mailing.queueing.commits import commit_without_disk
from tickets.exceptions import StoreUnavailable
from tickets.files import store

log = structlog.get_logger(__name__)


def process_batch(claimed: Sequence[InboundEmail], *, holder: UUID) -> None:
    """Process claimed mails; one that fails waits for another attempt, three in all.

    Raises only when the database is down.
    """
    try:
        _process(claimed, holder)
    except Exception as error:
        if _is_database_failure(error):
            outcomes.undo_claims(holder)
        raise


def _process(claimed: Sequence[InboundEmail], holder: UUID) -> None:
    for inbound in claimed:
        if inbound.attempts > outcomes.MAX_ATTEMPTS:
            outcomes.quarantine_after_last_attempt(inbound.pk, holder)
    record_failure = partial(_record_failure, holder=holder)
    tried = [inbound for inbound in claimed if inbound.attempts <= outcomes.MAX_ATTEMPTS]
    # The lease must not expire while a batch of slow mails is read.
    half_time = timezone.now() + queue.LEASE / 2
    read, unread = reading.read_batch(tried, record_failure, until=half_time)
    if unread:
        queue.release_untried(holder, pk__in=[inbound.pk for inbound in unread])
    messages, reports = reading.split_reports(read, record_failure)
    _store_files(messages, holder)
    _settle_in_halves([mail for mail in messages if not mail.reaction], holder)
    # Each in a transaction of its own, since it may lock somebody else's ticket.
    for reaction in (mail for mail in messages if mail.reaction):
        _settle_in_halves([reaction], holder)
    for report in reports:
        _settle_report(report, holder)


def _store_files(mails: list[ReadMail], holder: UUID) -> None:
    """Store the mails' files, outside any transaction.

    Meanwhile the attempts do not count, since a worker that dies while a storage hangs says
    nothing about the mails. If they cannot be stored now, the mails and all others of their
    requesters are released.
    """
    files = {mail.inbound.pk: mail.content.files for mail in mails if mail.content.files}
    if not files:
        return
    _add_to_attempts(-1, files, holder)
    is_stored = True
    try:
        store.store_files([file for of_mail in files.values() for file in of_mail])
    except StoreUnavailable:
        is_stored = False
    finally:
        _add_to_attempts(1, files, holder)
    if not is_stored:
        outcomes.defer_for_storage(files, holder)


@transaction.atomic
def _add_to_attempts(number: int, inbound_ids: Iterable[int], holder: UUID) -> None:
    commit_without_disk()
    rows = queue.claimed_by(holder).filter(pk__in=inbound_ids)
    rows.update(attempts=F("attempts") + number)


def _settle_in_halves(mails: list[ReadMail], holder: UUID) -> None:
    """Settle a batch in one transaction; if that fails, each half of it, down to the one mail."""
    if not mails:
        return
    try:
        with transaction.atomic():
            held = queue.lock_still_claimed([mail.inbound.pk for mail in mails], holder)
            settling.settle([mail for mail in mails if mail.inbound.pk in held])
            return
    except Exception as error:  # noqa: BLE001 - it is recorded on the mail that caused it
        if len(mails) == 1 or _is_database_failure(error):
            _record_failure(mails[0].inbound, error, holder=holder)
            return
        log.warning("batch_failed", mails=len(mails), error=type(error).__name__)
    middle = len(mails) // 2
    _settle_in_halves(mails[:middle], holder)
    _settle_in_halves(mails[middle:], holder)


def _settle_report(report: ReadMail, holder: UUID) -> None:
    """Record a report in a transaction of its own, since it locks the ticket that it is about."""
    bounce = report.verdict.report
    assert bounce is not None  # noqa: S101 - that makes it a report
    try:
        with transaction.atomic():
            if not queue.lock_claimed(report.inbound.pk, holder):
                return
            if desk_state.find_processed([report]):
                outcomes.record_end(report.inbound, State.IGNORED, outcomes.IS_COPY)
            else:
                delivery_reports.settle_report(report.inbound, bounce)
    except Exception as error:  # noqa: BLE001 - as in _settle_in_halves
        _record_failure(report.inbound, error, holder=holder)


def _record_failure(inbound: InboundEmail, error: Exception, *, holder: UUID) -> None:
    """Record that a mail failed; raise the error instead if the database did."""
    if _is_database_failure(error):
        raise error
    clear_frames(error.__traceback__)  # frees memory: the error may be a MemoryError
    log.error(
        "mail_failed",
        inbound=inbound.pk,
        attempt=inbound.attempts,
        trace=inbound.trace,
        exc_info=error,
    )
    outcomes.retry_or_quarantine(inbound.pk, holder, error)


def _is_database_failure(error: Exception) -> bool:
    """Return whether the database failed, and not a mail that is too large for it."""
    return isinstance(error, (OperationalError, InterfaceError)) and not isinstance(
        error.__cause__, ProgramLimitExceeded
    )
