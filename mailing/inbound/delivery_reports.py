"""Record what delivery reports and complaints say about mail of ours."""

from datetime import timedelta

from django.utils import timezone

from mailing.classification.bounces import Bounce
from mailing.inbound.outcomes import record_end
from mailing.inbound.states import State as InboundState
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import suppression
from mailing.outbound.progress import save_progress
from mailing.outbound.states import State, move
from mailing.outbound.telling import call_for_attention, report_failure
from operators.mailboxes import mailbox
from tickets.changes import api_timestamp, lock_ticket

# Actions of reports (classification.bounces.Bounce) after which another report may come.
_NOT_FINAL = ("delayed", "delivered")
_CALL_FOR_ATTENTION = ("failed", "complaint")
# Mail servers give up after four to five days (RFC 5321, 4.5.4.1).
_LONGEST_DELIVERY = timedelta(days=5)
_MOST_CANDIDATES = 10


def settle_report(inbound: InboundEmail, report: Bounce) -> None:
    """Record a report on the mail that it is about, and the end of the report's own processing."""
    outbound = _lock_reported_mail(report)
    if outbound is not None:
        _record_report(inbound, outbound, report, may_mute=_names_recipient(report, outbound))
        inbound.ticket = outbound.ticket
        record_end(inbound, InboundState.PROCESSED, f"about outgoing mail {outbound.pk}")
    elif candidates := _find_by_recipient(inbound, report):
        _settle_by_recipient(inbound, report, candidates)
    else:
        reason = f"a {inbound.kind} about no mail that stands in the outbox"
        record_end(inbound, InboundState.IGNORED, reason)


def _record_report(
    inbound: InboundEmail, outbound: OutboundEmail, report: Bounce, *, may_mute: bool
) -> None:
    """Store what a report says about a locked mail of ours.

    A mail that failed becomes `bounced` and its ticket needs attention. After a hard bounce or a
    complaint its recipient gets no automatic mail, if may_mute.
    """
    earlier_action = (outbound.bounce or {}).get("action", "delayed")
    if report.action in _NOT_FINAL and earlier_action not in _NOT_FINAL:
        return  # it is late: the mail has failed since, or its recipient has complained
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
        # Its worker, if it has one, cannot end the lease any more: that would stay, as if the
        # worker had claimed mail before a crash of PostgreSQL.
        outbound.next_attempt_at = outbound.lease_expires_at = None
        outbound.reason = " ".join(["bounced:", report.status, report.reason]).strip()
    save_progress(outbound, summary.strip())
    if report.action == "failed":
        report_failure(outbound)
    elif report.action == "complaint":
        call_for_attention(outbound)
    if report.is_hard and may_mute:
        suppression.mute(outbound.recipient, summary[:500])


def _names_recipient(report: Bounce, outbound: OutboundEmail) -> bool:
    """Return whether a report is about the address that we wrote to, as far as it names any.

    A mailbox that forwards its mail exists, even if the target of the forwarding does not. A
    complaint often hides the address.
    """
    mailboxes = {mailbox(recipient) for recipient in report.recipients}
    is_named = not mailboxes or outbound.mailbox in mailboxes
    return is_named or report.action == "complaint"


def _find_by_recipient(inbound: InboundEmail, report: Bounce) -> list[OutboundEmail]:
    """Return the mails, latest first, that a report without a Message-ID of ours may be about.

    These are the mails to its recipients in the days before it.
    """
    if not report.recipients:
        return []
    attempted = (inbound.received_at - _LONGEST_DELIVERY, inbound.received_at)
    rows = OutboundEmail.objects.filter(
        mailbox__in={mailbox(recipient) for recipient in report.recipients},
        last_attempt_at__range=attempted,
        state__in=(State.SENT, State.UNCERTAIN, State.BOUNCED),
    )
    return list(rows.defer("content").order_by("-pk")[:_MOST_CANDIDATES])


def _settle_by_recipient(
    inbound: InboundEmail, report: Bounce, candidates: list[OutboundEmail]
) -> None:
    """Record a report on the only mail that it may be about, or on the ticket of the latest one.

    A report that names a foreign Message-ID may be about a mail of somebody else, or of ours if a
    relay replaced its Message-ID. Nobody is muted: anybody can write a report that names no more
    than an address.
    """
    latest = candidates[0]
    if latest.ticket_id is not None:
        lock_ticket(ticket_id=latest.ticket_id)
    if len(candidates) == 1 and not report.original_message_ids:
        rows = OutboundEmail.objects.defer("content").select_for_update()
        _record_report(inbound, rows.get(pk=latest.pk), report, may_mute=False)
    elif report.action in _CALL_FOR_ATTENTION:
        call_for_attention(latest)
    inbound.ticket = latest.ticket
    reason = f"about outgoing mail {latest.pk}, or an earlier one, by its recipient"
    record_end(inbound, InboundState.PROCESSED, reason)


def _lock_reported_mail(report: Bounce) -> OutboundEmail | None:
    """Lock and return the mail that a report is about, by the surest of its Message-IDs.

    An answer's copies have one Message-ID: of them it is the one to a recipient that the report
    names, or else the one to the requester. The ticket is locked first, as everywhere.
    """
    message_ids = report.original_message_ids
    reported = OutboundEmail.objects.filter(message_id_header__in=message_ids).defer("content")
    mailboxes = {mailbox(recipient) for recipient in report.recipients}
    found = sorted(
        reported,
        key=lambda row: (
            message_ids.index(row.message_id_header),
            row.mailbox not in mailboxes,
            row.is_copy,
        ),
    )
    if not found:
        return None
    outbound = found[0]
    if outbound.ticket_id is not None:
        lock_ticket(ticket_id=outbound.ticket_id)
    return reported.select_for_update(of=["self"]).get(pk=outbound.pk)
