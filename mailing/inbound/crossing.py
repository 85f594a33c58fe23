"""Hold the answers that a mail of their requester crosses in the post, before any copy has left."""

from collections import defaultdict
from collections.abc import Iterable

from mailing.models import OutboundEmail
from mailing.outbound.holding import hold, lock_mails, was_begun
from mailing.outbound.states import State
from mailing.signals import outbound_queued
from tickets import replies
from tickets.models import Message, Ticket


def hold_crossed_answers(written: Iterable[tuple[int, int, Message]]) -> None:
    """Hold what these mails cross: each a mail's number, its writer's, and its message.

    The writers are locked. An answer that none of the mails crosses may leave now.
    """
    mails: dict[int, list[tuple[int, Message]]] = defaultdict(list)
    for inbound_id, requester_id, message in written:
        mails[requester_id].append((inbound_id, message))
    waiting = OutboundEmail.objects.filter(
        inbox_before__isnull=False, state=State.QUEUED, ticket__requester__in=mails
    )
    found = list(waiting.values_list("ticket", "message").distinct()) if mails else []
    if not found:
        return
    # The tickets are locked before the mails, as everywhere. Whoever locks several tickets has
    # locked their requesters before, whom the caller holds.
    ids = {ticket_id for ticket_id, _message in found}
    rows = Ticket.objects.select_for_update(of=["self"], no_key=True).select_related("requester")
    tickets = rows.order_by("pk").in_bulk(ids)
    answers: dict[int, list[OutboundEmail]] = defaultdict(list)
    for copy in lock_mails({message_id for _ticket, message_id in found if message_id}):
        answers[copy.message_id or 0].append(copy)
    held = []
    for of_answer in answers.values():
        ticket = tickets[of_answer[0].ticket_id or 0]
        crossing = _find_crossing(of_answer, mails[ticket.requester_id])
        if crossing is not None:
            held.append((hold(of_answer, crossing, ticket), crossing))
    replies.record_held(held)
    outbound_queued.send(sender=OutboundEmail)


def _find_crossing(rows: list[OutboundEmail], mails: list[tuple[int, Message]]) -> Message | None:
    """Return the message of the first mail that crosses an answer, if that waits unbegun."""
    if not any(row.state == State.QUEUED for row in rows):  # it has just been withdrawn
        return None
    if was_begun(rows):
        return None
    before = {pk for row in rows for pk in row.inbox_before or ()}
    return next((message for inbound_id, message in mails if inbound_id not in before), None)
