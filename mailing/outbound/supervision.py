"""What a supervisor may do with an outgoing mail: send it again, or cancel it."""

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.models import OutboundEmail
from mailing.outbound.progress import save_progress
from mailing.outbound.states import State, move
from mailing.outbound.suppression import UNLIMITED, AutomaticMailLimits
from mailing.signals import outbound_queued
from operators.models import Operator

Kind = OutboundEmail.Kind

RETRIABLE = (State.DEFERRED, State.UNCERTAIN, State.FAILED, State.BOUNCED)
CANCELLABLE = (State.QUEUED, State.DEFERRED, State.UNCERTAIN, State.HELD)


@transaction.atomic
def retry(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Queue a mail again, with the attempts of a whole day before it.

    Raises `Http404`, and `NotAllowedForThisMail` for a mail that was sent or waits anyway, and for
    a notice to a mailbox that has reached its limit of automatic mail.
    """
    outbound = _lock(outbound_id)
    # A suppressed reply was cancelled by a supervisor; a suppressed notice must not be sent.
    is_reply = outbound.kind == Kind.REPLY
    _require(outbound, (*RETRIABLE, State.SUPPRESSED) if is_reply else RETRIABLE)
    if outbound.kind not in UNLIMITED:
        limits = AutomaticMailLimits([outbound.recipient], except_for=outbound.pk)
        limit = limits.find_reached_limit(outbound.recipient)
        if limit:
            raise NotAllowedForThisMail(_("Not now: %(limit)s.") % {"limit": limit})
    move(outbound, State.QUEUED)
    outbound.reason, outbound.next_attempt_at = "", timezone.now()
    # The supervisor sends it whatever has come meanwhile, as `answers.send_now` does.
    outbound.lease_expires_at = outbound.send_at = outbound.inbox_before = None
    # `uncertain_attempts` stays: the mail may have arrived with each of them.
    outbound.first_attempt_at, outbound.attempts, outbound.bounce = None, 0, None
    save_progress(outbound, f"queued again by operator {by.pk}")
    outbound_queued.send(sender=OutboundEmail)
    return outbound


@transaction.atomic
def cancel(*, outbound_id: int, by: Operator) -> OutboundEmail:
    """Suppress a mail that waits.

    Raises `Http404`, and `NotAllowedForThisMail` for a mail that was sent or is being sent.
    """
    outbound = _lock(outbound_id)
    _require(outbound, CANCELLABLE)
    move(outbound, State.SUPPRESSED)
    outbound.reason, outbound.next_attempt_at = f"cancelled by operator {by.pk}", None
    outbound.lease_expires_at = None  # the worker that has claimed it sees that it has changed
    save_progress(outbound)
    return outbound


def _lock(outbound_id: int) -> OutboundEmail:
    outbound = (
        OutboundEmail.objects.defer("content").select_for_update().filter(pk=outbound_id).first()
    )
    if outbound is None:
        raise Http404
    return outbound


def _require(outbound: OutboundEmail, allowed: tuple[OutboundEmail.State, ...]) -> None:
    if outbound.state not in allowed:
        raise NotAllowedForThisMail(
            _("The mail is %(state)s; this needs one that is %(allowed)s.")
            % {"state": outbound.state, "allowed": ", ".join(allowed)}
        )
