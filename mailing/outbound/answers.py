"""The mails that carry operators' answers: to the requester, with copies to participants."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from mailing import own_mail
from mailing.exceptions import NotAllowedForThisMail
from mailing.models import OutboundEmail
from mailing.outbound import holding, progress
from mailing.outbound.composing import Letter
from mailing.outbound.crossing import find_waiting_mail
from mailing.outbound.outgoing import Outgoing, enqueue
from mailing.outbound.states import State, move
from mailing.outbound.text_to_html import to_html
from mailing.signals import outbound_queued
from operators.models import Operator
from tickets.models import HistoryEntry
from tickets.replies import Sending

Kind = OutboundEmail.Kind

# Nothing of these has left.
_STILL_HERE = (State.QUEUED, State.DEFERRED, State.HELD)


def queue_answers(entries: Sequence[HistoryEntry], sendings: Sequence[Sending]) -> None:
    """Queue the mails that carry operators' messages, and set what these show of them."""
    outgoing = [_answer(*answer) for answer in zip(entries, sendings, strict=True)]
    messages = {entry.message_id: entry.message for entry in entries}
    for outbound in enqueue(outgoing):
        message = messages[outbound.message_id]
        assert message is not None  # noqa: S101 - the entry of an answer has its message
        if outbound.is_copy:
            message.copies[outbound.recipient] = progress.delivery(outbound)
        else:
            message.delivery = progress.delivery(outbound)


def withdraw(entry: HistoryEntry) -> None:
    """Take back what has not left of an entry's message.

    Raises `NotAllowedForThisMail` if that is nothing.
    """
    rows = [
        row for row in _lock(entry) if row.state in _STILL_HERE and not holding.may_have_left(row)
    ]
    if not rows:
        raise NotAllowedForThisMail(
            _("Nothing of this answer can be taken back: it has left, or was taken back before.")
        )
    for row in rows:
        move(row, State.WITHDRAWN)
        row.reason, row.next_attempt_at = f"withdrawn by operator {entry.operator_id}", None
        row.lease_expires_at = None  # the worker that has claimed it sees that it has changed
        progress.save_progress(row)


def send_now(entry: HistoryEntry) -> None:
    """Send an entry's message, which is held or scheduled.

    Raises `NotAllowedForThisMail` if it is neither.
    """
    rows = [row for row in _lock(entry) if row.state == State.HELD or _is_scheduled(row)]
    if not rows:
        raise NotAllowedForThisMail(_("This answer is neither held nor scheduled."))
    for row in rows:
        if row.state == State.HELD:
            move(row, State.QUEUED)
            row.inbox_before = None  # the operator knows what has crossed it
        row.send_at, row.reason, row.next_attempt_at = None, "", timezone.now()
        progress.save_progress(row, f"sent by operator {entry.operator_id}")
    outbound_queued.send(sender=OutboundEmail)


def _is_scheduled(row: OutboundEmail) -> bool:
    return row.state == State.QUEUED and row.send_at is not None


def _lock(entry: HistoryEntry) -> list[OutboundEmail]:
    assert entry.message_id is not None  # noqa: S101 - the entry is about an answer
    return holding.lock_mails([entry.message_id])


def _answer(entry: HistoryEntry, sending: Sending) -> Outgoing:
    message, requester = entry.message, entry.ticket.requester
    assert message is not None  # noqa: S101 - the entry of an answer has its message
    text = _sign(message.text, entry.operator)
    copies = [participant.email for participant in sending.copies]
    letter = Letter(
        message.title,
        text,
        html=to_html(text),
        files=list(message.attachments.select_related("blob").order_by("position")),
        # A mail server without SMTPUTF8 could not take the answer at all.
        cc=[address for address in copies if address.isascii()],
    )
    is_unknown = own_mail.is_unknown_sender(requester.email)
    reason = "the requester's mail named no sender to answer" if is_unknown else ""
    return Outgoing(
        Kind.REPLY,
        entry,
        requester.email,
        letter,
        reason,
        copies=copies,
        due_at=sending.at,
        send_at=sending.at,
        inbox_before=find_waiting_mail(requester) if sending.hold_if_crossed else None,
    )


def _sign(text: str, by: Operator | None) -> str:
    """Return an answer's text with its author's signature below the usual line, if there is any."""
    signature = by.signature if by else ""
    return f"{text.rstrip()}\n\n-- \n{signature}" if signature else text
