"""Hold an answer that a mail of its requester has crossed, until somebody sends or withdraws it."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from mailing.models import OutboundEmail, OutboxClaimer
from mailing.outbound.crossing import find_crossing
from mailing.outbound.progress import save_progress
from mailing.outbound.states import State, move
from tickets import replies
from tickets.changes import lock_requesters_and_tickets
from tickets.models import Message, Ticket


def may_have_left(outbound: OutboundEmail) -> bool:
    """Return whether the server may have accepted a locked mail in an attempt that has ended.

    That is also so when a crash of PostgreSQL may have lost the record of the attempt.
    """
    holder = outbound.lease_holder if outbound.lease_expires_at else None
    is_lost = holder is not None and not OutboxClaimer.objects.filter(pk=holder).exists()
    return bool(outbound.taken_at) or is_lost


def was_begun(rows: Iterable[OutboundEmail]) -> bool:
    """Return whether an attempt at any of an answer's locked mails has begun, so that all go."""
    return any(row.first_attempt_at or may_have_left(row) for row in rows)


def lock_mails(message_ids: Iterable[int]) -> list[OutboundEmail]:
    """Return the mails of messages, locked in the order of their numbers, after their tickets."""
    rows = OutboundEmail.objects.filter(message__in=message_ids).defer("content")
    return list(rows.select_for_update(of=["self"]).select_related("message").order_by("pk"))


def lock_answer(mails: QuerySet[OutboundEmail]) -> Ticket | None:
    """Lock the answer of one mail: its requester, its ticket, which is returned, and its copies.

    Returns None for any other mail, and for an answer that leaves although it is crossed.
    """
    answer = mails.filter(inbox_before__isnull=False).values_list("message", "ticket").first()
    if answer is None:
        return None
    message_id, ticket_id = answer
    ticket = lock_requesters_and_tickets(ticket_ids=[ticket_id])[ticket_id]
    lock_mails([message_id])
    return ticket


def hold(rows: Sequence[OutboundEmail], crossing: Message, ticket: Ticket) -> Message:
    """Hold what of an answer waits, and return its message.

    rows: all its mails, locked, as its ticket is.
    """
    for row in rows:
        if row.state == State.QUEUED:
            move(row, State.HELD)
            row.held_by, row.reason = crossing, f"crossed by message {crossing.pk}"
            row.next_attempt_at = row.lease_expires_at = None
            save_progress(row)
    message = rows[0].message
    assert message is not None  # noqa: S101 - an answer has its message
    message.ticket = ticket
    return message


def hold_if_crossed(outbound: OutboundEmail, ticket: Ticket) -> None:
    """Hold an answer that was crossed during an attempt that was undone, if it was the only one.

    ticket: as `lock_answer` returned it.
    """
    message = outbound.message
    assert message is not None  # noqa: S101 - an answer has its message
    rows = lock_mails([message.pk])
    if was_begun(rows):
        return
    inbox_before = rows[0].inbox_before
    crossing = find_crossing(message, ticket, inbox_before or [])
    if crossing is not None:
        replies.record_held([(hold(rows, crossing, ticket), crossing)])
