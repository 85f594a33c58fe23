"""What a supervisor may do with an outgoing mail: send it again, or cancel it."""

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.models import OutboundEmail
from mailing.outbound import suppression
from mailing.outbound.progress import save_progress
from mailing.outbound.states import State, move
from mailing.signals import outbound_queued
from operators.models import Operator

Kind = OutboundEmail.Kind

RETRIABLE = (State.DEFERRED, State.UNCERTAIN, State.FAILED, State.BOUNCED)
CANCELLABLE = (State.QUEUED, State.DEFERRED, State.UNCERTAIN)


@transaction.atomic
def retry(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Queue a mail again, with the tries of a whole day before it.

    Raises `Http404`, and `NotAllowedForThisMail` for a mail that was sent or waits anyway, and for
    a notice to a mailbox that has reached its limit of automatic mail.
    """
    row = _lock(outbound_id)
    # Replies are suppressed by supervisors; notices because nobody should get them.
    _require(row, (*RETRIABLE, State.SUPPRESSED) if row.kind == Kind.REPLY else RETRIABLE)
    if row.kind != Kind.REPLY:
        limit = suppression.reached_limit(row.recipient, except_for=row.pk)
        if limit:
            raise NotAllowedForThisMail(_("Not now: %(limit)s.") % {"limit": limit})
    move(row, State.QUEUED)
    row.reason, row.next_attempt_at = "", timezone.now()
    # Attempts without an answer stay counted: it may have arrived with each of them.
    row.first_attempt_at, row.attempts, row.bounce = None, 0, None
    save_progress(row, f"queued again by operator {by.pk}")
    outbound_queued.send(sender=OutboundEmail)
    return row


@transaction.atomic
def cancel(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Suppress a mail that waits.

    Raises `Http404`, and `NotAllowedForThisMail` for a mail that was sent or is being sent.
    """
    row = _lock(outbound_id)
    _require(row, CANCELLABLE)
    move(row, State.SUPPRESSED)
    row.reason, row.next_attempt_at = f"cancelled by operator {by.pk}", None
    save_progress(row)
    return row


def _lock(outbound_id: int) -> OutboundEmail:
    row = OutboundEmail.objects.defer("content").select_for_update().filter(pk=outbound_id).first()
    if row is None:
        raise Http404
    return row


def _require(row: OutboundEmail, allowed: tuple[OutboundEmail.State, ...]) -> None:
    if row.state not in allowed:
        raise NotAllowedForThisMail(
            _("The mail is %(state)s; this needs one that is %(allowed)s.")
            % {"state": row.state, "allowed": ", ".join(allowed)}
        )
