"""Record what delivery reports and complaints say about mail of ours."""

from django.utils import timezone

from mailing.classification.bounces import Bounce
from mailing.inbound.outcomes import record_end
from mailing.inbound.states import State as InboundState
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import suppression
from mailing.outbound.progress import api_timestamp, save_progress
from mailing.outbound.states import State, move
from tickets import services

# Actions of reports (classification.bounces.Bounce) after which another report may come.
_NOT_FINAL = ("delayed", "delivered")


def settle_report(inbound: InboundEmail, report: Bounce) -> None:
    """Record a report on the mail that it is about, and the end of the report's own processing."""
    outbound = _record_report(inbound, report)
    if outbound is None:
        reason = f"a {inbound.kind} about no mail that stands in the outbox"
        record_end(inbound, InboundState.IGNORED, reason)
        return
    inbound.ticket = outbound.ticket
    record_end(inbound, InboundState.PROCESSED, f"about outgoing mail {outbound.pk}")


def is_about_our_mail(report: Bounce) -> bool:
    """Return whether a report names the Message-ID of a mail of ours."""
    message_ids = report.original_message_ids
    return OutboundEmail.objects.filter(message_id_header__in=message_ids).exists()


def _record_report(inbound: InboundEmail, report: Bounce) -> OutboundEmail | None:
    """Store what a report says about a mail of ours; return that mail, None if there is none.

    A mail that failed becomes `bounced` and its ticket needs attention. After a hard bounce or a
    complaint its recipient gets no automatic mail.
    """
    outbound = _lock_reported_mail(report)
    if outbound is None:
        return None
    earlier_action = (outbound.bounce or {}).get("action", "delayed")
    if report.action in _NOT_FINAL and earlier_action not in _NOT_FINAL:
        return outbound  # it is late: the mail has failed since, or its recipient has complained
    outbound.bounce = {
        "action": report.action,
        "status": report.status,
        "reason": report.reason,
        "inbox": inbound.pk,
        "at": api_timestamp(timezone.now()),
    }
    summary = f"{report.action} {report.status} {report.reason}"
    if report.action == "failed":
        if outbound.state == State.SENDING:  # the server's answer will come too late to be recorded
            outbound.taken_at.append(timezone.now())
        move(outbound, State.BOUNCED)
        outbound.next_attempt_at = None
        outbound.reason = " ".join(["bounced:", report.status, report.reason]).strip()
    save_progress(outbound, summary.strip())
    if report.action in ("failed", "complaint"):
        services.set_needs_attention(ticket_id=outbound.ticket_id, needs_attention=True)
    if report.is_hard:
        suppression.mute(outbound.recipient, summary[:500])
    return outbound


def _lock_reported_mail(report: Bounce) -> OutboundEmail | None:
    """Lock and return the mail that a report is about, by the surest of its Message-IDs.

    The ticket is locked first, as everywhere, then the mail.
    """
    message_ids = report.original_message_ids
    reported = OutboundEmail.objects.filter(message_id_header__in=message_ids).defer("content")
    by_message_id = {outbound.message_id_header: outbound for outbound in reported}
    surest_id = next((known for known in message_ids if known in by_message_id), None)
    if surest_id is None:
        return None
    outbound = by_message_id[surest_id]
    services.lock_ticket(ticket_id=outbound.ticket_id)
    return reported.select_for_update().get(pk=outbound.pk)
