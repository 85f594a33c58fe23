"""A supervisor's hand on outgoing mail: try again, or give up."""

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.models import OutboundEmail
from mailing.outbound import notifications, suppression
from mailing.signals import outbound_queued
from operators.models import Operator

Kind = OutboundEmail.Kind
State = OutboundEmail.State

RETRIABLE = (State.DEFERRED, State.UNCERTAIN, State.FAILED, State.BOUNCED)
CANCELLABLE = (State.QUEUED, State.DEFERRED, State.UNCERTAIN)


@transaction.atomic
def retry(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Queue a mail again, its day of tries begun anew.

    Raises `Http404`, and `NotAllowedForThisMail` for one that was sent or waits anyway, and for a
    notice to a mailbox that has had as many as it may.
    """
    row = _locked(outbound_id)
    # A reply is suppressed by hand alone; a suppressed notice stays so, nobody should get it.
    _require(row, (*RETRIABLE, State.SUPPRESSED) if row.kind == Kind.REPLY else RETRIABLE)
    if row.kind != Kind.REPLY and (limit := suppression.over_limit(row.recipient, besides=row.pk)):
        raise NotAllowedForThisMail(_("Not now: %(limit)s.") % {"limit": limit})
    row.state, row.reason, row.next_attempt_at = State.QUEUED, "", timezone.now()
    # Tries without an answer stay counted: it may have arrived with each of them.
    row.first_attempt_at, row.attempts, row.bounce = None, 0, None
    notifications.save_progress(row, f"queued again by operator {by.pk}")
    outbound_queued.send(sender=OutboundEmail)
    return row


@transaction.atomic
def cancel(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Suppress a mail that waits.

    Raises `Http404`, and `NotAllowedForThisMail` for one that is sent or being sent.
    """
    row = _locked(outbound_id)
    _require(row, CANCELLABLE)
    row.state, row.reason = State.SUPPRESSED, f"cancelled by operator {by.pk}"
    row.next_attempt_at = None
    notifications.save_progress(row)
    return row


def _locked(outbound_id: int) -> OutboundEmail:
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
