"""Delivery reports and complaints: what they mean for the mail that they are about."""

from django.utils import timezone

from mailing.classification.bounces import Bounce, find_bounce, find_complaint
from mailing.models import OutboundEmail
from mailing.outbound import notifications, suppression
from mailing.parsing.message import ParsedEmail
from tickets import services

State = OutboundEmail.State

# Actions of reports (mailing.classification.bounces.Bounce) that another may follow.
_PASSING = ("delayed", "delivered")


def record(*, inbound_id: int, mail: ParsedEmail) -> OutboundEmail | None:
    """Write a report onto the mail of ours that it names, inside the caller's transaction.

    A mail that failed is `bounced`, its ticket needs attention, and after a hard bounce or a
    complaint its recipient gets no automatic mail. Returns None when it names no mail of ours.
    """
    bounce = find_complaint(mail) or find_bounce(mail)
    row = _about(bounce) if bounce else None
    if bounce is None or row is None:
        return None
    if bounce.action in _PASSING and (row.bounce or {}).get("action", "delayed") not in _PASSING:
        return row  # a report that came late: it had failed since, or its reader complained
    row.bounce = {
        "action": bounce.action,
        "status": bounce.status,
        "reason": bounce.reason,
        "inbox": inbound_id,
        "at": notifications.told(timezone.now()),
    }
    if bounce.action == "failed":
        if row.state == State.SENDING:  # its own answer comes too late to be recorded
            row.taken_at.append(timezone.now())
        row.state, row.next_attempt_at = State.BOUNCED, None
        row.reason = " ".join(["bounced:", bounce.status, bounce.reason]).strip()
    notifications.save_progress(row, f"{bounce.action} {bounce.status} {bounce.reason}".strip())
    if bounce.action in ("failed", "complaint"):
        services.set_needs_attention(ticket_id=row.ticket_id, needs_attention=True)
    if bounce.is_hard:
        suppression.mute(row.recipient, f"{bounce.action} {bounce.status} {bounce.reason}"[:500])
    return row


def _about(bounce: Bounce) -> OutboundEmail | None:
    """Return the mail of ours under the surest of the Message-IDs in the report.

    The ticket is locked first, as everywhere, then the mail.
    """
    known = OutboundEmail.objects.filter(message_id_header__in=bounce.original_message_ids)
    by_id = {row.message_id_header: row for row in known.defer("content")}
    for message_id in bounce.original_message_ids:
        if message_id in by_id:
            services.lock_ticket(ticket_id=by_id[message_id].ticket_id)
            return known.defer("content").select_for_update().get(pk=by_id[message_id].pk)
    return None
